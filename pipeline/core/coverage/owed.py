"""Which days each account owes, and when catch_up tries them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta

from pipeline.core.chain import Chain
from pipeline.core.coverage.day import LastOutcome
from pipeline.core.errors import TableFull
from pipeline.core.model import AccountDay, DayRange, grouped
from pipeline.core.outcome import Run
from pipeline.core.run_kind import RunKind
from pipeline.core.runs.plan import catch_up_due, owed_from, yesterday
from pipeline.core.unforeseen import Unforeseen

Owed = Mapping[str, tuple[date, ...]]  # days by account id, the oldest first
Outcomes = Mapping[AccountDay, LastOutcome]
UNAVAILABLE_AGAIN = timedelta(hours=24)  # the daily run tries; catch_up only where there was none


def newest_owed(now: datetime, daily_at: time, deadline_s: float) -> date:
    """The newest day that is owed: yesterday once today's daily run had its time, until then the day before."""
    newest = yesterday(now)
    return newest if now >= owed_from(now, daily_at, deadline_s) else newest - timedelta(days=1)


def owed_by_account(
    covered: Mapping[str, Collection[date]], outcomes: Outcomes, newest: date, lookback_days: int, catch_up_days: int
) -> dict[str, tuple[date, ...]]:
    """The days up to `newest` of each account that owes any.

    Args:
        covered: The days that were loaded at some time, of every account.
        outcomes: How the last readings of the last `catch_up_days` days ended.
    """
    bad, waiting = defaultdict[str, set[date]](set), defaultdict[str, set[date]](set)
    for at, one in outcomes.items():
        if not one.state.good:
            bad[at.account_id].add(at.day)
        if one.again_at:  # another reading was promised
            waiting[at.account_id].add(at.day)
    found = {
        one: owed_days({*loaded, *waiting[one]}, bad[one], newest, lookback_days, catch_up_days)
        for one, loaded in covered.items()
    }
    return {one: days for one, days in found.items() if days}


def without_closed(outcomes: Outcomes, tables: Chain) -> Outcomes:
    """Leave out days that do not fit into a table that has a successor: no reading makes room there."""
    newest = tables.newest.table_id
    return {
        at: one for at, one in outcomes.items() if one.reason != TableFull.reason or tables.table_of(at.day) == newest
    }


def owed_days(
    covered: Collection[date], bad: Collection[date], newest: date, lookback_days: int, catch_up_days: int
) -> tuple[date, ...]:
    """The days up to `newest` that one account owes, the oldest first; `catch_up_days` back at most.

    Args:
        covered: Days that were loaded at some time. Nothing before the first of them is owed.
        bad: Days whose last reading is not good, loaded before or not.
        lookback_days: What an account without any loaded day owes.
    """
    first = min(covered, default=newest - timedelta(days=lookback_days - 1))
    first = max(first, newest - timedelta(days=catch_up_days - 1))
    days = DayRange(first, newest) if first <= newest else ()
    return tuple(day for day in days if day not in covered or day in bad)


def may_try(runs: Iterable[Run], account_id: str, days: Sequence[date], now: datetime, *, unavailable: bool) -> bool:
    """Whether catch_up may try an account again: 1, 2, 4, … hours after the runs that had its newest owed day.

    An account that cannot be read is left to the daily run, and tried only if there was none.

    Args:
        runs: The newest runs, dry ones left out.
    """
    of_account = [run for run in runs if any(account.id == account_id for account in run.accounts)]
    if unavailable:
        return not any(timedelta(0) <= now - run.started_at < UNAVAILABLE_AGAIN for run in of_account)
    return catch_up_due([run.started_at for run in of_account if days[-1] in run.days], now)


def worth_reading(owed: Owed, outcomes: Outcomes, now: datetime) -> dict[str, tuple[date, ...]]:
    """The owed days that a reading now can make good; the others wait for a later one."""
    waiting = {at for at, one in outcomes.items() if one.again_at and one.again_at > now}
    return _without(owed, waiting)


def may_be_caught_up(
    owed: Owed, outcomes: Outcomes, runs: Sequence[Run], ended_broken: Collection[str]
) -> dict[str, tuple[date, ...]]:
    """The owed days that catch_up may try: what met an unforeseen error is left to the next daily run.

    Args:
        runs: The newest runs, the newest first.
        ended_broken: Those of them whose end met such an error, so that they left no outcomes of their days.
    """
    last = _last_runs(runs) if ended_broken else {}
    broken = {at for at, one in outcomes.items() if one.reason == Unforeseen.reason}
    return _without(owed, broken | {at for at, run_id in last.items() if run_id in ended_broken})


def _without(owed: Owed, out: Collection[AccountDay]) -> dict[str, tuple[date, ...]]:
    left = {one: tuple(day for day in days if AccountDay(one, day) not in out) for one, days in owed.items()}
    return {one: days for one, days in left.items() if days}


def due_groups(
    owed: Owed, runs: Sequence[Run], open_runs: Iterable[Run], absent: Collection[str], now: datetime
) -> dict[DayRange, list[str]]:
    """Accounts that catch_up tries now, by the range of what they owe; not while an open run has such a day.

    Args:
        runs: The newest runs, dry ones left out.
        absent: Accounts that cannot be read.
    """
    under_way = {AccountDay(account.id, day) for run in open_runs for account in run.accounts for day in run.days}
    return groups(
        {
            one: days
            for one, days in owed.items()
            if under_way.isdisjoint(AccountDay(one, day) for day in days)
            and may_try(runs, one, days, now, unavailable=one in absent)
        }
    )


def _last_runs(runs: Sequence[Run]) -> dict[AccountDay, str]:
    """The newest run of each account's day."""
    oldest_first = reversed(runs)
    return {AccountDay(one.id, day): run.run_id for run in oldest_first for one in run.accounts for day in run.days}


def tries(runs: Iterable[Run], authorized_at: datetime | None, now: datetime) -> list[Run]:
    """The runs that count as tries: an authorization mends what failed before it, so that is tried at once.

    Args:
        authorized_at: When a person brought the token in use; a time in the future does not count.
    """
    since = authorized_at if authorized_at and authorized_at <= now else None
    return [run for run in runs if since is None or run.started_at >= since]


def groups(owed: Mapping[str, Sequence[date]]) -> dict[DayRange, list[str]]:
    """Accounts by the range of what they owe, so that the long gap of one does not read the others again."""
    return grouped((DayRange(days[0], days[-1]), account_id) for account_id, days in owed.items())


def catch_up_id(newest: date, days: DayRange, runs: Iterable[Run], table_id: str = "") -> str:
    """The name of the next catch-up run of these days; two planned at once get the same.

    Args:
        table_id: The first physical table of a further table.
    """
    span = "" if days == DayRange(newest, newest) else f"-{days.first:%m%d}-{days.last:%m%d}"
    name = f"{RunKind.CATCH_UP.prefix}{newest}{span}-{f'{table_id}-' if table_id else ''}"
    return f"{name}{1 + sum(run.run_id.startswith(name) and run.days == days for run in runs)}"


def next_id(run_id: str) -> str:
    """The name of the run after one that ends with a number."""
    name, _, count = run_id.rpartition("-")
    return f"{name}-{int(count) + 1}"
