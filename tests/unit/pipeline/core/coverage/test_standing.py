from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from pipeline.core.coverage.day import Loaded
from pipeline.core.coverage.standing import TableDay, read_later, table_days, words_of
from pipeline.core.model import Account, AccountDay, Cell, FoundRow
from pipeline.core.runs.findings import Word

DAY, NEXT = date(2026, 2, 11), date(2026, 2, 12)
EAST, WEST = Account("1801", "城东店"), Account("1802", "城西店")
AT = AccountDay(EAST.id, DAY)
CELLS: Mapping[str, Cell] = {"账户名称": "城东店", "时间": DAY, "消耗(元)": Decimal("118.30"), "单元名称": "双人套餐"}
ROW = FoundRow("rec1", DAY, "7600000000000000001", "城东店", Decimal("118.30"), CELLS)


def of(*rows: FoundRow) -> TableDay:
    return table_days(rows, {AT: EAST})[AT]


def test_it_counts_the_rows_under_an_accounts_name_on_a_day() -> None:
    other = replace(ROW, record_id="rec2", cost=Decimal("1.70"))
    elsewhere = [replace(ROW, day=NEXT), replace(ROW, account_name="城西店"), replace(ROW, day=None)]
    found = table_days([ROW, other, *elsewhere], {AT: EAST, AccountDay(WEST.id, NEXT): WEST})
    assert (found[AT].rows, found[AT].cost) == (2, Decimal("120.00"))
    assert found[AccountDay(WEST.id, NEXT)] == replace(of(), rows=0)


@pytest.mark.parametrize(
    "same",
    [
        replace(ROW, record_id="rec9", creator="ou_1", created_ms=7),
        replace(ROW, cells={**CELLS, "消耗(元)": Decimal("118.3")}),
        replace(ROW, cells=dict(reversed([*CELLS.items()]))),
    ],
)
def test_its_digest_is_that_of_the_cells_whatever_ids_and_spelling(same: FoundRow) -> None:
    assert of(same).digest == of(ROW).digest


def test_an_empty_text_and_an_absent_cell_mean_the_same() -> None:
    empty, absent = (replace(ROW, cells={**CELLS, "单元名称": cell}) for cell in ("", None))
    assert of(empty).digest == of(absent).digest != of(ROW).digest


@pytest.mark.parametrize(
    "rows",
    [
        (),
        (ROW, ROW),
        (replace(ROW, cells={**CELLS, "消耗(元)": Decimal("118.31")}),),
        (replace(ROW, cells={**CELLS, "团购线索数": None}),),
    ],
)
def test_whatever_else_is_there_has_another_digest(rows: tuple[FoundRow, ...]) -> None:
    assert of(*rows).digest != of(ROW).digest


def test_the_order_of_rows_does_not_matter() -> None:
    other = replace(ROW, cells={**CELLS, "单元名称": "周末特惠"})
    assert of(ROW, other) == of(other, ROW)


NOW = datetime(2026, 2, 12, 10, 36, tzinfo=UTC)
SEVEN = NOW - timedelta(hours=3)


@pytest.mark.parametrize(
    ("loaded", "begun", "later"),
    [
        (None, None, False),
        (SEVEN, SEVEN, False),  # its own reading
        (SEVEN - timedelta(hours=1), None, False),
        (NOW, NOW, True),
        (NOW, SEVEN, True),
        (NOW + timedelta(days=1), None, False),  # a time to come says nothing
    ],
)
def test_what_was_read_and_loaded_later_stands(loaded: datetime | None, begun: datetime | None, *, later: bool) -> None:
    there = {AT: Loaded(2, "118.36", "c", loaded)} if loaded else {}
    found = read_later({AT: SEVEN}, there, {AT: begun} if begun else {}, NOW)
    assert found == (there if later else {})
    said = {AT: Word(there[AT].outcome(AT.day), there[AT].as_of)} if later else {}
    assert words_of(found) == said


def test_a_later_reading_that_nobody_has_read_back_yet_stands_without_figures() -> None:
    found = read_later({AT: SEVEN}, {AT: Loaded(2, "118.36", "c", SEVEN)}, {AT: NOW}, NOW)
    assert found == {AT: None}
    assert words_of(found) == {}
