"""What is last known of each account on each day."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from pipeline.core.findings import Findings
from pipeline.core.model import Account, AccountDay, DayRange
from pipeline.core.outcome import DayOutcome, DayState


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownDay:
    """One account on one day: rows and 消耗 (元) as last fetched, and what to do where it is not good."""

    state: DayState
    rows: int = 0
    cost: str = "0"
    what_to_do: str | None = None
    reason: str | None = None  # of what it is that is not good


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


def known_days(outcomes: Mapping[AccountDay, DayOutcome]) -> dict[AccountDay, KnownDay]:
    """The last word of a run on its days, as it is remembered."""
    return {
        at: KnownDay(
            state=one.state,
            rows=one.rows,
            cost=str(one.cost),
            what_to_do=one.trouble.what_to_do if one.trouble else None,
            reason=one.trouble.reason if one.trouble else None,
        )
        for at, one in outcomes.items()
    }


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
) -> dict[date, KnownDay]:
    """Each day of one account; one of which nothing is known is missing, or parked if the account was by then.

    Args:
        parked_since: From when on an account could not be read that is parked now.
    """
    return {day: known.get(AccountDay(account_id, day)) or _unknown(day, today, parked_since) for day in days}


def _unknown(day: date, today: date, parked_since: date | None) -> KnownDay:
    if day >= today:
        return KnownDay(state=DayState.OPEN)
    parked = parked_since is not None and day >= parked_since
    return KnownDay(state=DayState.PARKED if parked else DayState.MISSING)


def bad_days(account_id: str, known: Mapping[AccountDay, KnownDay]) -> Collection[date]:
    """Days of an account whose last known state is not good."""
    return {at.day for at, one in known.items() if at.account_id == account_id and not one.state.good}
