"""Rows of 同步状态: as they are written, found again, and placed when the table is full."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.coverage.status import (
    DAY_MS,
    FIELDS,
    OURS,
    OldRow,
    StatusRow,
    place,
    places_for,
    reusable,
    rows_about,
    rows_of,
    status_row,
    there,
)
from pipeline.core.errors import AccountUnavailable
from pipeline.core.model import CHINA, AccountDay, DayRange
from pipeline.core.outcome import DayOutcome, DayState
from pipeline.core.table.cells import midnight_ms
from pipeline.core.table.record import Record

US, PERSON = "ou_us", "ou_person"


def new(day: int, name: str = "a", *, good: bool = True) -> StatusRow:
    return StatusRow(f"{name} {day:03}", {}, "digest", day * DAY_MS, good)


def old(*days: int) -> list[OldRow]:
    return [OldRow(f"rec{place}", day * DAY_MS, "tbl1") for place, day in enumerate(days)]


def record(creator: str | None = US, /, **cells: object) -> Record:
    fields = {"日期": 5 * DAY_MS, "账户": "城东店", "状态": "已入库", "数据表": "tbl1", **cells}
    return Record("rec1", fields, creator)


def test_with_room_every_row_is_created() -> None:
    rows = [new(9), new(8)]
    assert places_for(rows, 2, []).create == (new(8), new(9))


def test_the_latest_days_take_the_oldest_rows_and_the_others_the_room() -> None:
    found = places_for([new(9), new(7), new(8)], 1, old(1, 2))
    assert found.create == (new(7),)
    assert [(one.record_id, row.day_ms // DAY_MS) for one, row in found.reuse] == [("rec0", 8), ("rec1", 9)]
    assert found.without == ()


def test_where_not_all_fit_only_days_that_are_not_good_are_written() -> None:
    bad = new(9, "b", good=False)
    found = places_for([new(9), bad, new(8)], 0, old(1, 2))
    assert [row for _, row in found.reuse] == [bad]
    assert found.without == (new(9), new(8))


def test_where_not_even_these_fit_the_latest_of_them_are_written() -> None:
    bad = [new(day, good=False) for day in (7, 8, 9)]
    found = places_for(bad, 0, old(1))
    assert ([row for _, row in found.reuse], found.without) == ([bad[2]], (bad[0], bad[1]))


def test_a_row_never_makes_place_for_its_own_day_or_one_before() -> None:
    found = places_for([new(3, good=False), new(9, good=False)], 0, old(3, 4))
    assert [(one.record_id, row.day_ms // DAY_MS) for one, row in found.reuse] == [("rec0", 9)]
    assert found.without == (new(3, good=False),)


days = st.integers(0, 12)


@given(
    rows=st.dictionaries(days, st.booleans(), max_size=8),
    room=st.integers(0, 8),
    others=st.lists(days, max_size=8).map(sorted),
)
def test_no_row_is_lost_or_placed_twice_whatever_there_is(rows: dict[int, bool], room: int, others: list[int]) -> None:
    wanted = [new(day, good=good) for day, good in rows.items()]
    found = places_for(wanted, room, old(*others))
    placed = [*found.create, *(row for _, row in found.reuse), *found.without]
    assert sorted(placed, key=lambda row: row.place) == sorted(wanted, key=lambda row: row.place)
    assert len(found.create) <= room
    assert len({one.record_id for one, _ in found.reuse}) == len(found.reuse)
    assert all(one.day_ms < row.day_ms for one, row in found.reuse)
    if any(row.good for row in found.without):
        assert not any(row.good for row in placed[: len(placed) - len(found.without)])


def test_a_row_that_we_made_long_ago_may_be_reused() -> None:
    (found,) = reusable([record()], US, 6 * DAY_MS, ())
    assert found == OldRow("rec1", 5 * DAY_MS, "tbl1")


@pytest.mark.parametrize(
    "one",
    [
        record(PERSON),
        record(日期=6 * DAY_MS),
        record(日期=None),
        record(状态="随便"),
        record(备注="已核对"),
        record(备注=[{"text": "已核对", "type": "text"}]),
        record(金额=0),
        record(已核对=True),
        record(负责人=[{"id": "ou_1"}]),
    ],
    ids=lambda one: str(one.cells)[-30:],
)
def test_another_one_may_not(one: Record) -> None:
    assert list(reusable([one], US, 6 * DAY_MS, ())) == []


@pytest.mark.parametrize("cells", [{"备注": None}, {"备注": "  "}, {"已核对": False}, {"负责人": []}, {"公式": 1.5}])
def test_a_cell_in_which_nobody_filled_anything_is_none_of_a_person(cells: dict[str, object]) -> None:
    assert len(list(reusable([record(**cells)], US, 6 * DAY_MS, {"公式"}))) == 1


def test_without_knowing_who_we_are_no_row_is_ours() -> None:
    nameless = replace(record(), creator=None)
    assert list(reusable([record(), nameless], None, 6 * DAY_MS, ())) == []


def test_each_column_has_a_name_and_a_type() -> None:
    assert len(OURS) == len(FIELDS)
    assert all(isinstance(one["type"], int) for one in FIELDS)


DAY = date(2026, 2, 11)
AT = AccountDay("1800000000000001", DAY)
SEVEN = datetime(2026, 2, 11, 23, tzinfo=UTC)  # 07:00 of the next day in Shanghai
GOOD = DayOutcome(day=DAY, state=DayState.LOADED, rows=2, cost=Decimal("118.36"))
MIDNIGHT = midnight_ms(DAY, CHINA)


def written(outcome: DayOutcome = GOOD, read_at: datetime = SEVEN) -> StatusRow:
    return status_row(AT, outcome, read_at, name="城东店", table_id="tbl1", zone=CHINA)


def there_already(record_id: str = "rec1", /, **cells: object) -> Record:
    return Record(record_id, {"日期": MIDNIGHT, "账户": "城东店", **cells})


def test_a_place_is_an_account_and_a_day() -> None:
    assert place(AT) == "1800000000000001 2026-02-11"


def test_a_row_has_the_state_the_figures_their_time_and_what_to_do() -> None:
    assert written().cells == {
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
    bad = written(DayOutcome(day=DAY, state=DayState.FAILED, trouble=trouble))
    assert (bad.cells["原因"], bad.good, written().good) == (trouble.what_to_do, False, True)


@pytest.mark.parametrize(
    ("later", "again"),
    [
        (timedelta(hours=1), False),  # the same morning
        (timedelta(hours=3, minutes=34), True),  # 10:34: settled
        (timedelta(hours=24), True),
    ],
)
def test_the_same_figures_are_worth_a_write_once_they_have_settled(later: timedelta, *, again: bool) -> None:
    assert (written(read_at=SEVEN + later).digest != written().digest) == again


def test_days_are_searched_one_day_wider_on_each_side() -> None:
    whole_day = 24 * 3600 * 1000
    values = [one["value"] for one in rows_of(DayRange(DAY, DAY), CHINA)["conditions"]]  # type: ignore[attr-defined]
    assert values == [["ExactDate", str(MIDNIGHT - whole_day)], ["ExactDate", str(MIDNIGHT + whole_day)]]
    assert rows_about([written()]) == rows_of(DayRange(DAY, DAY), CHINA)


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
    assert there([written()], [there_already("rec1", **cells)], owner) == ({("", place(AT)): "rec1"} if found else {})


def test_of_two_rows_alike_the_first_counts() -> None:
    assert there([written()], [there_already(), there_already("rec2")], None) == {("", place(AT)): "rec1"}
