"""What a backfill will cost; against real ones: tests/integration/test_estimates.py."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pipeline.core.model import Account, AccountDay, DayRange
from pipeline.core.outcome import Run
from pipeline.core.overview.runs.estimate import Estimate, InTable, Known, Tables, estimate_of
from pipeline.core.reports import ACCOUNT, MATERIAL, PROJECT, Report
from tests.unit.pipeline.core.overview.runs.test_story import DAY, NOW

RATE = 5.0
TEN = DayRange(DAY - timedelta(days=9), DAY)


def planned(days: DayRange, count: int = 2, rows_a_day: int = 0) -> Run:
    shops = tuple(Account(str(n), f"店{n}") for n in range(count))
    usual: dict[str, Any] = {"started_at": NOW, "deadline": NOW, "backfill": True, "rows_a_day": rows_a_day}
    return Run(run_id="b", day=days.last, days=days, accounts=shops, **usual)


def in_table(
    run: Run, rows: Mapping[AccountDay, int], *, cap: int = 20_000, held: int | None = 0, **known: object
) -> InTable:
    usual = {"chosen": [one.id for one in run.accounts]} | known
    there = {} if held is None else {"tbl1": held}
    tables = Tables(spans=[("tbl1", run.days)], names={"tbl1": "数据表"}, held=there, cap=cap)
    return InTable(run=run, known=Known(rows=rows, **usual), tables=tables)  # type: ignore[arg-type]


def estimated(run: Run, rows: Mapping[AccountDay, int], **more: Any) -> Estimate:  # noqa: ANN401 as of `in_table`
    return estimate_of([in_table(run, rows, **more)], RATE)


def further(report: Report, rows: Mapping[AccountDay, int], base: str = "") -> InTable:
    run = replace(planned(TEN), table=f"{report.item}日报", table_id="tbl2")
    return replace(in_table(run, rows), report=report, base=base)


def lately(count: int, rows: int) -> dict[AccountDay, int]:
    """So many accounts' rows on a day after the range."""
    return {AccountDay(str(n), DAY + timedelta(days=1)): rows for n in range(count)}


def test_rows_are_those_of_usual_days() -> None:
    told = estimated(planned(TEN), lately(2, 30))
    assert (told.accounts, told.account_days, told.loaded, told.batches) == (2, 20, 0, 1)
    assert (told.rows, told.new_rows) == (600, 600)


def test_calls_are_pages_of_reports_reads_and_writes() -> None:
    told = estimated(planned(TEN), lately(2, 30))
    assert told.reports == 2 * 3 + 2  # 300 rows an account are three pages; and one account report each
    # fields, an empty search, a count; two pages read back; views; 同步状态: a search; two writes
    assert told.feishu == 3 + 2 + 1 + 1 + 2


def test_days_that_are_loaded_are_fetched_again_and_make_no_new_rows() -> None:
    there = {AccountDay(str(n), day): 40 for n in range(2) for day in TEN}
    told = estimated(planned(TEN), there)
    assert (told.loaded, told.rows, told.new_rows) == (20, 800, 0)
    assert told.reports == 2 * 4 + 2
    assert told.feishu == 1 + 2 + 2 + 1 + 1 + 1  # fields; 800 rows twice; views; 同步状态


def test_an_account_of_which_nothing_is_known_is_taken_for_the_mean_of_the_others() -> None:
    told = estimated(planned(TEN, 3), lately(2, 30))
    assert told.rows == 900


def test_where_nothing_is_known_it_says_so() -> None:
    told = estimated(planned(TEN), {})
    assert not told.known
    assert (told.rows, told.reports) == (0, 4)
    assert estimated(planned(TEN), lately(2, 0)).known


def test_a_part_of_the_accounts_stands_for_all() -> None:
    told = estimated(planned(TEN, 300), lately(2, 30), chosen=["0", "1"])
    assert not told.exact
    assert told.rows == 300 * 10 * 30
    # two groups of accounts, each with a batch of nine days (three pages) and one of the tenth
    assert (told.batches, told.reports) == (4, 300 * (3 + 1) + 300 * 2)


def test_rows_of_other_accounts_are_read_too() -> None:
    others = {AccountDay("x", day): 100 for day in TEN}
    alone = estimated(planned(TEN), lately(2, 30))
    beside = estimated(planned(TEN), lately(2, 30) | others, beside=["x"], others=2)
    assert (beside.rows, beside.reports) == (alone.rows, alone.reports)
    # 2,000 rows of others: four pages instead of an empty search and its count, and 2,600 rows are six pages, not two
    assert beside.feishu == alone.feishu - 2 + 4 - 2 + 6


def test_a_further_table_adds_its_own_calls_and_rows_and_no_account_report() -> None:
    alone, projects = in_table(planned(TEN), lately(2, 30)), further(PROJECT, lately(2, 5))
    told, one = estimate_of([alone, projects], RATE), estimate_of([alone], RATE)
    assert (told.tables, told.accounts, told.account_days) == (2, 2, 40)
    assert (told.rows, told.new_rows) == (700, 700)
    assert told.reports == one.reports + 2  # 50 rows an account are a page of the project report
    # fields, an empty search, a count; a page read back; views; one write: 同步状态 is written with the first table's
    assert told.feishu == one.feishu + 3 + 1 + 1 + 1 + 1  # and the list of tables, for the views
    assert [room.more for room in told.rooms] == [600, 100]


def test_a_table_of_accounts_costs_no_report_at_all() -> None:
    alone = in_table(planned(TEN), lately(2, 30))
    assert estimate_of([alone, further(ACCOUNT, lately(2, 1))], RATE).reports == estimate_of([alone], RATE).reports


def test_a_table_in_another_base_has_a_status_table_and_a_writer_of_its_own() -> None:
    alone = in_table(planned(TEN), lately(2, 30))
    here, there = (estimate_of([alone, further(PROJECT, lately(2, 5), base)], RATE) for base in ("", "other"))
    assert there.feishu == here.feishu + 2
    assert there.seconds < here.seconds


def test_a_table_of_which_nothing_is_known_is_named() -> None:
    alone = in_table(planned(TEN), lately(2, 30))
    told = estimate_of([alone, further(PROJECT, {}), further(MATERIAL, lately(2, 5))], RATE)
    assert (told.known, told.unknown) == (True, ("项目日报",))
    assert estimate_of([in_table(planned(TEN), {}), further(PROJECT, {})], RATE).unknown == ()


def test_it_takes_as_long_as_the_slower_of_both_services() -> None:
    slow = estimated(planned(TEN, 1000), lately(1000, 1))
    assert slow.seconds == pytest.approx(2.5 + slow.reports / 2 / (0.99 * RATE), rel=0.01)
    quick = estimated(planned(TEN), lately(2, 30))
    assert 10 < quick.seconds < 20


@pytest.mark.parametrize(("held", "fits"), [(19_000, True), (19_401, False), (None, True)])
def test_rows_fit_if_the_table_has_room_for_them(held: int | None, *, fits: bool) -> None:
    told = estimated(planned(TEN), lately(2, 30), held=held)
    assert (told.fits, told.rooms[0].more, told.rooms[0].name) == (fits, 600, "数据表")
