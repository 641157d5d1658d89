"""Foretell a table's successor at the end of a run, from what runs learned: no call is made before there is news."""

from collections.abc import Iterator, Mapping
from datetime import date

import structlog

from pipeline.clients.feishu.tables import as_fields
from pipeline.context import Context
from pipeline.core.chain import Chain
from pipeline.core.errors import LaikeError
from pipeline.core.model import china_day
from pipeline.core.outcome import Run
from pipeline.core.rollover.forecast import foretold
from pipeline.core.rollover.naming import successor_name
from pipeline.core.rollover.split import Split
from pipeline.core.rollover.successor import LeftBehind, left_behind
from pipeline.core.rollover.words import (
    details_due,
    foretold_details,
    foretold_line,
    not_foretold_line,
    tables_warning,
    withdrawn_line,
)
from pipeline.core.run_kind import RunKind
from pipeline.steps.rollover.announce import announce, withdraw
from pipeline.steps.rollover.registry import row_counts, write_rows
from pipeline.steps.table.read import match_fields, time_zone

log = structlog.get_logger()


def foretell(ctx: Context, run: Run, counts: Mapping[date, int], of_day: int) -> tuple[str, ...]:
    """What a run tells of the successor of its table: when it comes, or that it does not.

    Args:
        counts: Rows of the run's table by the day of the count.
        of_day: Rows of the run's day.
    """
    chain, today = ctx.chain, china_day(ctx.now())
    if run.table_id != chain.newest.table_id or (today - run.day).days != 1:
        return ()
    told = chain.announced.first if chain.announced else None
    first = _first(ctx, chain, counts, of_day, today)
    if first is None and told is None:
        return ()
    try:
        return tuple(_told(ctx, chain, first, today))
    except LaikeError as error:
        log.warning("successor_not_foretold", error=error.message)
        return (not_foretold_line(error.what_to_do),)


def _first(ctx: Context, chain: Chain, counts: Mapping[date, int], of_day: int, today: date) -> date | None:
    """The first day that is announced from now on; what a person announced stays."""
    settings, there = ctx.settings, chain.announced
    told = there.first if there else None
    if there and there.by_hand and settings.table_split is not Split.NONE:
        return told
    before = ctx.at_table(chain.ids[-2]).table_facts.rows() if len(chain.ids) > 1 else {}
    return foretold(
        told,
        settings.table_split,
        counts,
        settings.table_max_rows,
        of_day,
        coming=today,
        today=today,
        before=before,
    )


def _told(ctx: Context, chain: Chain, first: date | None, today: date) -> Iterator[str]:
    there = chain.announced
    if first is None:
        withdraw(ctx)
        if there and there.first:
            yield withdrawn_line(there.name, there.first)
        return
    new = not there or there.first != first
    if new:
        names = ctx.base(None).tables.ids()
        root = next((name for name, table_id in names.items() if table_id == chain.root), chain.tables[0].name)
        chain = announce(ctx, first, successor_name(root, first, names.keys()), row_counts(ctx, chain))
        there = chain.announced
        yield from filter(None, [tables_warning(len(names))])
    name = there.name if there else ""
    if not details_due(first, today, new=new):
        yield foretold_line(first, name, today)
    else:
        left = stays_behind(ctx)
        yield from foretold_details(first, name, chain.newest.name, today, columns=left.columns, linked=left.linked)


def show_rows(ctx: Context, run: Run) -> None:
    """Bring the row counts in the registry up to date, where there is one: once a day, with the settling run."""
    if run.chain is None or run.kind is not RunKind.SETTLE:
        return
    try:
        with ctx.writing() as base:
            ctx.writes.begin_writing()
            chain = ctx.chains.chain()
            ctx.chains.learn(write_rows(ctx, base, chain, row_counts(ctx, chain)))
    except LaikeError as error:
        log.warning("rows_not_shown", error=error.message)


def stays_behind(ctx: Context) -> LeftBehind:
    """What people added to our newest table, which its successor does not get."""
    here, base = ctx.at_table(ctx.chain.newest.table_id), ctx.base(None)
    described = base.tables.described(here.settings.bitable_table_id)
    return left_behind(described, match_fields(here, as_fields(described), time_zone(ctx, base)))
