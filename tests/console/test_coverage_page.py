"""覆盖: the grid, the days of an account, the story of a day, and reading it again."""

import html
import re
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import quote

import pytest

from emulator.server import EmulatorServer
from pipeline.core.model import AccountDay
from pipeline.core.outcome import RunState
from pipeline.state import keys
from pipeline.state.console.acts import Acts
from tests.console_desk import Desk
from tests.lab import TOKEN_KEY, Lab, empty
from tests.workers import workers

HOSTILE = (
    "'\"><script>alert(1)</script>",
    "../../etc/passwd",
    "\x00",
    "%00",
    "\N{VARIATION SELECTOR-16}" * 300,
    "-1",
    "9" * 400,
    "{{7*7}}",
    "\N{RIGHT-TO-LEFT OVERRIDE}",
)


@pytest.fixture
def ready(desk: Desk) -> Desk:
    """A console on a lab of whose accounts one could not be read on the newest day."""
    return one_unread(desk)


@pytest.fixture(scope="class")
def seen(
    emulator_session: EmulatorServer, redis_session: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Desk]:
    """The same, for tests that only look: one for all of them."""
    empty(redis_session)
    emulator_session.world.reset()
    with workers(Lab(emulator_session, redis_session, tmp_path_factory.mktemp("lab"))) as working:
        yield one_unread(Desk.opened(working))


def one_unread(desk: Desk) -> Desk:
    for report in ("report.promotion", "report.account"):
        desk.lab.fault(report, "code", code=40002, times="always", match={"local_account_id": desk.lab.accounts[1]})
    desk.lab.sync()
    return desk


def place(desk: Desk, account: int = 1) -> str:
    """The address of an account's newest day."""
    return f"/coverage/{desk.lab.accounts[account]}/{desk.lab.day}"


class TestWhoOnlyLooks:
    def test_the_grid_says_first_what_is_missing_and_shows_the_worst_account_first(self, seen: Desk) -> None:
        page = seen.get("/coverage")
        assert page.status_code == 200
        assert len(page.content) < 100_000
        assert "有 1 个账户的数据未完整入库" in page.text
        rows = re.findall(r"<tr><th scope=row><a href=\"/coverage/(\d+)\"", page.text)
        assert set(rows) == set(seen.lab.accounts)
        assert rows[0] == seen.lab.accounts[1]
        assert f'href="{place(seen)}"' in page.text
        assert f'aria-label="✕ 失败 {seen.lab.day.month}月{seen.lab.day.day}日"' in page.text

    @pytest.mark.parametrize(
        "asked", ["days=90", "days=400", "page=99", "days=7", "days=1&days=90", "q=店&only=1", "page=0"]
    )
    def test_any_choice_of_the_form_is_a_page(self, seen: Desk, asked: str) -> None:
        page = seen.get(f"/coverage?{asked}")
        assert page.status_code == 200
        assert len(page.content) < 100_000

    @pytest.mark.parametrize("day", ["0000-01-01", "9999-12-31", "2026-02-30", "0001-01-01", "2014-12-31"])
    def test_a_day_outside_the_calendar_of_the_figures_is_not_found(self, seen: Desk, day: str) -> None:
        assert seen.get(f"/coverage/{seen.lab.accounts[0]}/{day}").status_code == 404

    def test_the_story_of_a_day_says_why_and_what_was_read(self, seen: Desk) -> None:
        page = seen.get(place(seen))
        assert page.status_code == 200
        for words in ("失败", "账户不可用", "请在巨量引擎检查该账户的状态和授权", "读取记录", "重新读取"):
            assert words in page.text
        good = seen.get(place(seen, account=0)).text
        loaded = seen.lab.context().coverage.at([AccountDay(seen.lab.accounts[0], seen.lab.day)])
        (one,) = loaded.values()
        assert f"{float(one.cost):,.2f}" in good

    def test_the_days_of_an_account_link_to_their_stories(self, seen: Desk) -> None:
        page = seen.get(f"/coverage/{seen.lab.accounts[1]}")
        assert "有 7 天的数据未完整入库" in page.text
        assert f'href="{place(seen)}"' in page.text
        assert "账户不可用" in page.text


def test_before_the_first_run_the_page_says_so(desk: Desk) -> None:
    page = desk.get("/coverage")
    assert page.status_code == 200
    assert "没有同步记录" in page.text


def test_once_all_is_loaded_the_page_says_so(desk: Desk) -> None:
    desk.lab.sync()
    assert "最近 30 天应同步的数据已全部入库" in desk.get("/coverage").text
    assert "没有符合条件的账户" in desk.get("/coverage?only=1").text


def test_hostile_addresses_do_no_harm(ready: Desk) -> None:
    for text in HOSTILE:
        said = quote(text, safe="")
        page = ready.get(f"/coverage?q={said}&days={said}&only={said}")
        assert page.status_code == 200
        assert "<script>alert" not in page.text
        assert ready.get(f"/coverage?page={said}").status_code in (200, 400)
        account = ready.lab.accounts[0]
        for path in (f"/coverage/{said}", f"/coverage/{account}/{said}", f"/coverage/{said}/{ready.lab.day}"):
            assert ready.get(path).status_code == 404, path
        for form in ({"account_id": text, "day": str(ready.lab.day)}, {"account_id": account, "day": text}, {}):
            assert ready.post("/coverage/read", form).status_code == 404


def test_a_day_is_read_again_and_its_page_follows_the_run(ready: Desk) -> None:
    ready.lab.control("faults/clear", {})
    ready.workers.worker()
    shown = ready.post("/coverage/read", {"account_id": ready.lab.accounts[1], "day": str(ready.lab.day)})
    assert shown.url == ready.url + place(ready)
    (run_id,) = [one for one in ready.lab.context().ledger.newest(9) if one.startswith("backfill-")]
    run = ready.lab.context().ledger.run(run_id)
    assert [account.id for account in run.accounts] == [ready.lab.accounts[1]]
    assert (run.days.first, run.days.last, run.tell) == (ready.lab.day, ready.lab.day, False)
    ready.workers.ended(run_id)
    after = ready.get(f"{place(ready)}/reading")
    assert after.headers["HX-Refresh"] == "true"
    assert "hx-get" not in after.text
    story = ready.get(place(ready)).text
    assert "已入库" in story or "无数据" in story
    assert "补数" in story
    (done,) = Acts(ready.lab.context().client).of_run(run_id)
    assert (done.person, done.act) == ("wang", "重新读取")
    assert str(ready.lab.day) in done.what


def test_a_day_that_has_nothing_at_the_source_is_read_again_with_success_and_said_so(desk: Desk) -> None:
    account, day = desk.lab.accounts[0], desk.lab.day
    for row in desk.lab.source().values():
        if str(row["local_account_id"]) == account:
            gone = {"promotion_id": str(row["promotion_id"]), "day": day.isoformat(), "absent": True}
            desk.lab.control("figures", {"account_id": account, **gone})
    desk.lab.sync()
    desk.workers.worker()
    desk.post("/coverage/read", {"account_id": account, "day": str(day)})
    (run_id,) = [one for one in desk.lab.context().ledger.newest(9) if one.startswith("backfill-")]
    assert desk.workers.ended(run_id).state == RunState.SUCCESS
    told = desk.get(f"/runs/{run_id}").text
    assert "成功：该账户在数据源没有数据，已核对一致" in told
    assert f"{day}：数据源没有这一天的数据（前几日有消耗）" in told
    assert "部分完成" not in told


def test_while_a_day_is_read_its_page_asks_again_and_offers_no_second_reading(ready: Desk) -> None:
    form = {"account_id": ready.lab.accounts[0], "day": str(ready.lab.day)}
    for _ in range(2):  # no worker runs: it goes on waiting
        shown = ready.post("/coverage/read", form)
        assert "已在排队" in shown.text
        assert '/coverage/read"' not in shown.text
    assert len([one for one in ready.lab.context().ledger.newest(9) if one.startswith("backfill-")]) == 1
    polled = ready.get(f"{place(ready, 0)}/reading")
    assert 'hx-trigger="every 2s"' in polled.text
    assert "HX-Refresh" not in polled.headers


def test_who_may_only_look_reads_nothing_again(ready: Desk) -> None:
    page = ready.viewer.get(place(ready)).text
    assert re.search(r"<button disabled>重新读取", page)
    refused = ready.viewer.post("/coverage/read", {"account_id": ready.lab.accounts[1], "day": str(ready.lab.day)})
    assert refused.status_code == 403
    assert not [one for one in ready.lab.context().ledger.newest(9) if one.startswith("backfill-")]


def test_a_day_that_the_source_no_longer_has_cannot_be_read_again(ready: Desk) -> None:
    old = ready.lab.day - timedelta(days=500)
    page = ready.get(f"/coverage/{ready.lab.accounts[0]}/{old}").text
    assert "365 天" in page
    assert "<button>重新读取" not in page
    today = ready.lab.day + timedelta(days=1)  # the page was opened before midnight, say
    for day, why in ((old, "这一天已无法重新读取"), (today, "结束后才能读取")):
        refused = ready.post("/coverage/read", {"account_id": ready.lab.accounts[0], "day": str(day)})
        assert (refused.status_code, why in refused.text, "cannot" in refused.text) == (400, True, False)


def test_hostile_names_are_shown_as_text_and_no_secret_is_on_any_page(ready: Desk) -> None:
    name = "<img src=x onerror=alert(1)>\N{RIGHT-TO-LEFT OVERRIDE}店"
    ready.lab.context().client.hset(keys.ACCOUNT_NAMES, ready.lab.accounts[0], name)
    for path in ("/coverage", f"/coverage/{ready.lab.accounts[0]}", place(ready, 0)):
        page = html.unescape(ready.get(path).text)
        assert TOKEN_KEY not in page
        for secret in (
            ready.lab.environment()["LAIKE_FEISHU_APP_SECRET"],
            ready.lab.environment()["LAIKE_OCEANENGINE_SECRET"],
        ):
            assert secret not in page
        assert "<img" not in ready.get(path).text
