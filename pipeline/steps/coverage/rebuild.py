"""Rebuild coverage from 同步状态 after Redis was emptied."""

from collections.abc import Mapping

import structlog

from pipeline.context import Context
from pipeline.core.coverage.rebuild import Rebuilt, Sought, rebuilt
from pipeline.core.coverage.status import NAME, rows_of
from pipeline.core.errors import HistoryUnclear, LaikeError, Retryable, WrongInput
from pipeline.core.runs.absence import absent_since
from pipeline.core.runs.plan import told_apart
from pipeline.steps.coverage.status import days_to_rebuild
from pipeline.steps.rollover.registry import registered_chain
from pipeline.steps.table.read import time_zone

CURE = ": `laike doctor --table-of-history TABLE_ID` says which"

log = structlog.get_logger()


def with_coverage(ctx: Context, names: Mapping[str, str]) -> Context:
    """The context on our tables as they are now; if nothing is loaded of any account, what the base says is remembered.

    That is which tables there are, by 数据表清单, and what is loaded, by 同步状态: only rows of our tables count. If
    that table cannot be read, the run loads its days without, and calls nothing a correction.

    Args:
        names: The accounts' names by id.

    Raises:
        HistoryUnclear: A person must say which table an older release wrote about.
        Retryable: It cannot be known now which tables there are.
    """
    chain, unclear = ctx.chains.with_unclear()
    _refuse_unclear(unclear)
    here = ctx.on(chain)
    if any(here.coverage.days(names).values()):
        return here
    status_id = here.status_memory.status_table()
    if not status_id:  # Redis was emptied, or nothing was ever loaded
        there = _tables(here)
        here = ctx.on(registered_chain(here, there))
        status_id = there.get(NAME)
    if status_id:
        _rebuild_coverage(here, names, status_id)
    return here


def _tables(ctx: Context) -> dict[str, str]:
    """The base's tables by name; none where we may not list them. `Retryable` if they cannot be listed now."""
    try:
        return ctx.base(None).tables.ids()
    except Retryable:
        raise
    except LaikeError as error:
        log.warning("tables_not_listed", error=error.message)
        return {}


def _rebuild_coverage(ctx: Context, names: Mapping[str, str], status_id: str) -> None:
    try:
        found = _rebuilt(ctx, names, status_id)
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


def _refuse_unclear(tables: tuple[str, ...] | None) -> None:
    if tables is not None:
        named = f"one of {', '.join(tables)}" if tables else "a table of which nothing else is known"
        raise HistoryUnclear(f"what an older release remembers is about {named}{CURE}")


def _rebuilt(ctx: Context, names: Mapping[str, str], status_id: str) -> Rebuilt:
    base = ctx.base(None)
    by_name = {name: account_id for account_id, name in told_apart(names).items()}
    sought = Sought(by_name, days_to_rebuild(ctx), time_zone(ctx, base))
    # all cells: a table of an older release has no column for the table's id
    records = base.records(status_id).search(rows_of(sought.days, sought.zone), [])
    rows = [record.cells for record in records]
    return rebuilt(rows, sought, ctx.chain, ctx.schema.owner())
