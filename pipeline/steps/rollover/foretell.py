"""Foretell a table's successor at the end of a run, from what runs learned: no call is made before there is news."""

from collections.abc import Mapping
from datetime import date

import structlog

from pipeline.clients.feishu.tables import as_fields
from pipeline.context import Context
from pipeline.core.chain import Chain
from pipeline.core.errors import LaikeError
from pipeline.core.model import china_day
from pipeline.core.outcome import Run
from pipeline.core.rollover.forecast import foretold, successor_name, tables_warning
from pipeline.core.rollover.split import Split
from pipeline.core.rollover.successor import LeftBehind, left_behind
from pipeline.core.rollover.words import foretold_details, foretold_line, not_foretold_line, withdrawn_line
from pipeline.steps.rollover.announce import announce, withdraw
from pipeline.steps.table.read import match_fields, time_zone

DETAILS_DAYS = (14, 7, 1)  # before the day, what people must see to is told again

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
    before = ctx.at_table(chain.ids[-2]).table_facts.rows() if len(chain.ids) > 1 else {}
    settings = ctx.settings
    first = foretold(told, settings.table_split, counts, settings.table_max_rows, of_day, today, today, before)
    if first is None and chain.announced and chain.announced.by_hand and settings.table_split is not Split.NONE:
        first = told
    if first is None and told is None:
        return ()
    try:
        return _told(ctx, chain, first, today)
    except LaikeError as error:
        log.warning("successor_not_foretold", error=error.message)
        return (not_foretold_line(error.what_to_do),)


def _told(ctx: Context, chain: Chain, first: date | None, today: date) -> tuple[str, ...]:
    there = chain.announced
    if first is None:
        withdraw(ctx)
        return (withdrawn_line(there.name, there.first),) if there and there.first else ()
    if there and there.first == first:
        line = foretold_line(first, there.name, today)
        return (line, *_details(ctx, first, there.name)) if (first - today).days in DETAILS_DAYS else (line,)
    names = ctx.base(None).tables.ids()
    root = next((name for name, table_id in names.items() if table_id == chain.root), chain.tables[0].name)
    name = successor_name(root, first, names.keys())
    rows = {one: counts[max(counts)] for one in chain.ids if (counts := ctx.at_table(one).table_facts.rows())}
    announce(ctx, first, name, rows)
    full = tables_warning(len(names))
    return (foretold_line(first, name, today), *_details(ctx, first, name), *([full] if full else []))


def _details(ctx: Context, first: date, name: str) -> tuple[str, ...]:
    return foretold_details(first, name, stays_behind(ctx))


def stays_behind(ctx: Context) -> LeftBehind:
    """What people added to our newest table, which its successor does not get."""
    here, base = ctx.at_table(ctx.chain.newest.table_id), ctx.base(None)
    described = base.tables.described(here.settings.bitable_table_id)
    return left_behind(described, match_fields(here, as_fields(described), time_zone(ctx, base)))
