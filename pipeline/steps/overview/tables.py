"""Show the tables as Redis knows them, or count them anew."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from pipeline.context import Context
from pipeline.core.model import china_day
from pipeline.core.overview.registers.tables import TablesPage, as_known, details_of
from pipeline.core.rollover.forecast import boundary
from pipeline.core.rollover.split import Split
from pipeline.core.rollover.tables import Tables
from pipeline.core.table.limits import rows_warning
from pipeline.core.tables.further import FurtherTable
from pipeline.core.tables.groups import accounts_of
from pipeline.steps.accounts.roster import remembered_accounts
from pipeline.steps.coverage.known_tables import known_tables_of
from pipeline.steps.on_demand.tables import listed
from pipeline.steps.overview.hindrances import stops


@dataclass(frozen=True, slots=True)
class FurtherTables:
    """A further table of the settings with its successors.

    Attributes:
        accounts: How many accounts have rows in it; `None`: none are remembered.
        page: `None`: nobody knows it, since it was not made.
    """

    table: FurtherTable
    accounts: int | None
    page: TablesPage | None


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


def further_tables(ctx: Context, *, anew: bool = False) -> list[FurtherTables]:
    """Each further table of the settings, as `known_tables` says, or `counted_tables` if they are counted anew."""
    read, listed_now = counted_tables if anew else known_tables, remembered_accounts(ctx)
    return [
        FurtherTables(
            table,
            len(accounts_of(table, ctx.settings.tables, listed_now.names)) if listed_now else None,
            read(here) if here else None,
        )
        for table, here in known_tables_of(ctx)
    ]


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
