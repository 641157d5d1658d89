import gc
import io
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO

import openpyxl
import pytest
from hypothesis import given

from pipeline.core.errors import WrongInput
from pipeline.core.model import Cell
from pipeline.core.table.export import Line
from pipeline.render import export_xlsx
from pipeline.render.export_xlsx import sheets
from tests.unit.pipeline.render.exported import COLUMNS, DAY, LINES, NAMES, line, some

NOW = datetime(2026, 2, 2, 1, 0, tzinfo=UTC)
ID = "7602345678901234567"


def written(lines: list[Line], *, by_account: bool = False) -> openpyxl.Workbook:
    file = io.BytesIO()
    with sheets(file, COLUMNS, NOW, by_account=by_account) as book:
        book.write(lines)
        book.end()
    file.seek(0)
    return openpyxl.load_workbook(file)


def test_each_cell_has_its_type_and_the_header_stays_in_sight() -> None:
    cells_: dict[str, Cell] = {"account_name": "店", "day": DAY, "promotion_id": ID, "promotion_name": "=1+1"}
    cells_ |= {"stat_cost": Decimal("118.30"), "convert_cnt": Decimal(3)}
    sheet = written([line(cells_)])["数据"]
    head, cells = sheet.iter_rows()
    assert [cell.value for cell in head] == NAMES
    assert all(cell.font.b for cell in head)
    assert [cell.value for cell in cells] == ["店", datetime(2026, 2, 1), ID, "=1+1", 118.3, 3, None, None]  # noqa: DTZ001
    assert [cell.data_type for cell in cells] == ["s", "d", "s", "s", "n", "n", "n", "n"]
    assert [cell.number_format for cell in cells[:6]] == ["@", "yyyy-mm-dd", "@", "@", "0.00", "0"]
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", "A1:H2")
    assert sheet.column_dimensions["C"].width > 19


@given(LINES)
def test_what_is_read_back_is_what_was_written(lines: list[Line]) -> None:
    rows = list(written(lines)["数据"].iter_rows(min_row=2, values_only=True))
    assert len(rows) == len(lines)
    for row, one in zip(rows, lines, strict=True):
        assert row[2] == one.cells["单元ID"]
        for place in (4, 5, 6, 7):
            value = one.cells[NAMES[place]]
            assert (row[place] is None) if value is None else Decimal(str(row[place])) == value
        day = row[1]
        assert isinstance(day, datetime)
        assert day.date() == one.day


def test_each_account_has_a_sheet_of_its_own_although_the_rows_come_mixed() -> None:
    book = written([*some(20, accounts=3), line({"day": DAY})], by_account=True)
    assert book.sheetnames == ["账户0", "账户1", "账户2", "无账户名称"]
    assert [sheet.max_row - 1 for sheet in book] == [7, 7, 6, 1]
    assert {row[0] for row in book["账户1"].iter_rows(min_row=2, values_only=True)} == {"账户1"}


def test_without_rows_there_is_a_sheet_with_a_header() -> None:
    book = written([], by_account=True)
    assert [[cell.value for cell in row] for row in book["数据"].iter_rows()] == [NAMES]


def test_a_text_that_is_too_long_is_cut_and_counted() -> None:
    file = io.BytesIO()
    with sheets(file, COLUMNS, NOW, by_account=False) as book:
        book.write([line({"promotion_name": "长" * 40_000}), line({"promotion_name": "短"})])
        book.end()
        assert book.cut == 1
    assert len(str(openpyxl.load_workbook(file)["数据"]["D2"].value)) == 32_767


def test_more_rows_or_accounts_than_excel_holds_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export_xlsx, "ROWS_MAX", 5)
    assert written(list(some(4)))["数据"].max_row == 5
    with pytest.raises(WrongInput, match="take fewer days, or csv"):
        written(list(some(5)))
    monkeypatch.setattr(export_xlsx, "SHEETS_MAX", 3)
    assert len(written(list(some(3)), by_account=True).sheetnames) == 3
    with pytest.raises(WrongInput, match="leave --sheet-per-account out"):
        written(list(some(4)), by_account=True)


def write_and_break(file: BinaryIO) -> None:
    with sheets(file, COLUMNS, NOW, by_account=True) as book:
        book.write(some(5))
        raise RuntimeError


def test_what_breaks_off_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    file = io.BytesIO()
    with pytest.raises(RuntimeError):
        write_and_break(file)
    assert (file.getvalue(), list(tmp_path.iterdir())) == (b"", [])


class Full(io.BytesIO):
    """A file on a disk that is full after so many bytes."""

    room = 3000

    def write(self, data: Any) -> int:  # noqa: ANN401 bytes of any kind
        if self.tell() + len(data) > self.room:
            raise OSError(28, "No space left on device")
        return super().write(data)


def test_a_full_disk_is_an_os_error_and_nothing_is_complained_about_later() -> None:
    file = Full()
    with sheets(file, COLUMNS, NOW, by_account=False) as book:
        book.write(some(500))
        with pytest.raises(OSError, match="No space left"):
            book.end()
    del book
    file.close()
    gc.collect()  # pytest makes an error of what is complained about then
