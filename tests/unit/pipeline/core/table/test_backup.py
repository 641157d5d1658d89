import json
from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.errors import WrongInput
from pipeline.core.model import Key
from pipeline.core.table.backup import (
    Backup,
    Header,
    SavedCondition,
    SavedField,
    SavedRow,
    SavedView,
    compare,
    comparison,
    lacking,
    lines,
    parse,
    saved_fields,
    saved_row,
)
from pipeline.core.table.cells import Field
from pipeline.core.table.record import Record
from tests.unit.pipeline.core.tables import ID, layout

CONDITION = SavedCondition(column="账户名称", operator="is", values=("城东店",))
VIEW = SavedView(name="城东店", type="grid", conditions=(CONDITION,))
HEADER = Header(made_at="2026-02-02T07:00:00+08:00", table_id="tbl1", why="table", fields=(), views=(VIEW,))
DAY = date(2026, 2, 1)


def row(record_id: str, /, **cells: object) -> SavedRow:
    return SavedRow(record_id=record_id, created_by="ou_1", created_ms=7, cells=cells)


VALUES = st.text() | st.integers() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False)
ROWS = st.lists(st.builds(lambda cells: row("rec1", **cells), st.dictionaries(st.text(min_size=1), VALUES)))


@given(ROWS)
def test_what_was_written_is_read(rows: list[SavedRow]) -> None:
    found = parse(list(lines(HEADER, rows)))
    assert (found.header, list(found.rows)) == (HEADER, rows)


@pytest.mark.parametrize(
    "harm",
    [
        lambda text: text[:0],
        lambda text: text[:1],
        lambda text: text[:-1],
        lambda text: [text[0], *text[2:]],
        lambda text: [text[0], text[1], *text[1:]],
        lambda text: [text[0], text[1].replace("1", "2", 1), *text[2:]],
        lambda text: [*text[:-1], "no json\n"],
        lambda text: [*text[:-1], "[]\n"],
    ],
)
def test_a_file_that_is_not_whole_is_refused(harm: Callable[[list[str]], list[str]]) -> None:
    text = list(lines(HEADER, [row("rec1", a="1"), row("rec2", a="2")]))
    with pytest.raises(WrongInput, match="damaged"):
        parse(harm(text))


def test_a_file_of_another_format_is_refused_by_its_number() -> None:
    other = list(lines(HEADER.model_copy(update={"format": 99}), []))
    with pytest.raises(WrongInput, match="format 99"):
        parse(other)


def test_the_last_line_counts_the_rows() -> None:
    assert json.loads(list(lines(HEADER, [row("rec1")]))[-1])["rows"] == 1


def test_a_row_is_created_only_if_its_key_is_not_there() -> None:
    one, two, three = Key(DAY, "1"), Key(DAY, "2"), Key(DAY, "3")
    saved = [(one, row("r1", a="1")), (two, row("r2", a="2")), (three, row("r3", a="3"))]
    found = compare(saved, [(one, {"a": "1"}), (two, {"a": "other"})])
    assert [made.record_id for made in found.create] == ["r3"]
    assert (found.same, found.kept, found.doubled) == (1, 1, 0)


def test_of_rows_of_one_key_only_the_first_is_created() -> None:
    key = Key(DAY, "1")
    found = compare([(key, row("r1", a="1")), (key, row("r2", a="2"))], [])
    assert ([made.record_id for made in found.create], found.doubled) == (["r1"], 1)


@given(st.integers(0, 4), st.integers(0, 4))
def test_a_row_without_a_key_is_there_as_often_as_an_identical_one(saved: int, there: int) -> None:
    rows = [(None, row(f"r{number}", a="1")) for number in range(saved)]
    found = compare(rows, [(None, {"a": "1"})] * there + [(None, {"a": "2"})])
    assert len(found.create) == max(0, saved - there)
    assert found.same == min(saved, there)


def test_missing_columns_and_those_of_another_type_are_named() -> None:
    saved = [SavedField(name=name, type=1) for name in ("here", "gone", "changed")]
    found = lacking(saved, [Field("f1", "here", 1), Field("f2", "changed", 2)])
    assert found == ["gone (type 1)", "changed (type 1, here 2)"]


def test_only_what_can_be_written_again_is_saved() -> None:
    fields = saved_fields([Field("f1", "a", 1), Field("f2", "formula", 20), Field("f3", "made", 1001)])
    assert fields == (SavedField(name="a", type=1),)
    cells = {"a": [{"type": "text", "text": "x"}], "formula": {"type": 1, "value": []}, "made": 5}
    record = Record("rec1", cells, "ou_1", 7)
    assert saved_row(record, {field.name: field.type for field in fields}) == row("rec1", a="x")


def test_a_row_of_the_table_is_known_by_its_key_and_a_person_s_by_its_cells() -> None:
    cells = {"时间": "2026-02-01", "单元ID": ID}
    saved = [row("rec1", **cells), row("rec2", 备注="合计"), row("rec3", **{**cells, "单元ID": "7"})]
    header = Header(**{**dict(HEADER), "fields": tuple(SavedField(name=one, type=1) for one in (*cells, "备注"))})
    there = [Record("recA", {**cells, "转化数": "3"}), Record("recB", {"备注": [{"text": "合计", "type": "text"}]})]
    found = comparison(layout(typed=False), Backup(header, tuple(saved)), there)
    assert ([one.record_id for one in found.create], found.same) == (["rec3"], 2)
