"""What a load remembers of its columns' fields, and what it says where people changed them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pipeline.core.model import AccountDay
from pipeline.core.table.column_changes import ColumnField, column_warnings, is_new, written_fields
from pipeline.core.table.diff import Causes
from tests.unit.pipeline.core.tables import DAY, NAMES, layout

NOW = datetime(2026, 2, 2, 7, tzinfo=UTC)
AT, COST = AccountDay("18", DAY), "消耗(元)"
LAYOUT = layout()
LAST = written_fields({}, LAYOUT, NOW - timedelta(days=9))
REPLACED = {**LAST, COST: ColumnField("fldOld", COST)}


def test_a_first_load_remembers_each_field_and_no_time_of_a_change() -> None:
    assert list(LAST) == NAMES
    assert {one.since for one in LAST.values()} == {None}


def test_a_field_that_took_the_place_of_another_is_remembered_with_the_time_of_the_reading() -> None:
    written = written_fields(REPLACED, LAYOUT, NOW)
    assert written[COST].since == NOW
    assert written[NAMES[0]].since is None


def test_the_time_of_a_change_stays_while_the_field_stays() -> None:
    once = written_fields(REPLACED, LAYOUT, NOW)
    assert written_fields(once, LAYOUT, NOW + timedelta(days=1)) == once


def test_a_column_with_another_field_is_new_and_one_with_the_same_is_not() -> None:
    new = is_new(REPLACED, LAYOUT, {})
    assert (new(AT, COST), new(AT, NAMES[0])) == (True, False)


@pytest.mark.parametrize(("loaded_at", "told"), [({AT: NOW - timedelta(1)}, True), ({AT: NOW}, False), ({}, False)])
def test_a_replaced_column_is_new_for_days_that_were_loaded_before(
    loaded_at: dict[AccountDay, datetime],
    told: bool,  # noqa: FBT001 a table
) -> None:
    assert is_new(written_fields(REPLACED, LAYOUT, NOW), LAYOUT, loaded_at)(AT, COST) is told


def test_before_the_first_load_no_column_is_new() -> None:
    assert not is_new({}, LAYOUT, {})(AT, COST)


def test_a_renamed_column_is_told_once() -> None:
    field = replace(LAYOUT.fields[COST], name="花费")
    renamed, nothing = replace(LAYOUT, fields={**LAYOUT.fields, COST: field}), Causes((), 0, 0)
    (told,) = column_warnings(LAST, renamed, nothing)
    assert "花费" in told
    assert column_warnings(written_fields(LAST, renamed, NOW), renamed, nothing) == []


def test_a_column_that_was_made_again_is_told_and_one_that_is_new_in_the_settings_is_not() -> None:
    (told,) = column_warnings(LAST, LAYOUT, Causes((), 0, 0, {COST: 7, "点击数": 7}))
    assert COST in told
