"""Pages where the settings have further tables: each names the table, and none says that all is well for one alone."""

import html
import re
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import quote

import pytest

from emulator.server import EmulatorServer
from pipeline.core.coverage.day import LastOutcome
from pipeline.core.model import AccountDay
from pipeline.core.outcome import DayState
from pipeline.state.beat import BeatSigns
from pipeline.state.vitals.workers import WorkerSigns
from pipeline.steps.coverage.known_tables import table_named
from tests import further
from tests.console_desk import Desk
from tests.lab import Lab, empty
from tests.leaks import secrets_of
from tests.workers import workers

TAGS = re.compile(r"<[^>]*>")
HOSTILE = "<img src=x onerror=alert(1)>'\"&{{7-7}}日报"
ASKED = f"table={quote(HOSTILE, safe='')}"


@pytest.fixture(scope="class")
def seen(
    emulator_session: EmulatorServer, redis_session: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Desk]:
    """A console beside a table of projects with a hostile name, loaded; for tests that only look."""
    empty(redis_session)
    emulator_session.world.reset()
    lab = Lab(emulator_session, redis_session, tmp_path_factory.mktemp("lab"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(further.NAMES, "project", HOSTILE)
        further.further(lab, "project")
    lab.sync()
    with workers(lab) as working:
        yield Desk.opened(working)


def sentence(desk: Desk) -> tuple[str, str]:
    """Tone and sentence of the first page."""
    ctx = desk.lab.context()
    BeatSigns(ctx.client).give()
    WorkerSigns(ctx.client).give("a worker")
    text = desk.get("/").text
    tone, words = re.findall(r'class="headline (\w+) today".*?<p class="words">(.*?)</p>', text, re.DOTALL)[0]
    return tone, html.unescape(TAGS.sub("", words))


def spoil(lab: Lab, table: str) -> None:
    """Let the newest day of the first account be wrong in a table."""
    ctx = lab.context()
    now, at = ctx.shared_now(), AccountDay(lab.accounts[0], lab.day)
    told = LastOutcome(state=DayState.FAILED, reason="account_unavailable", what_to_do="请检查该账户。", as_of=now)
    table_named(ctx, table).last_outcomes.learn({at: told}, now)


class TestWhoOnlyLooks:
    def test_while_all_is_well_each_table_has_a_line_and_the_sentence_is_that_of_one(self, seen: Desk) -> None:
        tone, words = sentence(seen)
        assert (tone, words.endswith("均已入库")) == ("good", True)
        text = seen.viewer.get("/").text
        assert html.escape("<img src=x onerror=alert(1)>") in text
        assert "<img" not in text
        assert f'href="/coverage?table={quote(HOSTILE).replace("/", "%2F").replace("%20", "+")}"' in text
        assert [secret for secret in secrets_of(seen.lab) if secret in text] == []

    def test_coverage_has_a_row_of_tables_and_keeps_the_choice_in_each_address(self, seen: Desk) -> None:
        account, day = seen.lab.accounts[0], seen.lab.day
        first = seen.get("/coverage").text
        assert re.search(r'<a href="/coverage\?days=30" aria-current="true">主表（单元）</a>', first)
        assert f'href="/coverage?days=30&amp;{ASKED}"' in first.replace("+", "%20")
        further_page = seen.get(f"/coverage?{ASKED}").text.replace("+", "%20")
        for path in (f"/coverage/{account}", f"/coverage/{account}/{day}"):
            page = seen.get(f"{path}?{ASKED}")
            assert (page.status_code, "<img" in page.text) == (200, False)
            assert f"/coverage?{ASKED}" in page.text.replace("+", "%20")
        assert f'href="/coverage/{account}?{ASKED}"' in further_page
        assert f'name="table" value="{html.escape(HOSTILE)}"' in further_page.replace("&#34;", "&quot;").replace(
            "&#39;", "&#x27;"
        )

    def test_the_story_of_a_day_is_that_of_its_table(self, seen: Desk) -> None:
        account, day = seen.lab.accounts[0], seen.lab.day
        ctx = seen.lab.context()
        at = AccountDay(account, day)
        rows = {name: table_named(ctx, name).coverage.at([at])[at].rows for name in ("", HOSTILE)}
        assert rows[""] != rows[HOSTILE]
        for name, asked in (("", ""), (HOSTILE, f"?{ASKED}")):
            text = seen.get(f"/coverage/{account}/{day}{asked}").text
            assert f"<dt>行数</dt><dd>{rows[name]:,}</dd>" in text
            readings = re.findall(r'<tr><th scope="row">.*?<td class="num">([\d,]+)</td>', text, re.DOTALL)
            assert readings == [f"{rows[name]:,}"]
            assert "并更新全部数据表中有变化的行" in text

    def test_changes_and_reports_are_those_of_the_table_that_is_chosen(self, seen: Desk) -> None:
        changes = seen.get(f"/changes?{ASKED}").text
        assert "<label>项目 <input" in changes
        assert "<label>单元 <input" in seen.get("/changes").text
        ctx = seen.lab.context()
        for name, asked in (("", ""), (HOSTILE, f"&{ASKED}")):
            page = seen.get(f"/reports?first={seen.lab.day}&last={seen.lab.day}{asked}").text
            days = [AccountDay(one, seen.lab.day) for one in seen.lab.accounts]
            rows = sum(one.rows for one in table_named(ctx, name).coverage.at(days).values())
            assert f"<dt>行数</dt><dd>{rows:,}" in page
            assert "<img" not in page
        assert "本时段每个项目每天一行" in page
        assert ASKED in page.replace("+", "%20")

    def test_a_backfill_is_estimated_over_all_tables_and_says_so(self, seen: Desk) -> None:
        day = seen.lab.day - timedelta(days=20)
        text = seen.get(f"/backfill/estimate?first={day}&last={day}").text
        assert "（2 张数据表合计，行数和调用次数也是）" in text
        assert '<th scope="row">主表（单元）</th>' in text
        assert f'<th scope="row">{html.escape("<img src=x onerror=alert(1)>")}' in text
        assert "<img" not in text

    @pytest.mark.parametrize("form", ["csv", "xlsx", "html"])
    def test_files_hold_the_rows_of_the_table_that_is_chosen(self, seen: Desk, form: str) -> None:
        day = seen.lab.day
        file = seen.get(f"/reports/file/{form}?first={day}&last={day}&{ASKED}")
        assert file.status_code == 200
        ids = {one.item_id for one in further.source_of(seen.lab, "project", day, day)}
        if form == "csv":
            lines = file.content.decode("utf-8-sig").splitlines()
            assert len(lines) == 1 + len(ids)
            assert all(any(one in line for line in lines) for one in ids)
        assert "<img" not in file.text

    def test_tables_are_listed_with_their_report_accounts_room_and_coverage(self, seen: Desk) -> None:
        text = seen.viewer.get("/tables").text
        assert text.index("<h2>主表（单元）</h2>") < text.index(f"<h2>{html.escape('<img src=x onerror=alert(1)>')}")
        assert "每个项目每天一行，全部账户" in text
        table_id = table_named(seen.lab.context(), HOSTILE).settings.bitable_table_id
        assert table_id in text
        assert f'href="/coverage?{ASKED}"' in text.replace("+", "%20")
        assert text.count("现有表格空间充足") == 2
        assert "<img" not in text

    def test_accounts_say_which_tables_they_are_in(self, seen: Desk) -> None:
        text = seen.get("/accounts").text
        assert text.count(">主表（单元）</a>、<a href=") == len(seen.lab.accounts)
        assert f'href="/coverage/{seen.lab.accounts[0]}?{ASKED}"' in text.replace("+", "%20")
        assert "<img" not in text

    @pytest.mark.parametrize("name", ["x", "<script>alert(1)</script>", "\x00日报", "%", "项目日报" * 50])
    @pytest.mark.parametrize("path", ["/coverage", "/changes", "/reports"])
    def test_a_table_that_does_not_exist_is_a_clear_error(self, seen: Desk, path: str, name: str) -> None:
        page = seen.get(f"{path}?table={quote(name)}")
        assert (page.status_code, "请从列表中选择" in page.text, "<script>alert" in page.text) == (400, True, False)


def test_a_day_of_a_further_table_is_read_again_for_all_tables_and_its_page_follows(desk: Desk) -> None:
    further.further(desk.lab, "project")
    desk.lab.sync()
    with workers(desk.lab) as working:
        again = Desk.opened(working)
        working.worker()
        form = {"account_id": desk.lab.accounts[1], "day": str(desk.lab.day), "table": "项目日报"}
        shown = again.post("/coverage/read", form)
        place = f"/coverage/{desk.lab.accounts[1]}/{desk.lab.day}"
        assert shown.url == f"{again.url}{place}?table={quote('项目日报')}"
        (run_id,) = [one for one in desk.lab.context().ledger.newest(9) if one.startswith("backfill-")]
        run = desk.lab.context().ledger.run(run_id)
        assert [one.table for one in (run, *run.further)] == ["", "项目日报"]
        working.ended(run_id)
        for asked in ("", f"?table={quote('项目日报')}"):
            assert again.get(place + asked).text.count(f'href="/runs/{run_id}"') == 1
        assert again.viewer.post("/coverage/read", form).status_code == 403
        assert again.post("/coverage/read", {**form, "table": "x"}).status_code == 400


def test_what_is_wrong_in_a_further_table_alone_is_in_the_sentence_and_in_the_list(desk: Desk) -> None:
    further.further(desk.lab, "project")
    desk.lab.sync()
    with workers(desk.lab) as working:
        again = Desk.opened(working)
        assert sentence(again)[0] == "good"
        spoil(desk.lab, "项目日报")
        place = f"/coverage?table={quote('项目日报')}"
        assert "有 1 个账户的数据未完整入库" in again.get(place).text
        assert "已全部入库" in again.get("/coverage").text
        tone, words = sentence(again)
        assert (tone, "；但“项目日报”有 1 个账户的数据没有入库" in words) == ("bad", True)
        text = again.get("/").text
        assert "“项目日报”：" in text
        assert text.count("请检查该账户。") == 1


def test_a_table_that_is_not_made_is_never_passed_over(lab: Lab) -> None:
    lab.extra["LAIKE_TABLES"] = '[{"name": "素材日报", "report": "material"}]'
    lab.sync()
    with workers(lab) as working:
        desk = Desk.opened(working)
        tone, words = sentence(desk)
        assert (tone, "；但“素材日报”还没有建立" in words) == ("bad", True)
        assert 'href="/setup">去设置' in desk.get("/").text
        set_up = desk.get("/setup").text
        assert "laike.toml 中有 1 张数据表还没有建立" in set_up
        assert "<li>素材日报</li>" in set_up
        assert "docker compose exec worker laike init" in set_up
        for path in ("/coverage", "/changes", "/reports"):
            assert "素材日报（还没有建立）" in desk.get(path).text
            refused = desk.get(f"{path}?table={quote('素材日报')}")
            assert (refused.status_code, "还没有建立，或还没有同步过" in refused.text) == (400, True)
        assert "还没有建立，或还没有同步过" in desk.get("/tables").text
        assert "素材日报" in desk.get("/accounts").text
