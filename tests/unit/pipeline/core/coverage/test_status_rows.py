"""Rows of 同步状态: one as it is written, and those that are there already."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from pipeline.core.coverage.status import StatusRow
from pipeline.core.coverage.status_rows import place, rows_about, rows_of, status_row, there
from pipeline.core.errors import AccountUnavailable
from pipeline.core.model import CHINA, AccountDay, DayRange
from pipeline.core.outcome import DayOutcome, DayState
from pipeline.core.table.cells import midnight_ms
from pipeline.core.table.record import Record

DAY = date(2026, 2, 11)
AT = AccountDay("1800000000000001", DAY)
SEVEN = datetime(2026, 2, 11, 23, tzinfo=UTC)  # 07:00 of the next day in Shanghai
GOOD = DayOutcome(day=DAY, state=DayState.LOADED, rows=2, cost=Decimal("118.36"))
MIDNIGHT = midnight_ms(DAY, CHINA)


def row(outcome: DayOutcome = GOOD, read_at: datetime = SEVEN) -> StatusRow:
    return status_row(AT, outcome, read_at, name="城东店", table_id="tbl1", zone=CHINA)


def record(record_id: str = "rec1", /, **cells: object) -> Record:
    return Record(record_id, {"日期": MIDNIGHT, "账户": "城东店", **cells})


def test_a_place_is_an_account_and_a_day() -> None:
    assert place(AT) == "1800000000000001 2026-02-11"


def test_a_row_has_the_state_the_figures_their_time_and_what_to_do() -> None:
    assert row().cells == {
        "日期": MIDNIGHT,
        "账户": "城东店",
        "状态": "已入库",
        "行数": 2,
        "消耗": 118.36,
        "原因": None,
        "数据表": "tbl1",
        "数据截至": int(SEVEN.timestamp() * 1000),
    }
    trouble = AccountUnavailable("code 40002").trouble()
    bad = row(DayOutcome(day=DAY, state=DayState.FAILED, trouble=trouble))
    assert (bad.cells["原因"], bad.good, row().good) == (trouble.what_to_do, False, True)


@pytest.mark.parametrize(
    ("later", "again"),
    [
        (timedelta(hours=1), False),  # the same morning
        (timedelta(hours=3, minutes=34), True),  # 10:34: settled
        (timedelta(hours=24), True),
    ],
)
def test_the_same_figures_are_worth_a_write_once_they_have_settled(later: timedelta, *, again: bool) -> None:
    assert (row(read_at=SEVEN + later).digest != row().digest) == again


def test_days_are_searched_one_day_wider_on_each_side() -> None:
    whole_day = 24 * 3600 * 1000
    values = [one["value"] for one in rows_of(DayRange(DAY, DAY), CHINA)["conditions"]]  # type: ignore[attr-defined]
    assert values == [["ExactDate", str(MIDNIGHT - whole_day)], ["ExactDate", str(MIDNIGHT + whole_day)]]
    assert rows_about([row()]) == rows_of(DayRange(DAY, DAY), CHINA)


@pytest.mark.parametrize(
    ("cells", "owner", "found"),
    [
        ({"数据表": "tbl1"}, None, True),
        ({"数据表": "tbl2"}, None, False),
        ({}, None, True),  # of an older release: nobody says otherwise
        ({}, "tbl2", False),
        ({"数据表": "tbl1", "账户": "城西店"}, None, False),
        ({"数据表": "tbl1", "日期": MIDNIGHT + 1}, None, False),
    ],
)
def test_a_row_is_there_that_has_its_day_account_and_table(
    cells: dict[str, object], owner: str | None, *, found: bool
) -> None:
    assert there([row()], [record("rec1", **cells)], "tbl1", owner) == ({place(AT): "rec1"} if found else {})


def test_of_two_rows_alike_the_first_counts() -> None:
    assert there([row()], [record(), record("rec2")], "tbl1", None) == {place(AT): "rec1"}
