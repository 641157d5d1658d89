"""What is last known of each account on each day."""

from datetime import UTC, date, datetime
from decimal import Decimal

from pipeline.core.coverage import KnownDay, bad_days, grid, known_days, untouched
from pipeline.core.errors import AccountUnavailable
from pipeline.core.findings import Findings
from pipeline.core.model import Account, AccountDay, DayRange
from pipeline.core.outcome import DayOutcome, DayState, FetchOutcome, Run

NOW = datetime(2026, 2, 12, 7, tzinfo=UTC)
DAYS = DayRange(date(2026, 2, 9), date(2026, 2, 12))
NINTH, TENTH, ELEVENTH, TODAY = DAYS
TROUBLE = AccountUnavailable("code 40002").trouble()


def test_a_day_of_which_nothing_is_known_is_missing_and_today_is_open() -> None:
    loaded = KnownDay(state=DayState.LOADED, rows=2, cost="118.36")
    found = grid("1", DAYS, {AccountDay("1", TENTH): loaded, AccountDay("2", NINTH): loaded}, TODAY, None)
    assert {day: one.state for day, one in found.items()} == {
        NINTH: DayState.MISSING,
        TENTH: DayState.LOADED,
        ELEVENTH: DayState.MISSING,
        TODAY: DayState.OPEN,
    }
    assert found[TENTH] == loaded


def test_a_missing_day_of_a_parked_account_is_parked_from_when_it_could_not_be_read() -> None:
    found = grid("1", DAYS, {}, TODAY, TENTH)
    assert [one.state for one in found.values()] == [
        DayState.MISSING,
        DayState.PARKED,
        DayState.PARKED,
        DayState.OPEN,
    ]


def test_bad_is_what_is_neither_loaded_nor_empty() -> None:
    states = dict(zip(DAYS, (DayState.LOADED, DayState.EMPTY, DayState.INCOMPLETE, DayState.PARKED), strict=True))
    known = {AccountDay("1", day): KnownDay(state=state) for day, state in states.items()}
    assert bad_days("1", {**known, AccountDay("2", NINTH): KnownDay(state=DayState.FAILED)}) == {ELEVENTH, TODAY}


def test_what_is_remembered_of_a_day_is_its_state_its_figures_and_what_to_do() -> None:
    bad = DayOutcome(day=NINTH, state=DayState.FAILED, trouble=TROUBLE)
    good = DayOutcome(day=TENTH, state=DayState.LOADED, rows=2, cost=Decimal("118.36"))
    found = known_days({AccountDay("1", NINTH): bad, AccountDay("1", TENTH): good})
    assert list(found.values()) == [
        KnownDay(state=DayState.FAILED, what_to_do=TROUBLE.what_to_do, reason=TROUBLE.reason),
        KnownDay(state=DayState.LOADED, rows=2, cost="118.36"),
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
