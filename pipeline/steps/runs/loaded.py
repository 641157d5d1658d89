"""What a load did, for its outcome: counts, restatements told from edits by hand, what was not written and why."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from pipeline.context import Context
from pipeline.core.model import AccountDay, Key, WantedRow
from pipeline.core.outcome import LoadOutcome, Shift
from pipeline.core.runs.quality import refusals
from pipeline.core.table.diff import Causes, Change, causes
from pipeline.core.table.layout import Layout
from pipeline.state.coverage.coverage import Loaded
from pipeline.steps.runs.fetched import Source
from pipeline.steps.runs.ready import Ready
from pipeline.steps.runs.shared_keys import Shared
from pipeline.steps.table.columns import column_warnings, is_new


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


def outcome_of(ctx: Context, work: Written) -> LoadOutcome:
    """The outcome of a load."""
    source, outdated = work.ready.source, work.ready.outdated
    done = {key: change for key, change in work.done.items() if key not in work.refused}
    covered, fields = ctx.coverage.at(source.days), ctx.table_facts.columns()
    loaded = {at: known.checksum for at, known in covered.items() if source.comparable(known.checksum)}
    why = causes(done.values(), source.digests, loaded, is_new(fields, work.layout, covered))
    created = sum(change.created for change in done.values())
    return LoadOutcome(
        created=created,
        updated=len(done) - created,
        unchanged=sum(row.key not in done and row.key not in work.refused for row in work.wanted),
        restated=why.restated,
        shifts=_shifts(source, why.restated, covered),
        fields=work.fields,
        days=tuple(sorted({*work.days, *(at.day for at in outdated)})),
        edited=why.edited,
        conflicts=tuple(sorted({*source.conflicts, *work.shared.conflicts})),
        doubts=work.shared.doubts,
        shared=len(work.shared.keys),
        outdated=tuple(sorted(outdated)),
        stale=work.ready.stale,
        refused=refusals((row, work.refused[row.key]) for row in work.wanted if row.key in work.refused),
        warnings=(*column_warnings(fields, work.layout, why), *_by_hand(why), *work.shared.warnings),
    )


def _by_hand(why: Causes) -> Sequence[str]:
    edited = [f"{why.edited:,} 行被人工改动，已恢复为数据源的值"] if why.edited else []
    return [*edited, f"{why.recreated:,} 行曾被人工删除，已重新写入"] if why.recreated else edited


def _shifts(source: Source, restated: Iterable[AccountDay], covered: Mapping[AccountDay, Loaded]) -> tuple[Shift, ...]:
    return tuple(
        Shift(account_id=at.account_id, day=at.day, before=Decimal(covered[at].cost), after=source.costs[at])
        for at in restated
    )
