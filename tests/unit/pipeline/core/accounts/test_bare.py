"""When a day without materials is whole although its account spent."""

from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pytest

from pipeline.core.accounts.bare import bare, judge_bare
from pipeline.core.accounts.spend import LATELY
from pipeline.core.model import CHINA, ReportRow, Totals
from pipeline.core.outcome import DayOutcome, DayState
from pipeline.core.reports import MATERIAL, REPORTS, Report
from pipeline.core.runs.quality import judge_days

DAY = date(2026, 2, 1)
BEFORE = DAY - timedelta(days=1)
SEVEN = datetime(2026, 2, 2, 7, tzinfo=CHINA)
SETTLING = datetime(2026, 2, 2, 10, 35, tzinfo=CHINA)
ROW = ReportRow("18", DAY, "m1", "视频", {"stat_cost": Decimal(1)}, "18")


def read(rows: Collection[ReportRow], total: str, report: Report = MATERIAL) -> DayOutcome:
    (outcome,) = judge_days([*rows], {DAY: Totals(Decimal(total), Decimal(1))}, [DAY], report)
    return outcome


def judged(with_rows: Collection[date], at: datetime = SEVEN) -> DayOutcome:
    return judge_bare(read([], "140"), MATERIAL, with_rows, at, time(10, 35))


def test_a_day_is_bare_if_its_account_spent_and_no_material_has_a_row() -> None:
    assert bare(read([], "140"), MATERIAL)
    assert not bare(read([], "0"), MATERIAL)
    assert not bare(read([ROW], "140"), MATERIAL)


@pytest.mark.parametrize("name", sorted(REPORTS.keys() - {"material"}))
def test_where_sums_tell_no_day_is_bare(name: str) -> None:
    assert not bare(read([], "140", REPORTS[name]), REPORTS[name])
    assert not bare(read([], "0", REPORTS[name]), REPORTS[name])


def test_of_an_account_that_had_no_material_lately_it_is_empty() -> None:
    assert judged([]).state is DayState.EMPTY
    assert judged([DAY - LATELY - timedelta(days=1), DAY + timedelta(days=1)]).state is DayState.EMPTY


@pytest.mark.parametrize("before", [BEFORE, DAY - LATELY])
def test_of_one_that_had_some_it_is_waited_for_until_figures_have_settled(before: date) -> None:
    waiting = judged([before])
    assert waiting.state is DayState.INCOMPLETE
    assert waiting.trouble
    assert "没有素材数据，与近期数据不符" in waiting.trouble.what_to_do
    assert judged([before], SETTLING).state is DayState.EMPTY


@pytest.mark.parametrize("at", [SEVEN, SETTLING, SETTLING + timedelta(days=20)])
def test_rows_that_are_loaded_already_are_never_believed_to_be_none(at: datetime) -> None:
    found = judged([DAY], at)
    assert found.state is DayState.INCOMPLETE
    assert found.trouble
    assert "140.00 元，但没有素材数据，与已写入的数据不符" in found.trouble.what_to_do
