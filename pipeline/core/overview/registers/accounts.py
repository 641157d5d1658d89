"""The page of accounts: which there are, where each was found, whether it is synced, what it spent."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from pipeline.core.accounts.roster import SETTINGS, Roster, Skipped
from pipeline.core.coverage.day import DayCoverage, LastOutcome
from pipeline.core.coverage.letters import Lines, first_loaded, last_loaded
from pipeline.core.model import ZERO, AccountDay
from pipeline.core.outcome import DayState
from pipeline.core.runs.absence import Absence

PER_PAGE = 50
SPENT_DAYS = 30


class Use(StrEnum):
    """Whether an account is synced."""

    SYNCED = "synced"
    UNREADABLE = "unreadable"
    PARKED = "parked"
    DISABLED = "disabled"


URGENT = (Use.PARKED, Use.UNREADABLE, Use.SYNCED, Use.DISABLED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One account; `since`: when it could first not be read."""

    id: str
    name: str
    ways: tuple[str, ...]
    use: Use
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """The same with what is known of its days.

    Attributes:
        first_covered: The first loaded day, late for an account that is new; `last_covered`: the last.
        cost: 消耗 of the last 30 days, in 元; `None`: none of them is loaded.
        newest: The last of these days that is known of, and how its reading ended.
    """

    account: Listed
    first_covered: date | None
    last_covered: date | None
    cost: Decimal | None
    newest: tuple[date, LastOutcome] | None

    @property
    def trouble(self) -> LastOutcome | None:
        """How the newest day ended, if it is not good."""
        return self.newest[1] if self.newest and not self.newest[1].state.good else None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountsPage:
    """Some of the accounts.

    Attributes:
        found: How many match the search; `of`: how many there are.
        discovered_at: When they were discovered; `None`: they are in the settings, or never were.
        by_settings: Whether the settings name them.
        authorized: Whether there is an authorization by which they can be read.
        known: Whether any run is remembered, so that what cannot be read would be known.
        tables: The names of the tables that rows of each of them go into, by id, "" for the first; empty: there is one.
    """

    rows: tuple[Shown, ...]
    page: int
    pages: int
    found: int
    of: int
    counts: Mapping[Use, int]
    skipped: tuple[Skipped, ...]
    discovered_at: datetime | None
    by_settings: bool
    authorized: bool
    known: bool
    tables: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def listed(
    names: Mapping[str, str], roster: Roster | None, absent: Mapping[str, Absence], off: Collection[str], now: datetime
) -> list[Listed]:
    """Every account, those first that somebody should see to.

    Args:
        names: As they are written, by id.
        absent: Those that cannot be read.
        off: Ids of those that are not synced.
    """
    ways = {one.id: one.ways for one in roster.members} if roster else {}
    found = [
        Listed(
            id=one,
            name=name,
            ways=ways.get(one, (SETTINGS,)),
            use=_use(one, absent, off, now),
            since=absent[one].since if one in absent else None,
        )
        for one, name in names.items()
    ]
    return sorted(found, key=lambda one: URGENT.index(one.use))


def _use(account_id: str, absent: Mapping[str, Absence], off: Collection[str], now: datetime) -> Use:
    if account_id in off:
        return Use.DISABLED
    if account_id not in absent:
        return Use.SYNCED
    return Use.PARKED if absent[account_id].parked(now) else Use.UNREADABLE


def matching(accounts: Iterable[Listed], text: str) -> list[Listed]:
    """The accounts with a text in their name or id."""
    wanted = text.strip().casefold()
    return [one for one in accounts if wanted in one.name.casefold() or wanted in one.id]


def shown(
    accounts: Iterable[Listed], lines: Mapping[str, Sequence[Lines]], lately: Mapping[AccountDay, DayCoverage]
) -> tuple[Shown, ...]:
    """Accounts with their days.

    Args:
        lines: Letters of all days, by account.
        lately: What is known of the last 30 days.
    """
    costs: dict[str, Decimal] = {}
    newest: dict[str, tuple[date, LastOutcome]] = {}
    for at, day in sorted(lately.items()):
        if day.loaded:
            costs[at.account_id] = costs.get(at.account_id, ZERO) + Decimal(day.loaded.cost)
        if day.state is not DayState.OPEN:
            newest[at.account_id] = at.day, day.shown
    return tuple(
        Shown(
            account=one,
            first_covered=first_loaded(lines[one.id]),
            last_covered=last_loaded(lines[one.id]),
            cost=costs.get(one.id),
            newest=newest.get(one.id),
        )
        for one in accounts
    )
