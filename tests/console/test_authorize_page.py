"""授权 over HTTP: the whole way, and every way on which nothing may be exchanged."""

import json
import re
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from pipeline.core.outcome import RunState
from pipeline.steps.runs.carry_out import carry_out
from pipeline.steps.runs.plan import begin_daily
from tests.authorizing import act, link_of, registered
from tests.console_desk import Desk, Visitor
from tests.lab import Lab, agree
from tests.people import ACTOR

CALLBACK = "/authorize/callback"


@pytest.fixture
def site(lab: Lab) -> Iterator[Desk]:
    """A console to which the service sends the browser back."""
    with registered(lab) as made:
        yield made


def came_back(desk: Desk, visitor: Visitor | None = None) -> str:
    """The path to which the service sends the browser, with its code and state."""
    return agree(link_of(visitor or desk)).removeprefix(desk.url)


def exchanges(desk: Desk) -> int:
    return desk.lab.calls("oauth.access_token")


def part(address: str, name: str) -> str:
    return parse_qs(urlsplit(address).query)[name][0]


def replayed(address: str, **changes: str) -> str:
    """The same address with other parameters; an empty one is left out."""
    query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()} | changes
    made = requests.Request(
        "GET", "http://x/", params={name: value for name, value in query.items() if value}
    ).prepare()
    return f"{CALLBACK}?{urlsplit(str(made.url)).query}"


def refused(answer: requests.Response, words: str) -> bool:
    """Whether a page without any code in its address says why nothing was exchanged."""
    return answer.ok and urlsplit(answer.url).query == "" and "这次授权没有完成" in answer.text and words in answer.text


class TestThePage:
    def test_it_says_how_it_stands_and_which_address_to_register(self, site: Desk) -> None:
        page = site.get("/authorize").text
        assert "授权有效" in page
        assert f"{site.url}{CALLBACK}" in page
        assert "会自动回到这里" in page
        assert "oauth.html" not in page  # no link before somebody asks for one

    def test_a_dead_token_is_told_with_its_reason_and_without_the_way_here(self, site: Desk) -> None:
        site.lab.control("rotate", {})
        site.lab.sync(site.lab.day)
        page = site.get("/authorize").text
        assert "授权已被其他程序占用而失效" in page
        assert "通知中" not in page

    def test_another_registered_address_asks_for_the_address_to_be_pasted(self, desk: Desk) -> None:
        page = desk.get("/authorize").text
        assert desk.lab.facts["redirect_uri"] in page
        assert "会自动回到这里" not in page
        assert "复制地址栏里的完整网址" in page

    def test_nobody_who_may_only_look_can_begin_or_paste(self, site: Desk) -> None:
        assert "disabled" in site.viewer.get("/authorize").text
        for path in ("/authorize/begin", "/authorize/paste"):
            answer = act(site.viewer, path, {"address": "x"})
            assert answer.status_code == 403
            assert "oauth.html" not in answer.text

    def test_a_form_of_another_site_begins_nothing(self, site: Desk) -> None:
        for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
            answer = act(site, "/authorize/begin", headers=headers)
            assert (answer.status_code, "oauth.html" in answer.text) == (403, False)
        assert site.session.post(f"{site.url}/authorize/begin", timeout=30).status_code == 403


class TestTheWay:
    def test_a_person_comes_back_and_what_changed_is_told(self, site: Desk) -> None:
        answer = site.get(came_back(site))
        assert (answer.url, answer.status_code) == (f"{site.url}/authorize/done", 200)
        assert "授权成功" in answer.text
        assert "wang" in answer.text
        assert "7 个账户" in answer.text
        assert site.lab.context().tokens.trouble() is None
        assert site.lab.sync(site.lab.day).state == RunState.SUCCESS

    def test_once_the_token_is_dead_again_the_result_says_so_and_leads_on(self, site: Desk) -> None:
        site.get(came_back(site))
        site.lab.control("rotate", {})
        site.lab.sync(site.lab.day)
        page = site.get("/authorize/done").text
        assert "授权成功" not in page
        assert "授权已被其他程序占用而失效" in page
        assert "这次授权此后已失效" in page
        assert re.search(r'<a class="button" href="/authorize">重新授权</a>', page)
        assert "7 个账户" in page  # when it was authorized, and for what
        site.get(came_back(site))
        assert "授权成功" in site.get("/authorize/done").text

    def test_reload_and_back_exchange_nothing_twice(self, site: Desk) -> None:
        address = came_back(site)
        first = site.get(address, allow_redirects=False)
        assert (first.status_code, first.headers["location"]) == (303, "/authorize/done")
        assert refused(site.get(address), "已用过")
        for _ in range(2):
            assert "授权成功" in site.get("/authorize/done").text
        assert exchanges(site) == 1

    def test_two_tabs_have_a_state_each_and_both_work(self, site: Desk) -> None:
        one, other = came_back(site), came_back(site)
        assert part(one, "state") != part(other, "state")
        assert "授权成功" in site.get(other).text
        assert "授权成功" in site.get(one).text
        assert exchanges(site) == 2

    def test_one_address_opened_many_times_at_once_is_exchanged_once(self, site: Desk) -> None:
        address = came_back(site)
        with ThreadPoolExecutor(6) as pool:
            answers = list(pool.map(lambda _: site.get(address, allow_redirects=False), range(6)))
        assert sorted(one.headers["location"] for one in answers).count("/authorize/done") == 1
        assert exchanges(site) == 1

    def test_the_task_that_loads_what_is_owed_is_sent_once(self, site: Desk) -> None:
        address = came_back(site)
        for _ in range(3):
            site.get(address)
        assert waiting(site) == ["laike.daily"]  # nothing ran today, and it is past seven
        assert "正在查找" in site.get("/authorize/done").text
        assert "every 2s" in site.get("/authorize/progress").text

    def test_what_a_dead_token_left_is_sent_as_catching_up(self, site: Desk) -> None:
        site.lab.control("rotate", {})
        ctx = site.lab.context()
        assert carry_out(ctx, begin_daily(ctx).run_id).state == RunState.FAILED
        site.get(came_back(site))
        assert waiting(site) == ["laike.catch_up"]

    def test_the_first_authorization_leads_back_to_the_set_up_and_nothing_is_loaded(self, site: Desk) -> None:
        client = site.lab.context().client
        for key in client.scan_iter("laike:v1:token:*"):
            client.delete(key)
        (site.lab.home / "token").unlink()
        assert site.get(came_back(site)).url == f"{site.url}/setup"
        assert waiting(site) == []
        assert "这是第一次授权" in site.get("/authorize/done").text


def waiting(desk: Desk) -> list[str]:
    """The names of the tasks in the queue."""
    client: Any = desk.lab.context().client
    return [json.loads(one)["headers"]["task"] for one in client.lrange("control", 0, -1)]


class TestNothingIsExchanged:
    def test_by_a_foreign_state(self, site: Desk) -> None:
        address = came_back(site)
        for state in ("laike", "x" * 43, "\0", "<script>", "店" * 500):
            assert refused(site.get(replayed(address, state=state)), "已用过")
        assert refused(site.get(replayed(address, state="")), "已用过")
        assert exchanges(site) == 0
        assert "授权成功" in site.get(address).text

    def test_by_the_state_of_another_session(self, site: Desk) -> None:
        address = came_back(site)
        colleague = Visitor(site.url, ACTOR).log_in()
        assert refused(colleague.get(address), "不是您本次登录时开始的")
        assert refused(site.get(address), "已用过")
        assert exchanges(site) == 0

    def test_by_an_expired_state(self, site: Desk) -> None:
        address = came_back(site)
        client: Any = site.lab.context().client
        (key,) = client.keys("laike:v1:console:state:*")
        assert client.ttl(key) <= 600
        client.delete(key)
        assert refused(site.get(address), "超过 10 分钟")
        assert exchanges(site) == 0

    def test_by_somebody_who_may_only_look(self, site: Desk) -> None:
        address = came_back(site)
        answer = site.viewer.get(address)
        assert refused(answer, "只能查看")
        assert "授权成功" in site.get(address).text  # the state was not used up

    def test_by_a_stranger(self, site: Desk) -> None:
        address = came_back(site)
        stranger = requests.get(site.url + address, timeout=30)
        assert urlsplit(stranger.url).path == "/login"
        assert exchanges(site) == 0

    def test_without_a_confirmation(self, site: Desk) -> None:
        address = came_back(site)
        assert refused(site.get(replayed(address, auth_code="")), "没有授权码")
        assert refused(site.get(CALLBACK), "")
        assert exchanges(site) == 0

    def test_for_another_app(self, site: Desk) -> None:
        address = came_back(site)
        assert refused(site.get(replayed(address, app_id="1")), "另一个应用")
        assert exchanges(site) == 0

    @pytest.mark.parametrize("pasted", ["", "two words", "https://[", "https://example.com/cb", "\0", "店" * 5000])
    def test_of_what_is_no_address(self, site: Desk, pasted: str) -> None:
        assert refused(act(site, "/authorize/paste", {"address": pasted}), "")
        assert exchanges(site) == 0


class TestTheSessionEnded:
    def test_meanwhile_and_no_page_keeps_the_code_while_the_person_logs_in_to_begin_again(self, site: Desk) -> None:
        address = came_back(site)
        forget_sessions(site)
        login = site.get(address)
        assert [urlsplit(one.headers["location"]).path for one in login.history] == ["/login"]
        assert "登录已过期，本次授权没有完成" in login.text
        code, state = part(address, "auth_code"), part(address, "state")
        assert not [one for one in (code, state) if one in login.text + login.url]
        back = parse_qs(urlsplit(login.url).query)["next"][0]
        name, _, password = ACTOR.partition(":")
        form = {"name": name, "password": password, "next": back}
        assert (
            "登录已过期" not in site.session.post(f"{site.url}/login", data=form | {"password": "x"}, timeout=30).text
        )
        answer = site.session.post(f"{site.url}/login", data=form, timeout=30)
        assert (answer.url, exchanges(site)) == (f"{site.url}/authorize", 0)
        assert "授权成功" in site.get(came_back(site)).text

    def test_meanwhile_and_the_same_person_may_paste_the_address_after_the_login(self, site: Desk) -> None:
        address = came_back(site)
        forget_sessions(site)
        site.log_in()
        assert "授权成功" in act(site, "/authorize/paste", {"address": site.url + address}).text


def forget_sessions(desk: Desk) -> None:
    client: Any = desk.lab.context().client
    for key in client.scan_iter("laike:v1:console:session:*"):
        client.delete(key)


def test_a_page_that_says_that_the_store_is_at_fault_keeps_no_code_either(site: Desk) -> None:
    address = came_back(site)
    client: Any = site.lab.context().client
    client.config_set("maxmemory", 1)
    try:
        answer = site.get(address)
    finally:
        client.config_set("maxmemory", 0)
    assert answer.status_code == 503
    assert not [one for one in (part(address, "auth_code"), part(address, "state")) if one in answer.text]
    assert 'href="/authorize"' in answer.text


class TestPasted:
    def test_the_address_on_which_the_browser_ended_works_once(self, site: Desk) -> None:
        address = f"https://elsewhere.example{came_back(site)}"
        assert "授权成功" in act(site, "/authorize/paste", {"address": f"  {address}\n"}).text
        assert refused(act(site, "/authorize/paste", {"address": address}), "已用过")
        assert exchanges(site) == 1

    def test_its_state_must_be_ours_too(self, site: Desk) -> None:
        address = came_back(site)
        assert refused(act(site, "/authorize/paste", {"address": replayed(address, state="laike")}), "已用过")
        assert exchanges(site) == 0

    def test_the_code_alone_works(self, site: Desk) -> None:
        code = part(came_back(site), "auth_code")
        assert "授权成功" in act(site, "/authorize/paste", {"address": code}).text


class TestTheServiceRefuses:
    def test_a_used_code_is_told_with_its_number(self, site: Desk) -> None:
        code = part(came_back(site), "auth_code")
        act(site, "/authorize/paste", {"address": code})
        assert refused(act(site, "/authorize/paste", {"address": code}), "错误码 40115")
        assert "授权有效" in site.get("/authorize").text

    def test_no_answer_promises_no_repetition(self, site: Desk) -> None:
        address = came_back(site)
        site.lab.fault("oauth.access_token", "code", code=50000, times="always")
        answer = site.get(address)
        assert refused(answer, "请稍后重新授权")
        assert "自动重试" not in answer.text


def test_no_page_and_no_log_line_shows_a_code_a_token_or_a_secret(site: Desk) -> None:
    address = came_back(site)
    pages = [site.get(replayed(address, state="laike")).text, site.get(address).text]
    pages += [site.get(path).text for path in ("/authorize", "/authorize/done", "/authorize/progress")]
    pages += [site.viewer.get(address).text, site.viewer.get("/authorize").text]
    facts = site.lab.facts
    secrets = [part(address, "auth_code"), facts["secret"], facts["access_token"], facts["refresh_token"]]
    console = site.workers.members[0]
    console.signal(signal.SIGTERM)  # what it logged is in the file then
    assert console.ended_within(10)
    told = "\n".join([*pages, console.words()])
    assert "not_authorized" in console.words()
    assert [one for one in [*secrets, part(address, "state")] if one in told] == []


def test_a_morning_before_seven_begins_no_daily_run(lab: Lab) -> None:
    lab.at(time(6, 30))
    with registered(lab) as desk:
        desk.get(came_back(desk))
        assert waiting(desk) == ["laike.catch_up"]
