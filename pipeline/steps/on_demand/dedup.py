"""Find rows of one key, ask the source which is right and, if a person agrees, clean them up."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import structlog

from pipeline.clients.feishu.base import Base
from pipeline.clients.feishu.records import DELETE_BATCH
from pipeline.clients.oceanengine.reports import read_report
from pipeline.context import Context
from pipeline.core.errors import LaikeError
from pipeline.core.model import Account, DayRange, Key, ReportRow, WantedRow, blocks
from pipeline.core.runs.plan import BLOCK_DAYS, choose_accounts
from pipeline.core.runs.quality import settle_shared_keys
from pipeline.core.table.cells import Field
from pipeline.core.table.columns import metrics_of
from pipeline.core.table.duplicates import Copy, LeftAlone, Plan, copies, resolve, same_as, sorted_out
from pipeline.core.table.layout import Layout
from pipeline.core.table.record import Record
from pipeline.core.table.write_shape import writable
from pipeline.steps.accounts.roster import current_accounts
from pipeline.steps.coverage.in_tables import group_of
from pipeline.steps.table.read import layout_now, read_everything
from pipeline.steps.table.save import save_copies
from pipeline.steps.table.write import batches, until_known, write_batches

WHY = "dedup"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Doubled:
    """The keys with more than one row, a plan for each, and what the source could not be asked."""

    plans: tuple[Plan, ...]
    ours: str | None  # who the table says created our rows
    wanted: Mapping[Key, WantedRow]  # the source's rows
    unasked: tuple[str, ...]  # why the source could not be asked
    days: DayRange | None  # `None`: the whole table
    left: tuple[LeftAlone, ...] = ()  # keys with more than one row that are not ours to clean

    @property
    def none(self) -> bool:
        """Whether no key has more than one row, except people's."""
        return not self.plans and all(one.certain for one in self.left)


@dataclass(frozen=True, slots=True)
class Cleaned:
    """Rows removed, rows that took cells over, keys left as they were, the backups."""

    removed: int = 0
    merged: int = 0
    left: tuple[Key, ...] = ()
    files: tuple[Path, ...] = ()


def joined(found: Sequence[Doubled]) -> Doubled:
    """What was found in all tables together; for one alone, the same."""
    first = found[0]
    return Doubled(
        plans=tuple(plan for one in found for plan in one.plans),
        ours=first.ours,
        wanted={key: row for one in found for key, row in one.wanted.items()},
        unasked=tuple(dict.fromkeys(words for one in found for words in one.unasked)),
        days=first.days,
        left=tuple(left for one in found for left in one.left),
    )


def all_cleaned(done: Sequence[Cleaned]) -> Cleaned:
    """What was cleaned in all tables together."""
    return Cleaned(
        removed=sum(one.removed for one in done),
        merged=sum(one.merged for one in done),
        left=tuple(key for one in done for key in one.left),
        files=tuple(file for one in done for file in one.files),
    )


def look(ctx: Context, days: DayRange | None) -> Doubled:
    """Find the rows of one key in some days, or in the whole table, and plan which one stays.

    Raises:
        TableMismatch: The table's columns are not what we write.
    """
    base = ctx.base(None)
    layout, fields = layout_now(ctx, base)
    ours = ctx.base_facts.creator()
    same, left = sorted_out(_own_copies(ctx, base, layout, fields, days), ours, ctx.report)
    wanted, unasked = _ask_source(ctx, layout, same) if same else ({}, ())
    plans = tuple(resolve(key, rows, wanted.get(key)) for key, rows in sorted(same.items()))
    return Doubled(plans, ours, wanted, unasked, days, left)


def clean(ctx: Context, doubled: Doubled) -> Cleaned:
    """Carry out the plans: back up, merge, delete, read back. Rows that changed meanwhile are left.

    Raises:
        LaikeError: As the service says, or the backup cannot be written; another clean does the rest.
    """
    if not doubled.plans:
        return Cleaned()
    with ctx.writing() as base:
        layout, fields = layout_now(ctx, base)
        work = _Clean(ctx, base, layout, fields, doubled)
        until_known(work.do, ctx.pause)
    there = _records(base, layout, doubled.days)
    ids = {record.record_id for record in there}
    left = work.agreed.keys() & copies(layout, there, writable(fields)).keys()
    return Cleaned(len(work.saved - ids), len(work.merged), tuple(sorted(left)), tuple(work.files))


class _Clean:
    """One clean at work: the agreed plans, and the rows saved so far."""

    def __init__(self, ctx: Context, base: Base, layout: Layout, fields: Sequence[Field], doubled: Doubled) -> None:
        self.ctx, self.base, self.layout, self.fields = ctx, base, layout, fields
        self.agreed, self.wanted = {plan.key: plan for plan in doubled.plans}, doubled.wanted
        self.ours = doubled.ours
        self.days = doubled.days
        self.saved: set[str] = set()
        self.merged: set[str] = set()
        self.files: list[Path] = []

    def do(self) -> None:
        """Read again, and carry out the plans that are still the agreed ones."""
        found = _own_copies(self.ctx, self.base, self.layout, self.fields, self.days)
        same, _ = sorted_out(found, self.ours, self.ctx.report)
        now = [resolve(key, rows, self.wanted.get(key)) for key, rows in same.items() if key in self.agreed]
        plans = [plan for plan in now if same_as(plan, self.agreed[plan.key])]
        gone = [one for plan in plans for one in plan.remove]
        if not gone:
            return
        self._save([one for one in gone if one.row.record_id not in self.saved])
        self.ctx.writes.begin_writing()
        records = self.base.records()
        merges = [(plan.keep.row.record_id, plan.merge) for plan in plans if plan.merge]
        self.merged |= {record_id for record_id, _ in merges}
        write_batches(merges, self.ctx.batch_size, records.batch_update)
        for ids in batches([one.row.record_id for one in gone], DELETE_BATCH):
            records.batch_delete(ids)

    def _save(self, gone: Sequence[Copy]) -> None:
        if gone:
            self.files.append(save_copies(self.ctx, self.fields, gone, WHY))
            self.saved |= {one.row.record_id for one in gone}


def _own_copies(
    ctx: Context, base: Base, layout: Layout, fields: Sequence[Field], days: DayRange | None
) -> dict[Key, tuple[Copy, ...]]:
    """The rows of each key; rows of days that another table holds are nobody's to clean."""
    chain = ctx.chain
    found = copies(layout, _records(base, layout, days), writable(fields))
    wanted = (key for key in found if (days is None or key.day in days) and chain.table_of(key.day) == base.table_id)
    return {key: found[key] for key in wanted}


def _records(base: Base, layout: Layout, days: DayRange | None) -> list[Record]:
    return read_everything(base, list(layout.day_filters(days)) if days else (None,))


def _ask_source(
    ctx: Context, layout: Layout, same: Mapping[Key, Sequence[Copy]]
) -> tuple[dict[Key, WantedRow], tuple[str, ...]]:
    """The source's rows of the doubled keys, and why parts of it could not be asked."""
    days: dict[str, set[date]] = defaultdict(set)
    for key, rows in same.items():
        for one in rows:
            days[one.row.account_name].add(key.day)
    try:
        accounts = {
            one.id: one for one in choose_accounts(group_of(ctx, current_accounts(ctx).names), []) if one.name in days
        }
    except LaikeError as error:
        return {}, (error.message,)
    rows_, unasked = _reports(ctx, accounts.values(), days)
    settled, _ = settle_shared_keys(rows_)
    return {row.key: layout.want(row, accounts[row.account_id]) for row in settled if row.key in same}, unasked


def _reports(
    ctx: Context, accounts: Iterable[Account], days: Mapping[str, set[date]]
) -> tuple[list[ReportRow], tuple[str, ...]]:
    api, rows, unasked = ctx.oceanengine(None), [], []
    metrics = metrics_of(ctx.settings.columns)
    for account in accounts:
        for block in blocks(days[account.name], BLOCK_DAYS):
            try:
                rows += read_report(api, ctx.report, account.id, block, metrics)
            except LaikeError as error:
                log.warning("source_not_asked", account=account.id, error=error.message)
                unasked.append(f"{account.name}: {error.message}")
    return rows, tuple(unasked)
