from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.model import AccountDay, Cell, Key, WantedRow
from pipeline.core.table.columns import DEFAULT_COLUMNS
from pipeline.core.table.diff import Change
from pipeline.core.table.revisions import (
    Cause,
    Figure,
    Revision,
    Sought,
    cause_by,
    line_of,
    revision_of,
    revisions,
)

DAY = date(2026, 2, 1)
KEY = Key(DAY, "7612")
AT = AccountDay("18", DAY)


def change(old: dict[str, str], new: dict[str, str], *, created: bool = False) -> Change:
    return Change(key=KEY, account_id="18", created=created, old=old, new=new)


def found(*done: Change, new_columns: frozenset[str] = frozenset()) -> list[Revision]:
    cells: dict[str, Cell] = {"单元名称": "双人套餐", "消耗(元)": Decimal("2.00")}
    rows = [WantedRow(KEY, "18", cells)]
    why = cause_by({AT: "new"}, {AT: "old"})
    return list(revisions(done, DEFAULT_COLUMNS, rows, why, lambda _at, column: column in new_columns))


def revision(**changed: object) -> Revision:
    one = {
        "day": DAY,
        "account_id": "18",
        "item_id": "7612",
        "item_name": "双人套餐",
        "cause": Cause.RESTATED,
        "figures": (Figure("消耗(元)", "1.00", "2.00"),),
    }
    return Revision(**(one | changed))  # type: ignore[arg-type]


def test_a_changed_figure_is_a_revision_with_the_promotion_s_name() -> None:
    assert found(change({"消耗(元)": "1.00"}, {"消耗(元)": "2.00"})) == [revision()]


def test_a_created_row_is_no_revision() -> None:
    assert found(change({}, {"消耗(元)": "2.00"}, created=True)) == []


def test_a_changed_text_is_no_revision() -> None:
    assert found(change({"单元名称": "旧名"}, {"单元名称": "双人套餐"})) == []


def test_of_a_row_only_the_figures_count() -> None:
    (one,) = found(change({"单元名称": "旧名", "转化数": "1"}, {"单元名称": "双人套餐", "转化数": "3"}))
    assert one.figures == (Figure("转化数", "1", "3"),)


def test_a_cell_that_a_new_field_lacked_was_not_loaded_before() -> None:
    assert found(change({"转化数": ""}, {"转化数": "3"}), new_columns=frozenset({"转化数"})) == []
    assert len(found(change({"转化数": "1"}, {"转化数": "3"}), new_columns=frozenset({"转化数"}))) == 1


@pytest.mark.parametrize(
    ("source", "loaded", "cause"),
    [
        ({AT: "a"}, {AT: "b"}, Cause.RESTATED),
        ({AT: "a"}, {AT: "a"}, Cause.EDITED),
        ({AT: "a"}, {}, Cause.UNCLEAR),
        ({}, {AT: "a"}, Cause.UNCLEAR),
    ],
)
def test_the_cause_is_known_where_it_is_known_what_was_loaded(
    source: dict[AccountDay, str], loaded: dict[AccountDay, str], cause: Cause
) -> None:
    assert cause_by(source, loaded)(AT) == cause


TEXTS = st.text(max_size=12)


@given(TEXTS, TEXTS, TEXTS, st.lists(st.builds(Figure, TEXTS, TEXTS, TEXTS), max_size=3), st.sampled_from(Cause))
def test_a_line_says_what_the_revision_says_and_is_one_line(
    account: str, promotion: str, name: str, figures: list[Figure], cause: Cause
) -> None:
    one = revision(account_id=account, item_id=promotion, item_name=name, figures=tuple(figures), cause=cause)
    assert revision_of(line_of(one)) == one
    assert "\n" not in line_of(one)


ALL = [
    revision(),
    revision(day=date(2026, 2, 2), account_id="1", cause=Cause.EDITED, item_name="套餐 A\tB"),
    revision(account_id='"18"', item_id="99", item_name='["2026-02-02","18"', cause=Cause.UNCLEAR),
]


@pytest.mark.parametrize(
    ("sought", "places"),
    [
        (Sought(), [0, 1, 2]),
        (Sought(day=DAY), [0, 2]),
        (Sought(account_ids=frozenset({"18"})), [0]),
        (Sought(account_ids=frozenset({'"18"'})), [2]),
        (Sought(account_ids=frozenset({"18", "1"})), [0, 1]),
        (Sought(account_ids=frozenset()), []),
        (Sought(cause=Cause.EDITED), [1]),
        (Sought(text="双人"), [0]),
        (Sought(text="套餐 a\tb"), [1]),
        (Sought(text="7612"), [0, 1]),
        (Sought(text="消耗"), []),
        (Sought(text="2.00"), []),
        (Sought(text='","'), [2]),
        (Sought(day=DAY, account_ids=frozenset({"18"}), cause=Cause.EDITED), []),
    ],
)
def test_a_search_finds_by_day_account_cause_and_the_promotion_s_name_or_id(sought: Sought, places: list[int]) -> None:
    lines = [line_of(one) for one in ALL]
    assert list(sought.among(lines)) == [lines[place] for place in places]
