"""What 同步状态 says of each day, for a Redis that was emptied."""

from datetime import date, datetime, timedelta

import pytest

from pipeline.core.chain import alone
from pipeline.core.coverage.day import UNKNOWN, LastOutcome, Loaded
from pipeline.core.coverage.rebuild import Cells, Rebuilt, Sought, rebuilt
from pipeline.core.model import CHINA, AccountDay, DayRange
from pipeline.core.outcome import DayState

DAY = date(2026, 2, 11)
SEVEN = datetime(2026, 2, 12, 7, tzinfo=CHINA)
SOUGHT = Sought({"城东店": "1"}, DayRange(DAY - timedelta(days=30), DAY), CHINA)
AT = AccountDay("1", DAY)


def ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def cells(**others: object) -> dict[str, object]:
    """A row of our table."""
    day = ms(datetime(2026, 2, 11, tzinfo=CHINA))
    figures = {"状态": "已入库", "行数": 2, "消耗": 118.36, "数据截至": ms(SEVEN)}
    return {"日期": day, "账户": "城东店", **figures, "数据表": "tbl1", **others}


def taken(*rows: Cells, owner: str | None = None) -> Rebuilt:
    return rebuilt(rows, SOUGHT, alone("tbl1"), owner)


def test_a_good_day_is_loaded_with_a_checksum_that_nobody_knows() -> None:
    found = taken(cells())
    assert found.loaded == {AT: Loaded(2, "118.36", UNKNOWN, SEVEN)}
    assert found.outcomes == {AT: LastOutcome(state=DayState.LOADED, rows=2, cost="118.36", as_of=SEVEN)}


def test_a_bad_day_keeps_what_to_do_and_is_not_loaded() -> None:
    found = taken(cells(状态="失败", 行数=0, 消耗=0, 原因="请检查"))
    assert found.loaded == {}
    assert found.outcomes[AT] == LastOutcome(state=DayState.FAILED, cost="0", what_to_do="请检查", as_of=SEVEN)


@pytest.mark.parametrize(
    "written",
    [
        {"账户": "路人"},
        {"状态": "好"},
        {"数据截至": None},
        {"行数": "很多"},
        {"日期": ms(datetime(2026, 2, 12, tzinfo=CHINA))},  # after the days that are sought
        {"数据表": "tbl2"},
    ],
)
def test_what_a_person_wrote_and_what_is_about_another_table_is_left_out(written: dict[str, object]) -> None:
    assert taken(cells(**written)) == Rebuilt()


def test_rows_without_a_table_are_those_of_the_table_that_older_releases_wrote_about() -> None:
    unnamed = cells(数据表=None)
    assert taken(unnamed, owner="tbl1").outcomes.keys() == {AT}
    assert taken(unnamed, owner="tbl2") == Rebuilt()


def test_where_nobody_knows_which_table_that_was_such_rows_are_counted() -> None:
    unnamed = cells(数据表=None)
    assert taken(unnamed) == Rebuilt(unnamed=1)
    assert taken(unnamed, cells()).unnamed == 0  # beside rows that name a table they are a person's
