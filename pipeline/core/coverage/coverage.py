"""What is last known of each account on each day."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from pipeline.core.coverage.history import Figures, History
from pipeline.core.model import Account, AccountDay, DayRange
from pipeline.core.outcome import DayState
from pipeline.core.runs.findings import Findings, Word


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownDay:
    """One account on one day: rows and 消耗 (元) as last fetched, and what to do where it is not good.

    Attributes:
        outside: What the account spent where no promotion has a row, in 元.
        again_at: No reading before then can make the day good.
    """

    state: DayState
    rows: int = 0
    cost: str = "0"
    what_to_do: str | None = None
    outside: str = "0"
    again_at: datetime | None = None
    as_of: datetime | None = None  # when that was read; `None`: remembered before it was kept
    written: bool | None = None  # whether rows may have been since it was last good; `None` in older versions' words
    reason: str | None = None  # why the day is not good

    @property
    def doubtful(self) -> bool:
        """Whether the table may hold something else than what was last loaded and found to agree."""
        return self.state == DayState.INCOMPLETE if self.written is None else self.written


@dataclass(frozen=True, slots=True)
class AccountCoverage:
    """One account with what is known of each of its days."""

    account: Account
    days: Mapping[date, KnownDay]

    @property
    def lacking(self) -> tuple[date, ...]:
        """Days that are not whole; those of a parked account are nobody's to wait for."""
        fine = (DayState.LOADED, DayState.EMPTY, DayState.PARKED)
        return tuple(day for day, known in self.days.items() if known.state not in fine)


def known_days(words: Mapping[AccountDay, Word], written: Collection[AccountDay] = ()) -> dict[AccountDay, KnownDay]:
    """The last word of a run on its days, as it is remembered.

    Args:
        written: Days whose rows may have been written, by this run or since they were last good.
    """
    return {
        at: KnownDay(
            state=word.outcome.state,
            rows=word.outcome.rows,
            cost=str(word.outcome.cost),
            what_to_do=word.outcome.trouble.what_to_do if word.outcome.trouble else None,
            outside=str(word.outcome.outside),
            again_at=word.outcome.again_at,
            as_of=word.as_of,
            written=not word.outcome.state.good and at in written,
            reason=word.outcome.trouble.reason if word.outcome.trouble else None,
        )
        for at, word in words.items()
    }


def written(found: Findings, changed: Collection[AccountDay] | None) -> set[AccountDay]:
    """Days of a batch whose rows it may have written.

    Args:
        changed: What a load that failed had set out to change by then; `None` where nobody can say.
    """
    fetched = {
        AccountDay(number, day.day) for number, fetch in found.fetches.items() for day in fetch.days if not day.failed
    }
    whole = changed is None or (found.load and not found.load.trouble)
    return fetched if whole else fetched & set(changed or ())


def untouched(findings: Iterable[Findings]) -> set[AccountDay]:
    """Days of which a run fetched nothing, and so wrote nothing: what was loaded before still stands."""
    found = set()
    for one in findings:
        for account in one.part.accounts:
            fetch = one.fetches.get(account.id)
            fetched = {day.day for day in fetch.days if not day.failed} if fetch else set()
            found |= {AccountDay(account.id, day) for day in one.part.days if day not in fetched}
    return found


def grid(
    account_id: str,
    days: DayRange,
    known: Mapping[AccountDay, KnownDay],
    today: date,
    parked_since: date | None,
    *,
    first: date,
) -> dict[date, KnownDay]:
    """Each day of one account; one of which nothing is known is missing, or parked if the account was by then.

    Args:
        parked_since: The day since which a parked account cannot be read.
        first: The first day that somebody asked for; earlier ones of which nothing is known are left out.
    """
    there = {day: known.get(AccountDay(account_id, day)) for day in days}
    return {day: one or _unknown(day, today, parked_since) for day, one in there.items() if one or day >= first}


def _unknown(day: date, today: date, parked_since: date | None) -> KnownDay:
    if day >= today:
        return KnownDay(state=DayState.OPEN)
    parked = parked_since is not None and day >= parked_since
    return KnownDay(state=DayState.PARKED if parked else DayState.MISSING)


def worth_reading(days: Iterable[date], known: Mapping[date, KnownDay], now: datetime) -> tuple[date, ...]:
    """Those of some days that a reading now can make good."""
    waiting = {day for day, one in known.items() if one.again_at and one.again_at > now}
    return tuple(day for day in days if day not in waiting)


def whole(history: History, known: Mapping[AccountDay, KnownDay]) -> dict[AccountDay, Figures]:
    """Figures without those of days of which the table may hold something else by now."""
    return {at: one for at, one in history.items() if at not in known or not known[at].doubtful}


def bad_days(account_id: str, known: Mapping[AccountDay, KnownDay]) -> Collection[date]:
    """Days of an account whose last known state is not good."""
    return {at.day for at, one in known.items() if at.account_id == account_id and not one.state.good}
