"""Accounts that cannot be read: when they are parked, when that is told, and what says that they are back."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest

from pipeline.core.errors import AccountUnavailable, ServerTrouble, Trouble
from pipeline.core.model import CHINA, Account, AccountDay, DayRange
from pipeline.core.outcome import DayOutcome, DayState, FetchOutcome, Run
from pipeline.core.runs.absence import Absence, Readings, absent_since, park, parked_notice, readable, unreadable

NEWEST = date(2026, 2, 11)
SEVEN = datetime(2026, 2, 12, 7, tzinfo=CHINA)
UNAVAILABLE = AccountUnavailable("code 40002", code=40002).trouble()
AWAY = ServerTrouble("502").trouble()


def ago(*days: int) -> tuple[date, ...]:
    """Days so long before the newest one."""
    return tuple(NEWEST - timedelta(days=day) for day in days)


def the_run(*parked: str) -> Run:
    """A run of two accounts, of which these are parked."""
    return Run(
        run_id="daily-2026-02-11",
        day=NEWEST,
        days=DayRange(NEWEST, NEWEST),
        accounts=(Account("1", "城东店"), Account("2", "城西店")),
        started_at=SEVEN,
        deadline=SEVEN,
        parked=parked,
    )


def fetched(*troubles: Trouble | None) -> FetchOutcome:
    """A fetch of so many days, each with its trouble or none."""
    days = tuple(
        DayOutcome(day=day, state=DayState.FAILED if one else DayState.LOADED, trouble=one)
        for day, one in zip(DayRange(*ago(len(troubles) - 1, 0)), troubles, strict=True)
    )
    return FetchOutcome(account_id="1", days=days, rows=0, checksum="", as_of=SEVEN)


@pytest.mark.parametrize(
    ("troubles", "is_unreadable", "is_readable"),
    [
        ((UNAVAILABLE, UNAVAILABLE), True, False),
        ((AWAY, AWAY), False, False),  # that says nothing of the account
        ((None, None), False, True),
        ((UNAVAILABLE, None), False, True),
    ],
)
def test_an_account_is_unreadable_for_its_own_sake_only(
    troubles: tuple[Trouble | None, ...],
    is_unreadable: bool,  # noqa: FBT001
    is_readable: bool,  # noqa: FBT001
) -> None:
    assert (unreadable(fetched(*troubles)), readable(fetched(*troubles))) == (is_unreadable, is_readable)


@pytest.mark.parametrize(
    ("since", "parked"),
    [
        (datetime(2026, 2, 5, 7, tzinfo=CHINA), True),  # 12 - 5
        (datetime(2026, 2, 5, 23, 59, tzinfo=CHINA), True),
        (datetime(2026, 2, 5, 16, 30, tzinfo=UTC), False),  # the 6th in Shanghai
        (datetime(2026, 2, 11, 7, tzinfo=CHINA), False),
    ],
)
def test_an_account_is_parked_after_seven_business_days(since: datetime, parked: bool) -> None:  # noqa: FBT001
    assert Absence(since).parked(SEVEN) is parked


def test_an_absence_is_told_once_a_week_and_again_by_the_run_that_told_it() -> None:
    today = SEVEN.date()
    absence = Absence(SEVEN - timedelta(days=9))
    assert absence.to_be_told("run1", today)
    told = replace(absence, told=today, told_by="run1")
    assert told.to_be_told("run1", today)
    assert not told.to_be_told("run2", today)
    assert not told.to_be_told("run2", today + timedelta(days=6))
    assert told.to_be_told("run2", today + timedelta(days=7))


def test_only_what_a_parked_account_cannot_help_is_parked() -> None:
    run = the_run("1")
    failed = DayOutcome(day=NEWEST, state=DayState.FAILED, trouble=UNAVAILABLE)
    assert park(run, "1", failed) == replace(failed, state=DayState.PARKED)
    assert park(run, "2", failed) == failed
    away = replace(failed, trouble=AWAY)
    assert park(run, "1", away) == away
    loaded = DayOutcome(day=NEWEST, state=DayState.LOADED, rows=1, cost=Decimal(3))
    assert park(run, "1", loaded) == loaded


def test_the_notice_says_who_since_when_and_what_to_do() -> None:
    words = parked_notice("城东店", datetime(2026, 2, 5, 16, 30, tzinfo=UTC))
    assert all(word in words for word in ("城东店", "2026-02-06", "重新授权", "移出授权范围"))


@pytest.mark.parametrize(
    ("bad", "first"),
    [
        (range(1, 10), 9),
        (range(1, 3), 7),  # days without a row between: a week it was all the same
    ],
)
def test_a_parked_account_is_absent_since_the_morning_after_the_first_bad_day(bad: range, first: int) -> None:
    states = {0: DayState.PARKED, **dict.fromkeys(bad, DayState.FAILED), 10: DayState.LOADED, 11: DayState.FAILED}
    found = absent_since({AccountDay("1", day): state for n, state in states.items() for day in ago(n)})
    assert found == {"1": datetime.combine(ago(first - 1)[0], time(), CHINA)}


def test_an_account_whose_newest_day_is_not_parked_is_not_absent() -> None:
    states = {AccountDay("1", ago(0)[0]): DayState.FAILED, AccountDay("1", ago(1)[0]): DayState.PARKED}
    assert absent_since(states) == {}


def test_an_account_is_dead_in_a_run_if_no_batch_of_it_could_read_it() -> None:
    lost, ours, silent = fetched(UNAVAILABLE), replace(fetched(None), account_id="2"), fetched(AWAY)
    readings = Readings()
    readings.add([lost, ours, replace(silent, account_id="3")])
    assert (readings.alive, readings.dead) == ({"2"}, {"1": SEVEN})
    readings.add([replace(fetched(UNAVAILABLE), account_id="2")])
    assert readings.dead == {"1": SEVEN}
    readings.add([fetched(None)])
    assert (readings.alive, readings.dead) == ({"1", "2"}, {})
