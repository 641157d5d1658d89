"""Check that what Redis holds can be read: the type of every key, and what is kept of accounts, days and tables."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any

from pipeline.context import Context
from pipeline.core.model import china_day
from pipeline.core.runs.plan import window
from pipeline.core.unreadable import Unreadable
from pipeline.state import keys
from pipeline.state.console.acts import Acts
from pipeline.state.console.authorizations import Authorizations
from pipeline.state.unread import fits, looking, sparing
from pipeline.state.vitals.calls import Calls
from pipeline.steps.accounts.roster import every_remembered
from pipeline.steps.doctor.findings import Finding, broken, ok, warning

CHECK = "redis.records"
AT_ONCE = 1000  # keys whose types are asked for together
DAYS, RUNS, NAMED = 35, 50, 3  # days that may be owed, the newest runs, records that are named


def check_records(ctx: Context) -> Finding:
    """Name the records that nobody can read, those at which work stops first."""
    with looking() as left_out:
        found = {error.key: error for error in _of_another_type(ctx)}
        for read in _readers(ctx):
            with sparing(always=True):
                read()
        found = {key: error for (key, _), error in left_out.items()} | found
    return _finding(sorted(found.values(), key=lambda one: one.record.made_again))


def _finding(errors: Sequence[Unreadable]) -> Finding:
    if not errors:
        return ok(CHECK, "what it holds can be read")
    named = ", ".join(f"{one.key} {one.field}".strip() for one in errors[:NAMED])
    more = f" and {len(errors) - NAMED} more" if len(errors) > NAMED else ""
    first = errors[0]
    if first.record.made_again:
        return warning(CHECK, f"cannot be read, and is made again by work: {named}{more}", first.for_maintainer)
    return broken(CHECK, f"cannot be read: {named}{more}", first.for_maintainer)


def _of_another_type(ctx: Context) -> Iterator[Unreadable]:
    names: Iterator[bytes] = ctx.client.scan_iter(match=f"{keys.PREFIX}*", count=AT_ONCE)
    while some := [name.decode(errors="replace") for name in islice(names, AT_ONCE)]:
        pipe: Any = ctx.client.pipeline(transaction=False)
        for name in some:
            pipe.type(name)
        for name, kind in zip(some, pipe.execute(), strict=True):
            if kind != b"none" and not fits(kind.decode(), name):
                yield Unreadable(name, why=f"a {kind.decode()}")


def _readers(ctx: Context) -> Iterator[Callable[[], object]]:
    """What reads records, each by itself."""
    today = china_day(ctx.now())
    journal, told = ctx.tokens.journal, ctx.told
    yield from (lambda: ctx.chain, ctx.chains.with_unclear, ctx.rosters.last, ctx.rosters.names, ctx.absences.all)
    yield from (ctx.quota.used, ctx.writes.writes, ctx.writes.ended_writes, ctx.base_facts.creator, ctx.base_facts.zone)
    yield from (journal.history, lambda: journal.attempt(0), lambda: journal.dead(0))
    yield from (lambda: told.anomalies(today), ctx.aside.untold, Calls(ctx.client).calls, Calls(ctx.client).retries)
    yield from (Authorizations(ctx.client).last, lambda: Acts(ctx.client).newest(RUNS))
    yield lambda: ctx.ledger.overview(ctx.ledger.newest(RUNS))
    yield lambda: _read_tables(ctx)
    yield lambda: _read_days(ctx)


def _read_tables(ctx: Context) -> None:
    ctx.status_memory.status_table()
    for here in map(ctx.at_table, ctx.chain.ids):
        facts, visibility = here.table_facts, here.visibility
        for read in (facts.columns, facts.views, facts.rows, visibility.lost, visibility.emptied):
            with sparing(always=True):
                read()


def _read_days(ctx: Context) -> None:
    for _ in ctx.pinned().book.of(every_remembered(ctx) or (), window(ctx.now(), DAYS)):
        continue
