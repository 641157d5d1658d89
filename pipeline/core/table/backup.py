"""A backup of a table: fields, views with their filters, rows in write shape.

The file is text, one JSON document a line: a header, the rows, and the SHA-256 of the lines before.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from pipeline.core.errors import WrongInput
from pipeline.core.model import Key
from pipeline.core.table.cells import Field
from pipeline.core.table.layout import Layout
from pipeline.core.table.record import Record
from pipeline.core.table.write_shape import writable, write_shape

FORMAT = 1
Cells = Mapping[str, object]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Version(BaseModel):
    format: int


class SavedField(_Part):
    """A field whose cells were saved."""

    name: str
    type: int


class SavedCondition(_Part):
    """One condition of a view, by the column's name; the values of a select are names of options."""

    column: str
    operator: str
    values: tuple[str, ...]


class SavedView(_Part):
    """A view and its filter."""

    name: str
    type: str
    conjunction: str = "and"
    conditions: tuple[SavedCondition, ...] = ()


class Header(_Part):
    """The first line of a backup."""

    format: int = FORMAT
    made_at: str
    table_id: str
    why: str
    fields: tuple[SavedField, ...]
    views: tuple[SavedView, ...] = ()


class SavedRow(_Part):
    """A row: its cells by column name in write shape, and its facts."""

    record_id: str
    created_by: str | None = None
    created_ms: int = 0
    cells: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Backup:
    """A whole backup."""

    header: Header
    rows: tuple[SavedRow, ...]


def saved_row(record: Record, kinds: Mapping[str, int]) -> SavedRow:
    """A record, read with every field, as a backup keeps it; `kinds` are the saved fields' types by name."""
    return SavedRow(
        record_id=record.record_id,
        created_by=record.creator,
        created_ms=record.created_ms,
        cells=write_shape(record.cells, kinds),
    )


def saved_fields(fields: Iterable[Field]) -> tuple[SavedField, ...]:
    """The fields whose cells can be written."""
    return tuple(SavedField(name=name, type=kind) for name, kind in writable(fields).items())


def lines(header: Header, rows: Iterable[SavedRow]) -> Iterator[str]:
    """The lines of the file, each with its line break."""
    digest, count = hashlib.sha256(), 0
    for part in (header, *rows):
        line = part.model_dump_json() + "\n"
        digest.update(line.encode())
        count += 1
        yield line
    yield json.dumps({"rows": count - 1, "sha256": digest.hexdigest()}) + "\n"


def parse(text: Sequence[str]) -> Backup:
    """Read what `lines` made, with line breaks; `WrongInput` if it is damaged, cut off, or of another format."""
    if len(text) < 2:  # noqa: PLR2004 header and checksum
        raise damaged("it has no checksum")
    body = text[:-1]
    if _end(text[-1]) != (len(body) - 1, hashlib.sha256("".join(body).encode()).hexdigest()):
        raise damaged("its checksum is not that of its content")
    try:
        version = _Version.model_validate_json(body[0]).format
        if version != FORMAT:
            msg = f"the backup is of format {version}, this version knows {FORMAT}: use the version that made it"
            raise WrongInput(msg)
        rows = tuple(SavedRow.model_validate_json(line) for line in body[1:])
        return Backup(Header.model_validate_json(body[0]), rows)
    except ValidationError as error:
        raise damaged(f"a {error.title} is not of its shape") from None


def damaged(why: str) -> WrongInput:
    """The error of a damaged file."""
    return WrongInput(f"the backup is damaged: {why}; nothing was restored")


def _end(line: str) -> tuple[object, object] | None:
    try:
        end = json.loads(line)
    except ValueError:
        return None
    return (end.get("rows"), end.get("sha256")) if isinstance(end, dict) else None


@dataclass(frozen=True, slots=True)
class Comparison:
    """How a table compares with a backup."""

    create: tuple[SavedRow, ...]
    same: int  # rows that are in the table with equal cells
    kept: int  # rows whose key is in the table with other cells, which stay
    doubled: int  # further rows of a key that the backup has more than once


def comparison(layout: Layout, backup: Backup, there: Iterable[Record]) -> Comparison:
    """Compare a table with a backup.

    Args:
        layout: Our columns in the table, which tell a row's key.
        there: The table's records with every field.
    """
    kinds = {field.name: field.type for field in backup.header.fields}

    def keyed(row: SavedRow) -> tuple[Key | None, SavedRow]:
        return layout.decode(Record(row.record_id, row.cells)).key, row

    present = [keyed(saved_row(record, kinds)) for record in there]
    return compare([keyed(row) for row in backup.rows], [(key, row.cells) for key, row in present])


def compare(saved: Sequence[tuple[Key | None, SavedRow]], there: Sequence[tuple[Key | None, Cells]]) -> Comparison:
    """Compare the rows of a table with those of a backup.

    A row with a key is in the table if its key is; a person's row, without one, if an identical row is, as often.

    Args:
        saved: The backup's rows with their keys.
        there: The keys and cells of the table's rows.
    """
    present: dict[Key, Cells] = {key: cells for key, cells in reversed(there) if key}
    nameless = Counter(digest_of(cells) for key, cells in there if not key)
    create: list[SavedRow] = []
    seen: set[Key] = set()
    counts: Counter[str] = Counter()
    for key, row in saved:
        digest = digest_of(row.cells)
        if key in seen:
            counts["doubled"] += 1
        elif key in present if key else nameless[digest]:
            same = key is None or digest_of(present[key]) == digest
            counts["same" if same else "kept"] += 1
            nameless[digest] -= key is None
        else:
            create.append(row)
        seen |= {key} if key else set()
    return Comparison(tuple(create), counts["same"], counts["kept"], counts["doubled"])


def lacking(saved: Iterable[SavedField], fields: Iterable[Field]) -> list[str]:
    """Columns of a backup that a table lacks, or has in another type."""
    types = {field.name: field.type for field in fields}
    return [
        f"{one.name} (type {one.type}" + (f", here {types[one.name]})" if one.name in types else ")")
        for one in saved
        if types.get(one.name) != one.type
    ]


def digest_of(cells: Cells) -> str:
    """A digest that is equal for rows with equal cells."""
    text = json.dumps(cells, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
