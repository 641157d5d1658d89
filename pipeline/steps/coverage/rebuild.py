"""Rebuild coverage from 同步状态 after Redis was emptied."""

from collections.abc import Mapping

import structlog

from pipeline.context import Context
from pipeline.core.coverage.rebuild import Rebuilt, Sought, rebuilt
from pipeline.core.coverage.status import NAME, rows_of
from pipeline.core.errors import HistoryUnclear, LaikeError, WrongInput
from pipeline.core.runs.absence import absent_since
from pipeline.core.runs.plan import told_apart
from pipeline.steps.coverage.status import days_to_rebuild
from pipeline.steps.table.read import time_zone

CURE = ": `laike doctor --table-of-history TABLE_ID` says which"

log = structlog.get_logger()


def rebuild_coverage(ctx: Context, names: Mapping[str, str]) -> None:
    """Remember what the status table says of these accounts, if nothing is loaded of any of them.

    Only rows of our table count. If 同步状态 cannot be read, the run loads its days without, and calls nothing a
    correction.

    Args:
        names: The accounts' names by id.

    Raises:
        HistoryUnclear: A person must say which table an older release wrote about.
    """
    _refuse_unclear(ctx)
    if any(ctx.coverage.days(names).values()):
        return
    try:
        found = _rebuilt(ctx, names)
    except LaikeError as error:
        log.warning("coverage_not_recalled", error=error.message)
        return
    if found.unnamed:
        raise HistoryUnclear(f"{found.unnamed} rows of {NAME} name no table, and nobody knows which it was{CURE}")
    if found.outcomes:
        now = ctx.shared_now()
        ctx.last_outcomes.learn(found.outcomes, now)
        ctx.absences.begin(absent_since({at: one.state for at, one in found.outcomes.items()}))
        ctx.coverage.learn(found.loaded, now)  # last: once anything is loaded nobody rebuilds again
        log.info("coverage_recalled", days=len(found.loaded))


def settle_history(ctx: Context, table_id: str) -> None:
    """Take a person's word for which table older releases, and rows that name none, are about.

    Raises:
        WrongInput: Neither the base nor what is remembered knows such a table.
    """
    there = {one: name for name, one in ctx.base(None).tables.ids().items()}
    names = dict.fromkeys(ctx.schema.tables_seen(), "no longer in the base") | there
    if table_id not in names:
        listed = ", ".join(f"{one} ({name})" for one, name in names.items())
        raise WrongInput(f"no table {table_id} is known; there are {listed}")
    ctx.schema.settle(table_id)


def _refuse_unclear(ctx: Context) -> None:
    tables = ctx.schema.unclear()
    if tables is not None:
        named = f"one of {', '.join(tables)}" if tables else "a table of which nothing else is known"
        raise HistoryUnclear(f"what an older release remembers is about {named}{CURE}")


def _rebuilt(ctx: Context, names: Mapping[str, str]) -> Rebuilt:
    base = ctx.base(None)
    table_id = ctx.status_memory.status_table() or base.tables.ids().get(NAME)
    if not table_id:
        return Rebuilt()
    by_name = {name: account_id for account_id, name in told_apart(names).items()}
    sought = Sought(by_name, days_to_rebuild(ctx), time_zone(ctx, base))
    # all cells: a table of an older release has no column for the table's id
    records = base.records(table_id).search(rows_of(sought.days, sought.zone), [])
    rows = [record.cells for record in records]
    return rebuilt(rows, sought, ctx.settings.bitable_table_id, ctx.schema.owner())
