"""Show the tables as Redis knows them, or count them anew."""

from collections.abc import Mapping
from datetime import date

from pipeline.context import Context
from pipeline.core.model import china_day
from pipeline.core.overview.registers.tables import TablesPage, as_known, details_of
from pipeline.core.rollover.forecast import boundary
from pipeline.core.rollover.split import Split
from pipeline.core.rollover.tables import Tables
from pipeline.core.table.limits import rows_warning
from pipeline.steps.on_demand.tables import listed
from pipeline.steps.overview.hindrances import stops

Counts = Mapping[str, Mapping[date, int]]


def known_tables(ctx: Context) -> TablesPage:
    """The tables without a call: rows as last counted."""
    ctx = ctx.pinned()
    chain = ctx.chain
    counts = {table_id: ctx.at_table(table_id).table_facts.rows() for table_id in chain.ids}
    links = {table_id: ctx.at_table(table_id).settings.table_url for table_id in chain.ids}
    forecast = None if chain.announced else _forecast(ctx, counts)
    found = as_known(chain, counts, links, cap=ctx.settings.table_max_rows, forecast=forecast)
    return _page(ctx, found, {one: max(of) for one, of in counts.items() if of}, asked=False)


def counted_tables(ctx: Context) -> TablesPage:
    """The tables as the base has them now, rows counted and remembered: some calls.

    Raises:
        LaikeError: As the service says.
    """
    found, today = listed(ctx), china_day(ctx.now())
    for table in found.tables:
        if table.rows is not None:
            ctx.at_table(table.table_id).table_facts.learn_rows(today, table.rows, counted=True)
    return _page(ctx, found, {one.table_id: today for one in found.tables if one.rows is not None}, asked=True)


def _page(ctx: Context, found: Tables, counted: Mapping[str, date], *, asked: bool) -> TablesPage:
    told, splits = ctx.chain.announced, ctx.settings.table_split is not Split.NONE
    counts = ctx.at_table(ctx.chain.newest.table_id).table_facts.rows()
    cap = ctx.settings.table_max_rows
    return TablesPage(
        found=found,
        counted=counted,
        details=details_of(found, china_day(ctx.now())),
        asked=asked,
        may_split=splits,
        stops=stops(ctx),
        warning=rows_warning(counts, cap, successor=told.first if told else None, rolls_over=splits),
    )


def _forecast(ctx: Context, counts: Counts) -> date | None:
    """The first day of the next successor by the counts alone."""
    ids, settings = ctx.chain.ids, ctx.settings
    before = counts[ids[-2]] if len(ids) > 1 else {}
    coming = china_day(ctx.now())
    return boundary(settings.table_split, counts[ids[-1]], settings.table_max_rows, 0, coming, before=before)
