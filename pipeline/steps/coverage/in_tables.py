"""Plan a run in every table: one in trouble does not hold up the others."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import structlog

from pipeline.context import Context
from pipeline.core.errors import LaikeError
from pipeline.core.model import Account
from pipeline.core.outcome import Run
from pipeline.core.tables.further import FurtherTable
from pipeline.core.tables.groups import accounts_of
from pipeline.steps.accounts.roster import choose
from pipeline.steps.coverage.rebuild import with_coverage
from pipeline.steps.rollover.further import on_further

log = structlog.get_logger()


def in_every_table(
    ctx: Context, names: Mapping[str, str], chosen: Sequence[str], planned: Callable[[Context], Run]
) -> Run:
    """A run in the table of `LAIKE_BITABLE_TABLE_ID` and in each further one; tables without accounts are left out.

    Args:
        names: All accounts, id → name.
        chosen: The accounts that are asked for; none: all.
        planned: Plans the run in one table.
    """
    runs = [planned(ctx)]
    accounts = choose(ctx, names, chosen) if ctx.settings.tables else ()
    for table in ctx.settings.tables:
        try:
            runs.append(planned(_on(ctx, names, table)))
        except LaikeError as error:
            log.warning("table_in_trouble", table=table.name, error=error.message)
            ours = accounts_of(table, ctx.settings.tables, names)
            runs.append(_halted(runs[0], table, [one for one in accounts if one.id in ours], error))
    begun, *further = [one for one in runs if one.accounts] or runs[:1]
    return replace(begun, further=tuple(further))


def in_table(ctx: Context, names: Mapping[str, str], table: FurtherTable) -> Context | None:
    """The context on a further table, its coverage rebuilt if Redis was emptied; `None`: it is in trouble."""
    try:
        return _on(ctx, names, table)
    except LaikeError as error:
        log.warning("table_in_trouble", table=table.name, error=error.message)
        return None


def group_of(ctx: Context, names: Mapping[str, str]) -> dict[str, str]:
    """The accounts, id → name, whose rows go into a context's table."""
    return accounts_of(_further(ctx), ctx.settings.tables, names)


def _further(ctx: Context) -> FurtherTable | None:
    return next((one for one in ctx.settings.tables if one.name == ctx.table), None)


def _halted(first: Run, table: FurtherTable, accounts: Sequence[Account], why: LaikeError) -> Run:
    """The run in a table that is in trouble: it ends there as it begins."""
    here = replace(first, table=table.name, table_id="", chain=None, made=False, notes=())
    return replace(here, accounts=tuple(accounts), halted=why.trouble())


def _on(ctx: Context, names: Mapping[str, str], table: FurtherTable) -> Context:
    return with_coverage(on_further(ctx, table), accounts_of(table, ctx.settings.tables, names))
