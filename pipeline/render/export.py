"""Rows of an export as bytes of a csv or jsonl file, and the names of an Excel file's sheets.

The csv is text that says what the table says; the one thing added is the apostrophe of `safe`. In jsonl ids, money and
ratios are strings, as exact as they are in the table, and counts are integers.
"""

import csv
import io
import json
import re
from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal
from typing import Literal

from pipeline.core.model import Cell
from pipeline.core.table.columns import Column, Kind
from pipeline.core.table.export import Line

Format = Literal["csv", "xlsx", "jsonl"]
BOM = "\ufeff".encode()  # without it Excel reads a csv in the code page of its system and garbles 汉字
# With these a formula begins (OWASP, CSV Injection), with the full-width ones on Chinese and Japanese systems.
FORMULA_SIGNS = frozenset("=+-@＝＋－＠")
SHEET_NAME_MAX = 31  # in UTF-16 units, as Excel counts
_NOT_IN_SHEET_NAMES = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
_RESERVED = "history"  # Excel keeps this name for itself


def csv_head(columns: Sequence[Column]) -> bytes:
    """The beginning of a csv file: the byte order mark and the names of the columns."""
    return BOM + _csv([[safe(column.name) for column in columns]])


def csv_rows(columns: Sequence[Column], lines: Iterable[Line]) -> bytes:
    """Rows of a csv file, each ended by CR LF."""
    return _csv([_csv_cell(column, line.cells.get(column.name)) for column in columns] for line in lines)


def jsonl_rows(columns: Sequence[Column], lines: Iterable[Line]) -> bytes:
    """Rows of a jsonl file: an object each, with every column in order, `null` where a cell is empty."""
    documents = (_document(columns, line) for line in lines)
    return "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in documents).encode("utf-8", "replace")


def safe(text: str) -> str:
    """A text for a cell of a csv: one that a spreadsheet might run as a formula gets an apostrophe in front.

    A text that begins with an apostrophe gets one, too: without the first one it is always what it was.
    """
    risky = text[:1] in ("'", "\t", "\r", "\n") or text.lstrip()[:1] in FORMULA_SIGNS
    return f"'{text}" if text and risky else text


def shown(value: Cell) -> str:
    """A value as text: figures with all their digits, days as 2026-02-11, nothing for an empty cell."""
    if value is None:
        return ""
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def is_count(column: Column) -> bool:
    """Whether the column's figures are whole numbers."""
    return column.kind == Kind.COUNT and column.precision == 0


def sheet_name(wanted: str, taken: Collection[str]) -> str:
    """The nearest name that Excel accepts for a sheet; `taken` is in lower case, since Excel ignores case."""
    text = _NOT_IN_SHEET_NAMES.sub(" ", _whole(wanted)).strip(" '") or "-"
    number, name = 1, _cut(text, "")
    while name.lower() in taken or name.lower() == _RESERVED:
        number += 1
        name = _cut(text, f" ({number})")
    return name


def _cut(text: str, ending: str) -> str:
    space = SHEET_NAME_MAX - len(ending)
    kept = text.encode("utf-16-le")[: 2 * space].decode("utf-16-le", "ignore")
    return kept.rstrip(" '") + ending


def _whole(text: str) -> str:
    """A text with lone surrogates replaced, which no file can hold."""
    return text.encode("utf-8", "replace").decode()


def _csv(rows: Iterable[Sequence[str]]) -> bytes:
    made = io.StringIO(newline="")
    csv.writer(made, quoting=csv.QUOTE_ALL).writerows(rows)  # programs differ in which fields need quotes
    return made.getvalue().encode("utf-8", "replace")


def _csv_cell(column: Column, value: Cell) -> str:
    return safe(shown(value)) if column.kind in (Kind.TEXT, Kind.ID) else shown(value)


def _document(columns: Sequence[Column], line: Line) -> dict[str, str | int | None]:
    return {column.name: _json_value(column, line.cells.get(column.name)) for column in columns}


def _json_value(column: Column, value: Cell) -> str | int | None:
    if value is None:
        return None
    return int(value) if isinstance(value, Decimal) and is_count(column) else shown(value)
