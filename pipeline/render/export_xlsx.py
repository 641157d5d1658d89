"""Rows of an export as an Excel file: typed cells, written row by row in constant memory."""

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import Any, BinaryIO

import xlsxwriter
from xlsxwriter.exceptions import FileCreateError

from pipeline.core.errors import WrongInput
from pipeline.core.model import Cell
from pipeline.core.table.columns import DIGITS, Column, Kind
from pipeline.core.table.export import Line
from pipeline.render.export import sheet_name, shown

ROWS_MAX = 1_048_576  # of a sheet, its header among them
SHEETS_MAX = 500  # each keeps a file open while it is written
ONE_SHEET = "数据"
NO_ACCOUNT = "无账户名称"
WIDTHS = {Kind.TEXT: 30, Kind.ID: 22, Kind.DAY: 12, Kind.MONEY: 14, Kind.COUNT: 12, Kind.RATIO: 12}


class Sheets:
    """An Excel file being written.

    Attributes:
        cut: How many texts exceeded what a cell holds.
    """

    def __init__(self, book: Any, target: "_Target", columns: Sequence[Column], *, by_account: bool) -> None:  # noqa: ANN401 untyped library
        self.cut = 0
        self._book, self._target = book, target
        self._columns, self._by_account = columns, by_account
        self._sheets: dict[str, tuple[Any, int]] = {}  # by account: the sheet, and how many rows it has
        self._head = book.add_format({"bold": True})
        self._formats = [book.add_format({"num_format": number_format(column)}) for column in columns]

    def write(self, lines: Iterable[Line]) -> None:
        """Add rows; `WrongInput` if an Excel file cannot hold so many rows or sheets."""
        for line in lines:
            name = (line.account or NO_ACCOUNT) if self._by_account else ONE_SHEET
            sheet, row = self._sheets.get(name) or (self._begin(name), 1)
            if row >= ROWS_MAX:
                raise WrongInput(f"a sheet of Excel holds {ROWS_MAX:,} rows, these are more: take fewer days, or csv")
            for place, column in enumerate(self._columns):
                self._write(sheet, row, place, line.cells.get(column.name))
            self._sheets[name] = sheet, row + 1

    def end(self) -> None:
        """Put the file together; `OSError` if it cannot be written."""
        if not self._sheets:
            self._sheets[ONE_SHEET] = self._begin(ONE_SHEET), 1
        for sheet, rows in self._sheets.values():
            sheet.autofilter(0, 0, rows - 1, len(self._columns) - 1)
        try:
            self._book.close()
        except FileCreateError as error:
            raise error.args[0] from None  # an OSError, such as that of a full disk
        if self._target.error:
            raise self._target.error

    def _begin(self, name: str) -> Any:  # noqa: ANN401
        if len(self._sheets) >= SHEETS_MAX:
            msg = f"more than {SHEETS_MAX} accounts do not go on sheets of their own: leave --sheet-per-account out"
            raise WrongInput(msg)
        taken = {sheet.get_name().lower() for sheet, _ in self._sheets.values()}
        sheet = self._book.add_worksheet(sheet_name(name, taken))
        sheet.freeze_panes(1, 0)
        for place, (column, format_) in enumerate(zip(self._columns, self._formats, strict=True)):
            sheet.set_column(place, place, WIDTHS[column.kind], format_)
            sheet.write_string(0, place, column.name, self._head)
        return sheet

    def _write(self, sheet: Any, row: int, place: int, value: Cell) -> None:  # noqa: ANN401
        format_ = self._formats[place]
        if isinstance(value, Decimal):
            sheet.write_number(row, place, value, format_)
        elif isinstance(value, date):
            sheet.write_datetime(row, place, value, format_)
        elif text := shown(value).encode("utf-8", "replace").decode():
            # never `write`, which would make formulas of what begins with =, links of addresses, numbers of ids
            self.cut += sheet.write_string(row, place, text, format_) != 0


def number_format(column: Column) -> str:
    """How Excel shows a column: figures with their digits, ids as text."""
    if column.kind == Kind.DAY:
        return "yyyy-mm-dd"
    if column.kind not in DIGITS:
        return "@"
    return f"{0:.{column.precision}f}"


class _Target:
    """The file under the library's zip: it keeps a write error for `end` instead of raising it.

    A zip that meets the error is left half open and prints a trace when it is collected.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.seek, self.tell = file.seek, file.tell
        self.error: OSError | None = None

    def write(self, data: bytes) -> int:
        try:
            return len(data) if self.error else self._file.write(data)
        except OSError as error:
            self.error = error
            return len(data)

    def flush(self) -> None:
        """Nothing: the file's opener flushes it."""


@contextmanager
def sheets(file: BinaryIO, columns: Sequence[Column], now: datetime, *, by_account: bool) -> Iterator[Sheets]:
    """An Excel file to write rows to; nothing is in `file` before `end`.

    Args:
        now: When it is made; the file says so.
        by_account: Whether each account has a sheet of its own.
    """
    target = _Target(file)
    with tempfile.TemporaryDirectory(prefix="laike-export-") as folder:
        book = xlsxwriter.Workbook(target, {"constant_memory": True, "tmpdir": folder})
        book.use_zip64()
        book.set_properties({"created": now.replace(tzinfo=None)})
        try:
            yield Sheets(book, target, columns, by_account=by_account)
        finally:
            for sheet in book.worksheets():  # where it was not put together: closed by nobody else
                sheet.row_data_fh.close()
