"""What is last known of each account on each day."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from pipeline.core.coverage.coverage import KnownDay, bad_days, grid, known_days, untouched, worth_reading
from pipeline.core.errors import AccountUnavailable
from pipeline.core.model import Account, AccountDay, DayRange
from pipeline.core.outcome import DayOutcome, DayState, FetchOutcome, Run
from pipeline.core.runs.findings import Findings, Word

NOW = datetime(2026, 2, 12, 7, tzinfo=UTC)
DAYS = DayRange(date(2026, 2, 9), date(2026, 2, 12))
NINTH, TENTH, ELEVENTH, TODAY = DAYS
TROUBLE = AccountUnavailable("code 40002").trouble()


def test_a_day_of_which_nothing_is_known_is_missing_and_today_is_open() -> None:
    loaded = KnownDay(state=DayState.LOADED, rows=2, cost="118.36")
    found = grid("1", DAYS, {AccountDay("1", TENTH): loaded, AccountDay("2", NINTH): loaded}, TODAY, None, first=NINTH)
    assert {day: one.state for day, one in found.items()} == {
        NINTH: DayState.MISSING,
        TENTH: DayState.LOADED,
        ELEVENTH: DayState.MISSING,
        TODAY: DayState.OPEN,
    }
    assert found[TENTH] == loaded


def test_a_missing_day_of_a_parked_account_is_parked_from_when_it_could_not_be_read() -> None:
    found = grid("1", DAYS, {}, TODAY, TENTH, first=NINTH)
    assert [one.state for one in found.values()] == [
        DayState.MISSING,
        DayState.PARKED,
        DayState.PARKED,
        DayState.OPEN,
    ]


def test_a_day_before_the_first_one_that_was_asked_for_is_not_missing() -> None:
    failed = KnownDay(state=DayState.FAILED)
    assert list(grid("1", DAYS, {}, TODAY, None, first=ELEVENTH)) == [ELEVENTH, TODAY]
    found = grid("1", DAYS, {AccountDay("1", NINTH): failed}, TODAY, None, first=ELEVENTH)
    assert {day: one.state for day, one in found.items()} == {
        NINTH: DayState.FAILED,
        ELEVENTH: DayState.MISSING,
        TODAY: DayState.OPEN,
    }


def test_bad_is_what_is_neither_loaded_nor_empty() -> None:
    states = dict(zip(DAYS, (DayState.LOADED, DayState.EMPTY, DayState.INCOMPLETE, DayState.PARKED), strict=True))
    known = {AccountDay("1", day): KnownDay(state=state) for day, state in states.items()}
    assert bad_days("1", {**known, AccountDay("2", NINTH): KnownDay(state=DayState.FAILED)}) == {ELEVENTH, TODAY}


def test_what_is_remembered_of_a_day_is_its_state_its_figures_when_it_was_read_and_what_to_do() -> None:
    bad = DayOutcome(day=NINTH, state=DayState.FAILED, trouble=TROUBLE)
    good = DayOutcome(day=TENTH, state=DayState.LOADED, rows=2, cost=Decimal("118.36"))
    found = known_days({AccountDay("1", NINTH): Word(bad, None), AccountDay("1", TENTH): Word(good, NOW)})
    assert list(found.values()) == [
        KnownDay(state=DayState.FAILED, what_to_do=TROUBLE.what_to_do, written=False, reason=TROUBLE.reason),
        KnownDay(state=DayState.LOADED, rows=2, cost="118.36", as_of=NOW, written=False),
    ]


def test_untouched_are_the_days_of_which_nothing_was_fetched() -> None:
    part = Run(
        run_id="run1",
        day=TENTH,
        days=DayRange(NINTH, TENTH),
        accounts=(Account("1", "城东店"), Account("2", "城西店")),
        started_at=NOW,
        deadline=NOW,
    )
    days = (
        DayOutcome(day=NINTH, state=DayState.FAILED, trouble=TROUBLE),
        DayOutcome(day=TENTH, state=DayState.INCOMPLETE, trouble=TROUBLE),
    )
    fetch = FetchOutcome(account_id="1", days=days, rows=0, checksum="", as_of=NOW)
    assert untouched([Findings(part, {"1": fetch}, None, None)]) == {
        AccountDay("1", NINTH),
        AccountDay("2", NINTH),
        AccountDay("2", TENTH),
    }


def test_a_day_that_only_waits_for_a_later_reading_is_not_worth_one_before() -> None:
    waiting = KnownDay(state=DayState.INCOMPLETE, again_at=NOW)
    known = {NINTH: waiting, TENTH: KnownDay(state=DayState.FAILED), ELEVENTH: replace(waiting, again_at=None)}
    assert worth_reading(DAYS, known, NOW - timedelta(seconds=1)) == (TENTH, ELEVENTH, TODAY)
    assert worth_reading(DAYS, known, NOW) == tuple(DAYS)


def test_what_an_account_spent_outside_is_remembered() -> None:
    outcome = DayOutcome(day=TENTH, state=DayState.LOADED, rows=2, cost=Decimal(1), outside=Decimal("40.50"))
    (known,) = known_days({AccountDay("1", TENTH): Word(outcome, NOW)}).values()
    assert (known.outside, known.what_to_do) == ("40.50", None)
