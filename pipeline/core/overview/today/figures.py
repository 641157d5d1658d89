"""The figures of the first page: accounts of a day against earlier days, and the course of two weeks."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import groupby

from pipeline.core.coverage.day import DayCoverage
from pipeline.core.coverage.history import Figures, History, added, compare, cost_per_conversion, figures_of, together
from pipeline.core.model import ZERO, Account, AccountDay, DayRange
from pipeline.core.outcome import DayState

COURSE_DAYS = 14
DAY_BEFORE, WEEK_BEFORE = timedelta(days=1), timedelta(weeks=1)
LEVEL = Decimal("0.0005")  # a smaller change would be shown as 0.0 %
NOTHING = DayCoverage()
_WORST_FIRST = (DayState.FAILED, DayState.MISSING, DayState.INCOMPLETE)


class Trend(StrEnum):
    """Which way a figure went."""

    UP = "up"
    DOWN = "down"
    LEVEL = "level"
    FROM_NOTHING = "from_nothing"  # it was 0 before
    UNKNOWN = "unknown"  # one of the two figures is not known, or the earlier one is below zero


@dataclass(frozen=True, slots=True)
class Change:
    """A figure against an earlier one; `share` is the part by which it went up or down."""

    trend: Trend
    share: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure, against the day before and the same weekday of the week before; `None`: unknown, or there is none."""

    value: Decimal | None
    day_before: Change
    week_before: Change


@dataclass(frozen=True, slots=True)
class Measures:
    """消耗 in 元, 转化数, and 转化成本 in 元."""

    cost: Measure
    conversions: Measure
    unit_cost: Measure


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountLine:
    """One account's day.

    Attributes:
        as_of: When the figures were read at the source.
        note: Why the day is not good and what to do.
        outside: What the account spent outside its promotions, in 元.
    """

    account: Account
    state: DayState
    measures: Measures
    as_of: datetime | None = None
    note: str | None = None
    outside: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class CourseDay:
    """All accounts on a day.

    Attributes:
        figures: What the table is sure to hold; `None`: of no account anything is known.
        lacking: Accounts whose day is not whole.
    """

    day: date
    figures: Figures | None
    lacking: int


@dataclass(slots=True)
class Past:
    """The days before the one that is shown: sums of each, and the figures of those that it is compared with.

    Attributes:
        known: Whether anything is remembered of any of them.
    """

    course: tuple[CourseDay, ...] = ()
    history: dict[AccountDay, Figures] = field(default_factory=dict)
    known: bool = False


def bases(day: date) -> tuple[date, date]:
    """The days that a day is compared with."""
    return day - DAY_BEFORE, day - WEEK_BEFORE


def past_of(book: Iterable[tuple[AccountDay, DayCoverage]], days: DayRange) -> Past:
    """Sum the days before the one that is shown, as they come; only what it is compared with is kept.

    Args:
        book: Of these days, an account after the other.
        days: The days before; the next one is shown.
    """
    past, shown = Past(), bases(days.last + DAY_BEFORE)
    sums, lacking = dict[date, Figures](), Counter[date]()
    for _, of_account in groupby(book, key=lambda one: one[0].account_id):
        states = dict[date, DayState]()
        for at, one in of_account:
            states[at.day] = one.state
            if one.standing:
                figures = figures_of(one.standing)
                sums[at.day] = added([sums[at.day], figures]) if at.day in sums else figures
                past.history |= {at: figures} if at.day in shown else {}
        lacking.update(_lacking(states))
        past.known = True
    past.course = tuple(CourseDay(day, sums.get(day), lacking[day]) for day in days)
    return past


def _lacking(states: Mapping[date, DayState]) -> set[date]:
    """The days of an account that are not whole, from its first one on; nobody waits for those of a parked account."""
    first, last = min(states), max(states)
    there = {first + timedelta(days=n) for n in range((last - first).days + 1)}
    return {day for day in there if not ((state := states.get(day)) and (state.good or state is DayState.PARKED))}


def change(now: Decimal | None, then: Decimal | None) -> Change:
    """A figure against an earlier one."""
    if now is None or then is None or then < 0:
        return Change(Trend.UNKNOWN)
    if not then:
        return Change(Trend.FROM_NOTHING if now else Trend.LEVEL)
    share = (now - then) / then
    if abs(share) < LEVEL:
        return Change(Trend.LEVEL)
    return Change(Trend.UP if share > 0 else Trend.DOWN, abs(share))


def worst_first(accounts: Sequence[Account], days: Mapping[str, DayCoverage], parked: Collection[str]) -> list[Account]:
    """The accounts with a bad day first, then by 消耗; parked ones last.

    Args:
        days: What is known of the day, by account id.
    """
    places = {state: place for place, state in enumerate(_WORST_FIRST)}

    def rank(account: Account) -> tuple[int, Decimal, str]:
        one = days.get(account.id, NOTHING)
        state = _state(one, parked=account.id in parked)
        place = len(places) + 1 if state is DayState.PARKED else places.get(state, len(places))
        return place, -(Decimal(one.standing.cost) if one.standing else ZERO), account.name

    return sorted(accounts, key=rank)


def line_of(account: Account, one: DayCoverage, history: History, day: date, *, parked: bool) -> AccountLine:
    """One account's day.

    Args:
        history: Figures of that day and of those that it is compared with.
    """
    state = _state(one, parked=parked)
    return AccountLine(
        account=account,
        state=state,
        measures=measures(history, [account.id], day),
        as_of=one.standing.as_of if one.standing else None,
        note=None if state.good or parked else one.shown.what_to_do,
        outside=Decimal(one.shown.outside),
    )


def _state(one: DayCoverage, *, parked: bool) -> DayState:
    return DayState.PARKED if parked and not one.state.good else one.state


def measures(history: History, account_ids: Sequence[str], day: date) -> Measures:
    """The figures of accounts on a day; earlier days are compared over the accounts that have both."""
    now = together(history, account_ids, day)
    pairs = [compare(history, account_ids, day, base) for base in bases(day)]

    def measure(of: Callable[[Figures], Decimal | None]) -> Measure:
        changes = [change(of(one.now), of(one.then)) if one else Change(Trend.UNKNOWN) for one in pairs]
        return Measure(of(now) if now else None, *changes)

    return Measures(measure(lambda one: one.cost), measure(lambda one: one.conversions), measure(cost_per_conversion))
