"""What is owed: which days of which account are to be loaded yet, when they are tried, who is waited for no more."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from pipeline.core.errors import AccountUnavailable
from pipeline.core.model import CHINA, AccountDay, DayRange, china_day
from pipeline.core.outcome import DayOutcome, DayState, FetchOutcome, Run
from pipeline.core.plan import catch_up_due, owed_from, yesterday

PARKED_AFTER_DAYS = 7
TOLD_EVERY_DAYS = 7
UNAVAILABLE_AGAIN = timedelta(hours=24)  # the daily run tries; catch_up only where there was none
DEAD = (DayState.FAILED, DayState.MISSING, DayState.PARKED)


@dataclass(frozen=True, slots=True)
class Absence:
    """An account that cannot be read: since when, and on which day and by which run the group last heard of it."""

    since: datetime
    told: date | None = None
    told_by: str | None = None

    def parked(self, now: datetime) -> bool:
        """Whether it has lasted so long that nobody waits for the account any more."""
        return china_day(now) - china_day(self.since) >= timedelta(days=PARKED_AFTER_DAYS)

    def to_be_told(self, run_id: str, today: date) -> bool:
        """Whether a run is to tell of it: once a week, and the run that did does it again when it is repeated."""
        return self.told_by == run_id or self.told is None or (today - self.told).days >= TOLD_EVERY_DAYS


def newest_owed(now: datetime, daily_at: time, deadline_s: float) -> date:
    """The newest day that is owed: yesterday, or the day before until the daily run of today had its time."""
    newest = yesterday(now)
    return newest if now >= owed_from(now, daily_at, deadline_s) else newest - timedelta(days=1)


def owed_days(
    covered: Collection[date], bad: Collection[date], newest: date, lookback_days: int, catch_up_days: int
) -> tuple[date, ...]:
    """The days up to `newest` that one account owes, the oldest first; `catch_up_days` back at most.

    Args:
        covered: Days that were loaded at some time. Nothing before the first of them is owed.
        bad: Days whose last known state is not good, loaded before or not.
        lookback_days: What an account owes that was never loaded.
    """
    first = min(covered, default=newest - timedelta(days=lookback_days - 1))
    first = max(first, newest - timedelta(days=catch_up_days - 1))
    days = DayRange(first, newest) if first <= newest else ()
    return tuple(day for day in days if day not in covered or day in bad)


def may_try(runs: Iterable[Run], account_id: str, days: Sequence[date], now: datetime, *, unavailable: bool) -> bool:
    """Whether catch_up may try an account that owes `days` again.

    After 1, 2, 4, … hours, counted over the runs that had its newest owed day; one that cannot be read is left to the
    daily run, and tried only where there was none.

    Args:
        runs: The newest runs, dry ones left out.
    """
    of_account = [run for run in runs if any(account.id == account_id for account in run.accounts)]
    if unavailable:
        return all(now - run.started_at >= UNAVAILABLE_AGAIN for run in of_account)
    return catch_up_due([run.started_at for run in of_account if days[-1] in run.days], now)


def groups(owed: Mapping[str, Sequence[date]]) -> dict[DayRange, list[str]]:
    """Accounts by the range of what they owe: a long gap of one does not make the others be read again."""
    found: dict[DayRange, list[str]] = defaultdict(list)
    for account_id, days in owed.items():
        found[DayRange(days[0], days[-1])].append(account_id)
    return dict(found)


def catch_up_id(newest: date, days: DayRange, runs: Iterable[Run]) -> str:
    """The name of the next catch-up run of these days: two that are planned at once get the same."""
    span = "" if days == DayRange(newest, newest) else f"-{days.first:%m%d}-{days.last:%m%d}"
    name = f"catch-up-{newest}{span}-"
    return f"{name}{1 + sum(run.run_id.startswith(name) and run.days == days for run in runs)}"


def unreadable(fetch: FetchOutcome) -> bool:
    """Whether an account could not be read for its own sake: its state or authorization."""
    return all(day.failed and day.trouble and day.trouble.reason == AccountUnavailable.reason for day in fetch.days)


def readable(fetch: FetchOutcome) -> bool:
    """Whether anything of an account could be read."""
    return not all(day.failed for day in fetch.days)


def park(run: Run, account_id: str, outcome: DayOutcome) -> DayOutcome:
    """What a run says of a day of an account that nobody waits for any more, and that is still unreadable."""
    unavailable = outcome.trouble and outcome.trouble.reason == AccountUnavailable.reason
    return replace(outcome, state=DayState.PARKED) if account_id in run.parked and unavailable else outcome


def parked_notice(name: str, since: datetime) -> str:
    """What the group is told once a week of a parked account."""
    return (
        f"{name}: 自 {since.astimezone(CHINA):%Y-%m-%d} 起无法读取, 已停用 (不计入运行结果, 每天仍尝试一次)。"
        "请在巨量引擎恢复该账户或重新授权 (勾选全部账户); 不再使用的账户请移出授权范围或 LAIKE_ACCOUNTS。"
    )


def revived_notice(name: str, catch_up_days: int) -> str:
    """What the group is told of a parked account that can be read again."""
    return f"{name}: 已恢复, 不再停用; 所缺日期 (最近 {catch_up_days} 天内) 由系统自动补齐"


def absent_since(states: Mapping[AccountDay, DayState]) -> dict[str, datetime]:
    """Accounts whose newest known day says parked, with the morning after the first of the bad days that end there."""
    by_account: dict[str, dict[date, DayState]] = defaultdict(dict)
    for at, state in states.items():
        by_account[at.account_id][at.day] = state
    found = {}
    for account_id, days in by_account.items():
        day = max(days)
        if days[day] != DayState.PARKED:
            continue
        while days.get(day - timedelta(days=1)) in DEAD:
            day -= timedelta(days=1)
        found[account_id] = datetime.combine(day + timedelta(days=1), time(), CHINA)
    return found
