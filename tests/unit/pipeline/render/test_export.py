import csv
import io
import json
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.model import Cell
from pipeline.core.table.columns import Column, Kind
from pipeline.core.table.export import Line
from pipeline.render.export import BOM, csv_head, csv_rows, jsonl_rows, safe, sheet_name
from tests.unit.pipeline.render.exported import COLUMNS, DAY, LINES, NAMES, TEXTS, line


def cells(lines: list[Line]) -> list[list[str]]:
    """The cells as text, each figure with all its digits."""
    values = ([one.cells[name] for name in NAMES] for one in lines)
    return [["" if v is None else f"{v:f}" if isinstance(v, Decimal) else str(v) for v in row] for row in values]


def meant(found: str | int | None, kind: Kind) -> Cell:
    """A value of a jsonl file as the cell that it was."""
    if found is None or kind in (Kind.TEXT, Kind.ID):
        return None if found is None else str(found)
    return date.fromisoformat(str(found)) if kind == Kind.DAY else Decimal(found)


@given(LINES)
def test_a_csv_read_back_has_every_cell_once_the_apostrophe_in_front_is_taken_off(lines: list[Line]) -> None:
    content = csv_head(COLUMNS) + csv_rows(COLUMNS, lines)
    assert content.startswith(BOM)
    head, *rows = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    assert head == NAMES
    assert [[cell.removeprefix("'") for cell in row] for row in rows] == cells(lines)


@given(LINES)
def test_jsonl_read_back_has_every_cell_with_its_type(lines: list[Line]) -> None:
    rows = [json.loads(row) for row in jsonl_rows(COLUMNS, lines).decode().split("\n")[:-1]]
    assert [list(row) for row in rows] == [NAMES] * len(lines)
    for row, one in zip(rows, lines, strict=True):
        for column in COLUMNS:
            found, value = row[column.name], one.cells[column.name]
            assert found is None or isinstance(found, int if column.kind == Kind.COUNT else str)
            assert meant(found, column.kind) == value


def test_figures_have_the_digits_of_their_column_in_plain_text() -> None:
    one = line({"day": DAY, "stat_cost": Decimal("118.30"), "convert_cnt": Decimal("12"), "promotion_id": "7" * 19})
    assert csv_rows(COLUMNS, [one]) == f'"","2026-02-01","{"7" * 19}","","118.30","12","",""\r\n'.encode()
    (row,) = map(json.loads, jsonl_rows(COLUMNS, [one]).splitlines())
    assert (row["消耗(元)"], row["转化数"], row["转化成本(元)"]) == ("118.30", 12, None)


def test_a_count_with_digits_and_a_ratio_are_strings_in_jsonl() -> None:
    columns = (Column("a", "click_cnt", Kind.COUNT, 1), Column("b", "ctr", Kind.RATIO))
    one = line({"click_cnt": Decimal("1.5"), "ctr": Decimal("0.0300")}, columns)
    assert jsonl_rows(columns, [one]) == b'{"a": "1.5", "b": "0.0300"}\n'


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "\nx", " =1", "\u3000=1", "＝1", "'", "'=1"]
)
def test_a_text_that_a_spreadsheet_might_run_gets_an_apostrophe(text: str) -> None:
    assert safe(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "门店", "7602345678901234567", "1+1", "a=b", "2026-02-01", " 门店"])
def test_another_text_stays_as_it_is(text: str) -> None:
    assert safe(text) == text


@given(TEXTS)
def test_what_was_made_safe_begins_like_no_formula_and_can_be_undone(text: str) -> None:
    made = safe(text)
    assert made.removeprefix("'") == text
    assert made.lstrip()[:1] not in ("=", "+", "-", "@", "＝", "＋", "－", "＠")


def test_a_negative_figure_is_no_formula() -> None:
    assert b',"-5.00",' in csv_rows(COLUMNS, [line({"stat_cost": Decimal("-5.00")})])


def test_half_a_character_does_not_break_a_file() -> None:
    one = line({"promotion_name": "a\ud800b"})
    assert "a?b" in csv_rows(COLUMNS, [one]).decode()
    assert json.loads(jsonl_rows(COLUMNS, [one]))["单元名称"] in ("a?b", "a\ud800b")


@given(
    st.lists(st.text(max_size=40) | st.sampled_from(["History", "A/B", "a:b", "A b", "'x'", "店" * 40]), max_size=12)
)
def test_names_of_sheets_are_what_excel_takes_and_differ_also_without_case(wanted: list[str]) -> None:
    taken: set[str] = set()
    for name in wanted:
        made = sheet_name(name, taken)
        assert 1 <= len(made.encode("utf-16-le")) // 2 <= 31
        assert not set(made) & set("[]:*?/\\")
        assert made.strip("'") == made
        assert made.strip()
        assert made.lower() not in taken | {"history"}
        taken.add(made.lower())


@pytest.mark.parametrize(
    ("wanted", "taken", "made"),
    [
        ("北京朝阳店", set(), "北京朝阳店"),
        ("A/B:[1]", set(), "A B  1"),
        ("店", {"店"}, "店 (2)"),
        ("店", {"店", "店 (2)"}, "店 (3)"),
        ("x" * 40, {"x" * 31}, "x" * 27 + " (2)"),
        ("😀" * 20, set(), "😀" * 15),
        ("/", set(), "-"),
        ("history", set(), "history (2)"),
    ],
)
def test_the_name_of_a_sheet_is_near_to_that_of_the_account(wanted: str, taken: set[str], made: str) -> None:
    assert sheet_name(wanted, taken) == made
