"""Read what is known of a day in one table, and in each further table: no call is made."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from pipeline.context import Context
from pipeline.core.coverage.day import DayCoverage
from pipeline.core.errors import Trouble
from pipeline.core.model import Account, AccountDay
from pipeline.core.outcome import Run
from pipeline.core.overview.today.others import TableSeen
from pipeline.core.overview.today.verdict import DaySeen, UnderWay
from pipeline.core.runs.plan import deadline_s, owed_from, tables_of, yesterday
from pipeline.steps.coverage.known_tables import accounts_in, known_tables_of
from pipeline.steps.overview.hindrances import stops
from pipeline.steps.overview.today.past import End, EndIn

Days = Mapping[str, DayCoverage]


def of_day(ctx: Context, accounts: Sequence[Account], day: date) -> Days:
    """What is known of a day, by account id."""
    return {at.account_id: one for at, one in ctx.book.at(AccountDay(one.id, day) for one in accounts).items()}


def ever_read(ctx: Context, accounts: Sequence[Account]) -> bool:
    """Whether anything is remembered of any day; asked only where the last two weeks are blank."""
    lines = ctx.day_letters.of([one.id for one in accounts]).values()
    return any(one.last.first or one.loaded.first for tables in lines for one in tables)


def patience_s(ctx: Context, accounts: int) -> float:
    """How long a run of so many accounts may take, in seconds."""
    return deadline_s(max(1, accounts), 1, ctx.settings.oceanengine_rate, ctx.settings.run_deadline_s)


def day_seen(
    ctx: Context, day: date, days: Days, waited_for: list[Account] | None, *, known: bool, running: Sequence[Run]
) -> DaySeen:
    """What is known of a day in a context's table."""
    settings, seconds = ctx.settings, patience_s(ctx, len(waited_for or ()))
    return DaySeen(
        day=day,
        now=ctx.now(),
        waited_for=waited_for,
        days=days,
        known=known,
        daily_at=settings.daily_at,
        due_at=owed_from(ctx.now(), settings.daily_at, seconds) - (yesterday(ctx.now()) - day),
        settle_at=settings.settle_at,
        patience=timedelta(seconds=seconds),
        run=_under_way(ctx, day, running),
    )


def _under_way(ctx: Context, day: date, running: Sequence[Run]) -> UnderWay | None:
    """The newest run that works on a day in a context's table."""
    newest = max((run for run in running if _works_on(ctx, day, run)), key=_begun, default=None)
    return UnderWay(newest.run_id, newest.kind) if newest else None


def _works_on(ctx: Context, day: date, run: Run) -> bool:
    return any(one.table == ctx.table and day in one.days and not one.halted for one in tables_of(run))


def _begun(run: Run) -> datetime:
    return run.started_at


@dataclass(frozen=True, slots=True)
class Lately:
    """What is the same for all tables.

    Attributes:
        names: All accounts, id → name; `None`: none are remembered.
        parked: Ids of those that nobody waits for.
        ends: How the newest runs ended, the newest first.
        running: The runs that work.
    """

    names: Mapping[str, str] | None
    parked: Collection[str]
    ends: Sequence[End]
    running: Sequence[Run]


def others(ctx: Context, day: date, lately: Lately) -> tuple[TableSeen, ...]:
    """A day in each further table of the settings."""
    return tuple(
        _seen(here.pinned(), day, lately) if here else TableSeen(name=table.name, day=None)
        for table, here in known_tables_of(ctx)
    )


def _seen(ctx: Context, day: date, lately: Lately) -> TableSeen:
    accounts = None if lately.names is None else accounts_in(ctx, lately.names)
    days = of_day(ctx, accounts or [], day)
    waited_for = None if accounts is None else [one for one in accounts if one.id not in lately.parked]
    known = bool(days) or ever_read(ctx, accounts or [])
    return TableSeen(
        name=ctx.table,
        day=day_seen(ctx, day, days, waited_for, known=known, running=lately.running),
        link=ctx.at_table(ctx.chain.table_of(day)).settings.table_url,
        stops=stops(ctx),
        trouble=_trouble(ctx.table, day, lately.ends),
    )


def _trouble(table: str, day: date, ends: Sequence[End]) -> Trouble | None:
    """Why the newest run failed in a table as a whole, if it should have loaded the day."""
    newest = next((one for end in ends if not end.dry_run for one in _in(table, end)), None)
    return newest.trouble if newest and newest.failed and day in newest.days else None


def _in(table: str, end: End) -> Iterator[EndIn]:
    if end.table == table:
        yield EndIn(table, end.failed, end.days, end.trouble)
    yield from (one for one in end.further if one.table == table)
