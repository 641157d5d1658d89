"""Revisions: figures that changed in the table after they were first loaded, and why.

A log of them is text, a row of the table a line, so that a page finds a few among many without reading all of them.
"""

import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Self

from pipeline.core.model import AccountDay, Key, WantedRow
from pipeline.core.table.columns import DIGITS, Column, name_column
from pipeline.core.table.diff import Change, refills

_DAY_AT = 3  # where a line has its day: after the cause, a bracket and a quote
_ACCOUNT_AT = 15  # and where the account id, with its quotes


class Cause(StrEnum):
    """Why a figure was changed; the values begin lines."""

    RESTATED = "r"  # the source says something else than when the day was last loaded
    EDITED = "e"  # the table differs, the source does not: a person's edit was replaced
    UNCLEAR = "u"  # nobody knows what the source said when the day was last loaded


@dataclass(frozen=True, slots=True)
class Figure:
    """One changed cell: its column, its text before and after; an empty or unreadable cell is an empty text."""

    column: str
    old: str
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """The changed figures of one row."""

    day: date
    account_id: str
    item_id: str
    item_name: str
    cause: Cause
    figures: tuple[Figure, ...]


def revisions(
    done: Iterable[Change],
    columns: Sequence[Column],
    rows: Iterable[WantedRow],
    why: Callable[[AccountDay], Cause],
    is_new: Callable[[AccountDay, str], bool],
) -> Iterator[Revision]:
    """The revisions among changes: no created rows, no texts, no cells that a column with a new field lacked.

    Args:
        rows: The rows as the table should hold them, for the names of their items.
        why: The cause of an account's day.
        is_new: Whether a column has another field now than when the day was last loaded.
    """
    names, figures = _names(columns, rows), {column.name for column in columns if column.kind in DIGITS}
    for change in done:
        wanted = () if change.created else figures - refills(change, is_new)
        changed = tuple(Figure(name, change.old[name], new) for name, new in change.new.items() if name in wanted)
        if changed:
            yield Revision(
                day=change.key.day,
                account_id=change.account_id,
                item_id=change.key.item_id,
                item_name=names.get(change.key, ""),
                cause=why(change.at),
                figures=changed,
            )


def _names(columns: Sequence[Column], rows: Iterable[WantedRow]) -> dict[Key, str]:
    """The names of the rows' items, if a column has them."""
    named = name_column(columns)
    return {row.key: str(row.cells[named] or "") for row in rows} if named else {}


def cause_by(source: Mapping[AccountDay, str], loaded: Mapping[AccountDay, str]) -> Callable[[AccountDay], Cause]:
    """Tells the cause by the checksums of the source's figures now, and of what was last loaded."""

    def cause(at: AccountDay) -> Cause:
        now, before = source.get(at), loaded.get(at)
        if now is None or before is None:
            return Cause.UNCLEAR
        return Cause.EDITED if now == before else Cause.RESTATED

    return cause


def line_of(revision: Revision) -> str:
    """A revision as a line."""
    figures = [[one.column, one.old, one.new] for one in revision.figures]
    row = [revision.day.isoformat(), revision.account_id, revision.item_id, revision.item_name, figures]
    return revision.cause + json.dumps(row, ensure_ascii=False, separators=(",", ":"))


def revision_of(line: str) -> Revision:
    """The revision of `line_of`'s line."""
    day, account_id, item_id, name, figures = json.loads(line[1:])
    return Revision(
        day=date.fromisoformat(day),
        account_id=account_id,
        item_id=item_id,
        item_name=name,
        cause=Cause(line[0]),
        figures=tuple(Figure(*one) for one in figures),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What is said of a batch of a run before its revisions.

    Attributes:
        at: When the changes were made.
        written: Whether they are in the table for sure; if not, the load was killed or failed, or is still at it.
        first, last: The oldest and the newest day among them (ISO).
    """

    run_id: str
    at: datetime
    written: bool
    rows: int
    first: str
    last: str


@dataclass(frozen=True, slots=True)
class Batch:
    """The revisions of a batch, compressed."""

    head: Head
    packed: bytes

    @classmethod
    def of(cls, head: Head, lines: Iterable[str]) -> Self:
        """Compress lines; half a character becomes a question mark."""
        return cls(head, zlib.compress("\n".join(lines).encode("utf-8", "replace"), level=6))

    def lines(self) -> list[str]:
        """Its revisions, each as a line."""
        return zlib.decompress(self.packed).decode().split("\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """What somebody looks for among revisions.

    Attributes:
        day, cause: `None`: any.
        account_ids: `None`: any account; otherwise one of these.
        text: Part of a promotion's name or id.
    """

    day: date | None = None
    account_ids: frozenset[str] | None = None
    cause: Cause | None = None
    text: str = ""

    def in_batch(self, head: Head) -> bool:
        """Whether a batch may have some."""
        return self.day is None or head.first <= self.day.isoformat() <= head.last

    def among(self, lines: Sequence[str]) -> Sequence[str]:
        """The lines that match."""
        if self.cause:
            lines = [line for line in lines if line.startswith(self.cause)]
        if self.day:
            day = self.day.isoformat()
            lines = [line for line in lines if line.startswith(day, _DAY_AT)]
        if self.account_ids is not None:
            accounts = {json.dumps(one, ensure_ascii=False) for one in self.account_ids}
            lines = [line for line in lines if line[_ACCOUNT_AT : line.find('",', _ACCOUNT_AT) + 1] in accounts]
        return self._with_text(lines) if self.text else lines

    def _with_text(self, lines: Sequence[str]) -> list[str]:
        text = self.text.casefold()
        near = json.dumps(text, ensure_ascii=False)[1:-1]
        return [line for line in lines if near in line.casefold() and _named(line, text)]


def _named(line: str, text: str) -> bool:
    _, _, item_id, name, _ = json.loads(line[1:])
    return text in name.casefold() or text in item_id
