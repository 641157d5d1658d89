"""A person authorizes in the browser: once, in the session that began it, and what is owed is loaded at once."""

import json
from dataclasses import replace
from datetime import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from pipeline.core.errors import NeedsAuthorization, NeedsPerson, WrongInput
from pipeline.core.outcome import RunState, Summary
from pipeline.core.overview.authorization import Authorized
from pipeline.core.token import answer_in
from pipeline.state.console.authorizations import Authorizations
from pipeline.steps.doctor.oceanengine import check_oceanengine
from pipeline.steps.overview.authorization import Visitor, begin, complete, standing
from pipeline.steps.runs.carry_out import carry_out
from pipeline.steps.runs.plan import begin_catch_up, begin_daily, daily_is_outstanding
from pipeline.steps.telling.token import keep_token
from tests.lab import Lab, agree

CONSOLE = "https://sync.example/laike"
CALLBACK = f"{CONSOLE}/authorize/callback"
LIFE: dict[str, object] = {
    "account_id": "7100000000000000001",
    "account_name": "城南餐饮",
    "account_type": "PLATFORM_ROLE_LIFE",
}
BENCH: dict[str, object] = {
    "account_id": "1790000000000009",
    "account_name": "总部",
    "account_type": "CUSTOMER_ADMIN",
}
HERE = Visitor(session="digest-1", person="王店长", ended=lambda _: False)


@pytest.fixture
def site(lab: Lab) -> Lab:
    """A lab with a console, whose callback is registered with the app."""
    lab.control("settings", {"redirect_uri": CALLBACK})
    lab.extra |= {"LAIKE_CONSOLE_URL": CONSOLE, "LAIKE_LOOKBACK_DAYS": "1"}
    return lab


@pytest.fixture
def free(site: Lab) -> Lab:
    """The same, whose settings name no account; two ways lead to accounts."""
    site.extra["LAIKE_ACCOUNTS"] = "{}"
    return site


def ticked(lab: Lab, *chosen: dict[str, object]) -> None:
    """Let some be ticked; two accounts stand under 来客, five under the 工作台."""
    first, second, *others = lab.accounts
    ways = {number: [LIFE["account_id"]] for number in (first, second)}
    ways |= {number: [BENCH["account_id"]] for number in others}
    lab.control("authorized", {"ticked": list(chosen), "parents": ways})


def came_back(lab: Lab, visitor: Visitor = HERE) -> str:
    """The address to which the browser came back, all accounts ticked."""
    return agree(begin(lab.context(), visitor))


def authorized(lab: Lab, address: str, visitor: Visitor = HERE) -> Authorized:
    ctx = lab.context()
    return complete(ctx, answer_in(address, ctx.settings.oceanengine_app_id), visitor)


def caught_up(lab: Lab) -> list[Summary]:
    ctx = lab.context()
    return [carry_out(ctx, run.run_id) for run in begin_catch_up(ctx)]


def exchanges(lab: Lab) -> int:
    return lab.calls("oauth.access_token")


class TestTheWay:
    def test_the_browser_comes_back_to_the_console_and_a_new_token_is_stored(self, site: Lab) -> None:
        before = site.context().tokens.pair()
        address = came_back(site)
        assert address.startswith(f"{CALLBACK}?")
        done = authorized(site, address)
        assert (done.person, done.accounts, done.missing, done.trouble, done.first) == ("王店长", 7, (), None, False)
        ctx = site.context()
        assert ctx.tokens.pair().generation > before.generation
        assert Authorizations(ctx.client).last() == done
        assert site.sync(site.day).state == RunState.SUCCESS

    def test_the_page_says_how_it_stands(self, site: Lab) -> None:
        ctx = site.context()
        there = standing(ctx)
        assert (there.until, there.accounts) == (ctx.tokens.pair().refresh_expires_at, 7)
        assert (there.trouble, there.callback, there.ours, there.last) == (None, CALLBACK, True, None)
        assert there.refreshed_at is not None
        site.control("rotate", {})
        with pytest.raises(NeedsAuthorization):
            ctx.tokens.renew(ctx.tokens.pair().access_token)
        trouble = standing(ctx).trouble
        assert trouble is not None
        assert trouble == "授权已被其他程序占用而失效（旧脚本可能仍在运行，请先停掉）"

    def test_without_a_token_the_page_says_so_and_the_first_one_is_known_as_such(self, site: Lab) -> None:
        ctx = site.bare_context()
        there = standing(ctx)
        assert (there.until, there.refreshed_at) == (None, None)
        assert there.trouble is not None
        done = complete(ctx, answer_in(agree(begin(ctx, HERE)), ctx.settings.oceanengine_app_id), HERE)
        assert done.first

    def test_another_registered_address_is_not_the_consoles(self, site: Lab) -> None:
        site.extra["LAIKE_OCEANENGINE_REDIRECT_URI"] = "https://elsewhere.example/cb"
        there = standing(site.context())
        assert (there.callback, there.ours) == ("https://elsewhere.example/cb", False)


class TestNothingIsExchanged:
    def test_a_state_is_good_once(self, site: Lab) -> None:
        address = came_back(site)
        authorized(site, address)
        with pytest.raises(WrongInput, match="used up") as caught:
            authorized(site, address)
        assert "已用过" in caught.value.what_to_do
        assert exchanges(site) == 1

    def test_the_state_of_another_session_is_refused_and_used_up(self, site: Lab) -> None:
        address = came_back(site)
        for _ in range(2):
            with pytest.raises(WrongInput):
                authorized(site, address, replace(HERE, session="digest-2"))
        with pytest.raises(WrongInput):
            authorized(site, address)
        assert exchanges(site) == 0

    def test_a_person_who_logged_in_again_meanwhile_goes_on(self, site: Lab) -> None:
        address = came_back(site)
        ended = Visitor(session="digest-2", person="王店长", ended=lambda session: session == "digest-1")
        assert authorized(site, address, ended).accounts == 7

    def test_a_foreign_state_is_refused(self, site: Lab) -> None:
        address = came_back(site)
        state = parse_qs(urlsplit(address).query)["state"][0]
        for foreign in ("laike", "x" * 43, "%00", "%ED%A0%80"):
            with pytest.raises(WrongInput):
                authorized(site, address.replace(state, foreign))
        assert exchanges(site) == 0
        assert authorized(site, address).accounts == 7

    def test_an_expired_state_is_refused(self, site: Lab) -> None:
        address = came_back(site)
        client: Any = site.context().client
        (key,) = client.keys("laike:v1:console:state:*")
        client.pexpire(key, 1)
        with pytest.raises(WrongInput):
            authorized(site, address)
        assert exchanges(site) == 0


class TestTheServiceRefuses:
    def test_a_code_without_a_state_works_once(self, site: Lab) -> None:
        code = parse_qs(urlsplit(came_back(site)).query)["auth_code"][0]
        assert authorized(site, code).accounts == 7
        with pytest.raises(NeedsPerson) as caught:
            authorized(site, code)
        assert (caught.value.code, caught.value.reason) == (40115, "auth_code")
        assert "维护人员" not in caught.value.what_to_do

    def test_a_wrong_secret_is_told_apart_from_a_wrong_code(self, site: Lab) -> None:
        address = came_back(site)
        site.extra["LAIKE_OCEANENGINE_SECRET"] = "another-secret"
        with pytest.raises(NeedsPerson) as caught:
            authorized(site, address)
        assert caught.value.reason == "oceanengine_app"


class TestTheAccounts:
    def test_those_that_came_and_those_that_were_not_ticked_are_named(self, free: Lab) -> None:
        ticked(free, LIFE)
        first = authorized(free, came_back(free))
        assert (first.accounts, len(first.arrived), first.missing) == (2, 2, ())
        ticked(free, BENCH)
        second = authorized(free, came_back(free))
        assert (second.accounts, len(second.arrived)) == (5, 5)
        assert sorted(second.missing) == sorted(first.arrived)

    def test_accounts_of_the_settings_that_were_not_ticked_are_named(self, site: Lab) -> None:
        ticked(site, LIFE)
        done = authorized(site, came_back(site))
        assert (done.accounts, len(done.missing)) == (7, 5)

    def test_a_list_that_fails_costs_no_token(self, free: Lab) -> None:
        free.context()
        address = came_back(free)
        free.fault("accounts.authorized", "code", code=50000, times="always")
        done = authorized(free, address)
        assert (done.accounts, done.trouble is not None) == (None, True)
        assert exchanges(free) == 1
        assert free.context().tokens.trouble() is None


class TestWhatIsOwed:
    def test_what_a_dead_token_left_is_loaded_at_once_and_once(self, site: Lab) -> None:
        site.at(time(7, 0))
        ctx = site.context()
        site.control("rotate", {})
        assert carry_out(ctx, begin_daily(ctx).run_id).state == RunState.FAILED
        site.at(time(7, 10))
        assert caught_up(site) == []  # the next try comes an hour after the last one
        authorized(site, came_back(site))
        assert not daily_is_outstanding(site.context())
        (loaded,) = caught_up(site)
        assert (loaded.state, loaded.days.last) == (RunState.SUCCESS, site.day)
        site.assert_agrees()
        assert caught_up(site) == []

    def test_a_try_that_fails_after_the_authorization_waits_as_ever(self, site: Lab) -> None:
        site.at(time(7, 0))
        ctx = site.context()
        site.control("rotate", {})
        carry_out(ctx, begin_daily(ctx).run_id)
        site.at(time(7, 2))  # while today's daily run would still have time
        authorized(site, came_back(site))
        site.fault("report.promotion", "code", code=50000, times="always")
        assert [one.state for one in caught_up(site)] == [RunState.FAILED]
        assert caught_up(site) == []

    def test_a_morning_without_its_daily_run_is_begun_by_that(self, site: Lab) -> None:
        site.at(time(6, 59))
        assert not daily_is_outstanding(site.context())
        site.at(time(7, 1))
        ctx = site.context()
        assert daily_is_outstanding(ctx)
        begin_daily(ctx)
        assert not daily_is_outstanding(ctx)


def test_cards_lead_to_the_page_and_say_nothing_of_the_maintainer(site: Lab) -> None:
    ctx = site.context()
    site.control("rotate", {})
    run = site.sync(site.day)
    assert run.trouble is not None or any(one.trouble for one in run.accounts)
    with pytest.raises(NeedsAuthorization):
        keep_token(ctx)
    (told,) = [json.dumps(one, ensure_ascii=False) for one in site.look("state")["messages"]]
    assert f'{CONSOLE}/authorize"' in told
    assert "oauth.html" not in told
    assert "发给维护人员" not in told


def test_doctor_and_the_terminal_lead_to_the_page_too(site: Lab) -> None:
    site.context()
    page = f"{CONSOLE}/authorize"
    url = site.laike("token", "url")
    assert "oauth.html" in url.stdout
    assert page in url.stderr
    site.control("rotate", {})
    found = {one.check: one for one in check_oceanengine(site.context(), redis=True)}["oceanengine.token"]
    assert (found.link, found.needs_person) == (page, True)
    assert "laike" not in found.cure
    status = site.laike("token", "status")
    assert status.returncode == 4
    assert page in status.stdout + status.stderr


def test_without_a_console_doctor_says_the_commands_as_ever(lab: Lab) -> None:
    lab.context()
    lab.control("rotate", {})
    found = {one.check: one for one in check_oceanengine(lab.context(), redis=True)}["oceanengine.token"]
    assert "oauth.html" in (found.link or "")
    assert "laike token exchange" in found.cure
