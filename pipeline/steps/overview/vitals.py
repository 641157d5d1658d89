"""Read the vital signs for the metrics: no call is made, and 1,000 accounts take less than a tenth of a second."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from pipeline.context import Context
from pipeline.core.coverage.letters import Cut
from pipeline.core.errors import NeedsPerson
from pipeline.core.model import Account
from pipeline.core.overview import vitals as core
from pipeline.core.overview.coverage_page import row_of
from pipeline.core.overview.vitals import Days, FurtherTable, RunEnd, TableRows, TokenEnds, Vitals
from pipeline.core.run_kind import RunKind
from pipeline.core.runs.plan import scheduled_id, window
from pipeline.state.beat import BeatSigns
from pipeline.state.store import clock as redis_clock
from pipeline.state.vitals.calls import Calls
from pipeline.state.vitals.queues import waiting
from pipeline.state.vitals.workers import WorkerSigns
from pipeline.steps.accounts.roster import remembered_accounts
from pipeline.steps.coverage.in_tables import group_of
from pipeline.steps.coverage.known_tables import known_tables_of
from pipeline.steps.overview.coverage_page import clock

RUNS_LOOKED_AT = 5  # the newest; with 1,000 accounts a summary takes milliseconds to read
SCHEDULED = (RunKind.DAILY, RunKind.SETTLE)  # their phases are told
ALIVE = timedelta(minutes=1)  # a worker signs every few seconds
ENDS_HELD = 32
TABLES = "tables_unclear"  # why a person is needed beside the reasons of errors
LOADING = "loading_stopped"

Ends = dict[str, RunEnd]  # of ended runs, by run: an end never changes


def vitals(ctx: Context, queues: Sequence[str], ends: Ends) -> Vitals:
    """All vital signs.

    Args:
        queues: The names of Celery's queues.
        ends: What is known of ended runs; it is filled, so that no run is read twice.
    """
    ctx = ctx.pinned()
    now, seen = redis_clock(ctx.client), WorkerSigns(ctx.client).seen().values()
    newest, last_runs = _ends(ctx, ends)
    token, dead = _token(ctx)
    names = accounts.names if (accounts := remembered_accounts(ctx)) else {}
    calls = Calls(ctx.client)
    tables = [(table.name, here.pinned() if here else None) for table, here in known_tables_of(ctx)]
    return Vitals(
        table_id=ctx.settings.bitable_table_id,
        accounts=len(names),
        days=_days(ctx, group_of(ctx, names)),
        rows=_rows(ctx),
        rows_limit=ctx.settings.table_max_rows,
        successor=ctx.chain.announced.first if ctx.chain.announced else None,
        token=token,
        needs=tuple(sorted({*core.needs_of(newest), *dead, *_stops(ctx, tables)})),
        calls_used=ctx.quota.used(),
        calls_limit=ctx.settings.feishu_monthly_calls,
        queues=waiting(ctx.client, queues),
        open_runs=len(ctx.ledger.open_runs()),
        failed_in_a_row=core.failed_in_a_row(newest),
        last_runs=tuple(last_runs),
        calls=calls.calls(),
        retries=calls.retries(),
        workers=sum(now.timestamp() - at < ALIVE.total_seconds() for at in seen),
        worker_seen=datetime.fromtimestamp(max(seen), UTC) if seen else None,
        beat_seen=_beat_seen(ctx, now),
        further=tuple(_further(name, here, names) for name, here in tables),
    )


def _further(name: str, ctx: Context | None, names: Mapping[str, str]) -> FurtherTable:
    """A further table of the settings."""
    if ctx is None:
        return FurtherTable(table=name, days=Days({}, None))
    announced = ctx.chain.announced
    return FurtherTable(
        table=ctx.chain.root,
        days=_days(ctx, group_of(ctx, names)),
        rows=_rows(ctx),
        successor=announced.first if announced else None,
    )


def _days(ctx: Context, names: Mapping[str, str]) -> Days:
    asked = clock(ctx, len(names), ctx.settings.catch_up_days)
    lines, cut = ctx.day_letters.of(names), Cut.of(asked.days, ctx.chain)
    rows = [row_of(Account(one, name), lines[one], cut, asked) for one, name in names.items()]
    return core.days_of(rows, asked.days)


def _rows(ctx: Context) -> tuple[TableRows, ...]:
    counts = {table_id: ctx.table_facts.beside(table_id).rows() for table_id in ctx.chain.ids}
    newest = ctx.chain.newest.table_id
    return tuple(TableRows(one, rows[max(rows)], one == newest) for one, rows in counts.items() if rows)


def _token(ctx: Context) -> tuple[TokenEnds | None, set[str]]:
    """When the tokens end, and why a person must authorize again, if so."""
    try:
        pair, trouble = ctx.tokens.pair(), ctx.tokens.trouble()
    except NeedsPerson as error:
        return None, {error.reason}
    return TokenEnds(pair.expires_at, pair.refresh_expires_at), {trouble.reason} if trouble else set()


def _stops(ctx: Context, tables: Sequence[tuple[str, Context | None]]) -> set[str]:
    """Why nothing is loaded, into some table, until a person decides."""
    known = [ctx, *(here for _, here in tables if here)]
    stopped = any(here.at_table(one).visibility.lost() for here in known for one in here.chain.ids)
    unclear = ctx.schema.unclear() is not None
    return {word for word, holds in ((LOADING, stopped), (TABLES, unclear)) if holds}


def _beat_seen(ctx: Context, now: datetime) -> datetime | None:
    silent_s = BeatSigns(ctx.client).silent_s()
    return None if silent_s is None else now - timedelta(seconds=silent_s)


def _ends(ctx: Context, ends: Ends) -> tuple[list[RunEnd], list[RunEnd]]:
    """The newest runs that ended, the newest first; and of each kind that beat starts the last one, with its phases."""
    now = ctx.now()
    days = list(window(now, 2))[::-1]
    scheduled = {kind: [scheduled_id(kind, day) for day in days] for kind in SCHEDULED}
    newest = ctx.ledger.newest(RUNS_LOOKED_AT)
    _learn(ctx, ends, [*newest, *(one for ids in scheduled.values() for one in ids)])
    last = [next((ends[one] for one in ids if one in ends), None) for ids in scheduled.values()]
    told = [_with_phases(ctx, ends, one) for one in last if one]
    return [ends[one] for one in newest if one in ends], told


def _learn(ctx: Context, ends: Ends, run_ids: Sequence[str]) -> None:
    if len(ends) > ENDS_HELD:
        ends.clear()
    for summary in ctx.ledger.ends([one for one in dict.fromkeys(run_ids) if one not in ends]):
        ends[summary.run_id] = core.end_of(summary)


def _with_phases(ctx: Context, ends: Ends, end: RunEnd) -> RunEnd:
    if not end.phases:
        ends[end.run_id] = replace(end, phases=core.phase_seconds(ctx.events.events(end.run_id)))
    return ends[end.run_id]
