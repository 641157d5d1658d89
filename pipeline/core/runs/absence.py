"""Accounts that cannot be read because of their own state: since when, whether parked, what the group is told."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from pipeline.core.errors import AccountUnavailable
from pipeline.core.model import CHINA, AccountDay, by_account, china_day
from pipeline.core.outcome import DayOutcome, DayState, FetchOutcome, Run

PARKED_AFTER_DAYS = 7
TOLD_EVERY_DAYS = 7
DEAD = (DayState.FAILED, DayState.MISSING, DayState.PARKED)


@dataclass(frozen=True, slots=True)
class Absence:
    """An account that cannot be read: since when, and the day and run that last told the group."""

    since: datetime
    told: date | None = None
    told_by: str | None = None

    def parked(self, now: datetime) -> bool:
        """Whether it has lasted so long that no run waits for the account."""
        return china_day(now) - china_day(self.since) >= timedelta(days=PARKED_AFTER_DAYS)

    def to_be_told(self, run_id: str, today: date) -> bool:
        """Whether a run tells the group: once a week; a repeated run tells again."""
        return self.told_by == run_id or self.told is None or (today - self.told).days >= TOLD_EVERY_DAYS


class Readings:
    """The accounts that a run could read in any batch, and those that it could read in none."""

    def __init__(self) -> None:
        self.alive: set[str] = set()
        self._dead: dict[str, datetime] = {}

    @property
    def dead(self) -> dict[str, datetime]:
        """Accounts that could not be read, with the time of the last try."""
        return {one: as_of for one, as_of in self._dead.items() if one not in self.alive}

    def add(self, fetches: Iterable[FetchOutcome]) -> None:
        """Add the fetches of some batches."""
        for fetch in fetches:
            if readable(fetch):
                self.alive.add(fetch.account_id)
            elif unreadable(fetch):
                self._dead[fetch.account_id] = fetch.as_of


def unreadable(fetch: FetchOutcome) -> bool:
    """Whether an account could not be read because of its own state or authorization."""
    return all(day.failed and day.trouble and day.trouble.reason == AccountUnavailable.reason for day in fetch.days)


def readable(fetch: FetchOutcome) -> bool:
    """Whether anything of an account could be read."""
    return not all(day.failed for day in fetch.days)


def park(run: Run, account_id: str, outcome: DayOutcome) -> DayOutcome:
    """Mark a day as parked if its account is, and still cannot be read."""
    unavailable = outcome.trouble and outcome.trouble.reason == AccountUnavailable.reason
    return replace(outcome, state=DayState.PARKED) if account_id in run.parked and unavailable else outcome


def parked_notice(name: str, since: datetime) -> str:
    """The weekly line about a parked account."""
    return (
        f"{name}：自 {since.astimezone(CHINA):%Y-%m-%d} 起无法读取，已停用（不计入运行结果，每天仍会尝试一次）。"
        "请在巨量引擎恢复该账户，或重新授权并勾选全部账户；不再使用的账户请移出授权范围，或联系维护人员移除。"
    )


def revived_notice(name: str, catch_up_days: int) -> str:
    """The line about a parked account that can be read again."""
    return f"{name}：已恢复同步，最近 {catch_up_days} 天内所缺的数据由系统自动补齐"


def absent_since(states: Mapping[AccountDay, DayState]) -> dict[str, datetime]:
    """Accounts that are parked on their newest day, each with the morning after its first bad day in a row."""
    found = {}
    for account_id, days in by_account(states).items():
        newest = first = max(days)
        if days[newest] != DayState.PARKED:
            continue
        while days.get(first - timedelta(days=1)) in DEAD:
            first -= timedelta(days=1)
        first = min(first, newest - timedelta(days=PARKED_AFTER_DAYS))  # else it would not be parked
        found[account_id] = datetime.combine(first + timedelta(days=1), time(), CHINA)
    return found
