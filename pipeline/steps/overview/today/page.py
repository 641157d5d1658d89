"""Read what the first page shows. Redis alone is asked; no call is made."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from pipeline.context import Context
from pipeline.core.coverage.owed import newest_owed
from pipeline.core.model import Account, grouped
from pipeline.core.outcome import Run, RunState
from pipeline.core.overview.today.figures import Past
from pipeline.core.overview.today.page import Calls, Corrected, Room, Seen, Today, today_of
from pipeline.core.overview.today.todo import Standstill
from pipeline.core.rollover.forecast import boundary
from pipeline.core.rollover.split import Split
from pipeline.core.run_kind import RunKind
from pipeline.core.runs.plan import scheduled_id, yesterday
from pipeline.core.table.limits import calls_warning, rows_warning
from pipeline.core.telling.anomalies import sentences
from pipeline.steps.accounts.roster import remembered_accounts
from pipeline.steps.coverage.known_tables import accounts_in
from pipeline.steps.overview.hindrances import Silent, access, silent, stops
from pipeline.steps.overview.today.day import Days, Lately, day_seen, ever_read, of_day, others, patience_s
from pipeline.steps.overview.today.past import End, Held
from pipeline.steps.runs.alive import state_without_end

RUNS_LOOKED_AT = 8  # the newest
OPEN_LOOKED_AT = 5
CORRECTED_DAYS = 2  # of daily and settling runs: what the source corrected lately


def today(ctx: Context, page: int, held: Held, next_times: Mapping[str, datetime]) -> Today:
    """The first page.

    Args:
        page: Of the accounts; the first is 1.
        held: What this process holds between two looks.
        next_times: The next time of each scheduled task.
    """
    ctx = ctx.pinned()
    now, listed = ctx.now(), remembered_accounts(ctx)
    accounts = accounts_in(ctx, listed.names) if listed else None
    absences = ctx.absences.all()
    parked = {one: absence.since for one, absence in absences.items() if absence.parked(now)}
    open_runs = ctx.ledger.open_runs()
    running, nobody = _running(ctx, open_runs), silent(ctx)
    day, days = _day(ctx, accounts or [], len(parked), running)
    past = held.past(ctx, [one.id for one in accounts or []], day, open_runs)
    ends = held.ends(ctx, _run_ids(ctx, day))
    waited_for = None if accounts is None else [one for one in accounts if one.id not in parked]
    known = past.known or bool(days) or ever_read(ctx, accounts or [])
    running = [] if nobody.workers else running
    seen = day_seen(ctx, day, days, waited_for, known=known, running=running)
    return today_of(
        Seen(
            day=seen,
            accounts=accounts,
            parked=parked,
            absent=frozenset(absences),
            past=past,
            still=_standstill(ctx, day, ends, nobody),
            room=_room(ctx, day, past),
            calls=_calls(ctx),
            corrected=_corrected(ends),
            alerts=sentences(ctx.told.anomalies(day + timedelta(days=1))),
            next_times=next_times,
            clock_offset_s=ctx.settings.clock_offset_s,
            others=others(ctx, day, Lately(listed.names if listed else None, parked, ends, running)),
        ),
        page,
    )


def _day(ctx: Context, accounts: Sequence[Account], parked: int, running: Sequence[Run]) -> tuple[date, Days]:
    """The day that is shown, with what is known of it: yesterday once it is owed, read, or about to be read."""
    newest = yesterday(ctx.now())
    of_newest = of_day(ctx, accounts, newest)
    owed = newest_owed(ctx.now(), ctx.settings.daily_at, patience_s(ctx, len(accounts) - parked))
    if of_newest or owed == newest or any(run.day == newest for run in running):
        return newest, of_newest
    before = of_day(ctx, accounts, owed)
    return (owed, before) if before else (newest, of_newest)


def _running(ctx: Context, open_runs: Sequence[str]) -> list[Run]:
    """The runs that work, without dry ones."""
    runs = [run for run in ctx.ledger.plans(open_runs[-OPEN_LOOKED_AT:]) if not run.dry_run]
    return [run for run in runs if state_without_end(ctx, run) is RunState.RUNNING]


def _run_ids(ctx: Context, day: date) -> list[str]:
    """The newest runs, and those of beat that read the shown day and the one before."""
    scheduled = [
        scheduled_id(kind, day - timedelta(days=ago))
        for ago in range(CORRECTED_DAYS)
        for kind in (RunKind.SETTLE, RunKind.DAILY)
    ]
    return list(dict.fromkeys([*ctx.ledger.newest(RUNS_LOOKED_AT), *scheduled]))


def _standstill(ctx: Context, day: date, ends: Sequence[End], nobody: Silent) -> Standstill:
    newest = next((one for one in ends if not one.dry_run and not one.table), None)
    failed = newest and newest.failed and day in newest.days
    return Standstill(
        access=access(ctx),
        stops=stops(ctx),
        unclear=ctx.schema.unclear() is not None,
        beat_silent=nobody.beat,
        workers_silent=nobody.workers,
        run_trouble=newest.trouble if newest and failed else None,
    )


def _room(ctx: Context, day: date, past: Past) -> Room:
    """The room of the newest table, by what runs learned."""
    chain, settings = ctx.chain, ctx.settings
    counts = ctx.table_facts.beside(chain.newest.table_id).rows()
    told = chain.announced.first if chain.announced else None
    if not counts:
        return Room(rows=None, cap=settings.table_max_rows, successor=told, announced=told is not None)
    before = ctx.table_facts.beside(chain.ids[-2]).rows() if len(chain.ids) > 1 else {}
    last = past.course[-1].figures if past.course else None
    coming = day + timedelta(days=1)
    first = told or boundary(
        settings.table_split, counts, settings.table_max_rows, last.rows if last else 0, coming, before=before
    )
    rolls_over = settings.table_split is not Split.NONE
    return Room(
        rows=counts[max(counts)],
        cap=settings.table_max_rows,
        counted=max(counts),
        successor=first,
        announced=told is not None,
        warning=rows_warning(counts, settings.table_max_rows, successor=told, rolls_over=rolls_over),
    )


def _calls(ctx: Context) -> Calls:
    used, limit = ctx.quota.used(), ctx.settings.feishu_monthly_calls
    return Calls(used, limit, calls_warning(used, limit, ctx.now()))


def _corrected(ends: Sequence[End]) -> tuple[Corrected, ...]:
    """What the source corrected, by account, each day once and by the run that saw it first here."""
    found: dict[tuple[str, date], End] = {}
    for end in sorted(ends, key=lambda one: one.ended_at, reverse=True):
        for place in () if end.dry_run or end.table else end.restated:
            found.setdefault(place, end)
    groups = grouped(((name, end.run_id), (day, end.ended_at)) for (name, day), end in found.items())
    return tuple(
        Corrected(name, tuple(sorted(day for day, _ in those)), run_id, those[0][1])
        for (name, run_id), those in groups.items()
    )
