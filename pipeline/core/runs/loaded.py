"""The outcome of a load: counts, restatements, edits by hand, what was not written and why."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol

from pipeline.core.model import AccountDay, Key, WantedRow
from pipeline.core.outcome import LoadOutcome, Shift
from pipeline.core.runs.quality import refusals
from pipeline.core.runs.shared_keys import Shared
from pipeline.core.runs.source import Ready, Source
from pipeline.core.table.column_changes import LastFields, is_new
from pipeline.core.table.diff import Causes, Change
from pipeline.core.table.layout import Layout


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What a load worked on, and how far it came."""

    wanted: Sequence[WantedRow]
    layout: Layout
    done: Mapping[Key, Change]  # what was changed, or would be in a dry run
    refused: Mapping[Key, str]  # rows that the table does not take, and why
    shared: Shared
    ready: Ready
    days: Collection[date]
    fields: int

    @property
    def in_table(self) -> dict[Key, Change]:
        """The changes, without refused rows."""
        return {key: change for key, change in self.done.items() if key not in self.refused}


class Covered(Protocol):
    """What coverage keeps of a day."""

    @property
    def cost(self) -> str:
        """消耗 in 元."""

    @property
    def checksum(self) -> str:
        """Of the source's figures."""

    @property
    def as_of(self) -> datetime:
        """When they were read."""


@dataclass(frozen=True, slots=True)
class LastLoad:
    """What was last loaded of the days of a load, and the fields that it was written into.

    `checksums`: only those of the same metrics.
    """

    checksums: Mapping[AccountDay, str]
    costs: Mapping[AccountDay, Decimal]
    as_of: Mapping[AccountDay, datetime]
    fields: LastFields

    def is_new(self, layout: Layout) -> Callable[[AccountDay, str], bool]:
        """Tells whether a column has another field now than when an account's day was last loaded."""
        return is_new(self.fields, layout, self.as_of)


def last_load(covered: Mapping[AccountDay, Covered], source: Source, fields: LastFields) -> LastLoad:
    """The last load by what coverage keeps of the days of `source`."""
    return LastLoad(
        {at: one.checksum for at, one in covered.items() if source.comparable(one.checksum)},
        {at: Decimal(one.cost) for at, one in covered.items()},
        {at: one.as_of for at, one in covered.items()},
        fields,
    )


def load_outcome(
    work: Written, why: Causes, costs: Mapping[AccountDay, Decimal], column_warnings: Iterable[str]
) -> LoadOutcome:
    """The outcome of a load; `costs` are the 消耗 (元) of each day as it was last loaded."""
    source, outdated, done = work.ready.source, work.ready.outdated, work.in_table
    created = sum(change.created for change in done.values())
    return LoadOutcome(
        created=created,
        updated=len(done) - created,
        unchanged=sum(row.key not in done and row.key not in work.refused for row in work.wanted),
        restated=why.restated,
        shifts=_shifts(source, why.restated, costs),
        fields=work.fields,
        days=tuple(sorted({*work.days, *(at.day for at in outdated)})),
        edited=why.edited,
        conflicts=tuple(sorted({*source.conflicts, *work.shared.conflicts})),
        doubts=work.shared.doubts,
        shared=len(work.shared.keys),
        outdated=tuple(sorted(outdated)),
        stale=work.ready.stale,
        refused=refusals((row, work.refused[row.key]) for row in work.wanted if row.key in work.refused),
        warnings=(*column_warnings, *_by_hand(why), *work.shared.warnings),
    )


def _by_hand(why: Causes) -> Sequence[str]:
    edited = [f"{why.edited:,} 行被人工改动，已恢复为数据源的值"] if why.edited else []
    return [*edited, f"{why.recreated:,} 行曾被人工删除，已重新写入"] if why.recreated else edited


def _shifts(source: Source, restated: Iterable[AccountDay], costs: Mapping[AccountDay, Decimal]) -> tuple[Shift, ...]:
    return tuple(
        Shift(account_id=at.account_id, day=at.day, before=costs[at], after=source.costs[at]) for at in restated
    )
