"""Each day of each account, for people to look at."""

from datetime import UTC, date, datetime

from pipeline.core.coverage.day import DayCoverage, LastOutcome, Loaded
from pipeline.core.coverage.grid import AccountCoverage, each_day, grid
from pipeline.core.model import Account, AccountDay, DayRange
from pipeline.core.outcome import DayState

DAYS = DayRange(date(2026, 2, 9), date(2026, 2, 12))
NINTH, TENTH, ELEVENTH, TODAY = DAYS
LOADED = DayCoverage(Loaded(2, "118.36", "c1", datetime(2026, 2, 12, 7, tzinfo=UTC)))
FAILED = DayCoverage(last=LastOutcome(state=DayState.FAILED))


def states(found: dict[date, DayCoverage]) -> dict[date, DayState]:
    return {day: one.state for day, one in found.items()}


def test_a_day_of_which_nothing_is_known_is_missing_and_today_is_open() -> None:
    found = grid("1", DAYS, {AccountDay("1", TENTH): LOADED, AccountDay("2", NINTH): LOADED}, TODAY, None, first=NINTH)
    assert states(found) == {
        NINTH: DayState.MISSING,
        TENTH: DayState.LOADED,
        ELEVENTH: DayState.MISSING,
        TODAY: DayState.OPEN,
    }
    assert found[TENTH] == LOADED


def test_a_missing_day_of_a_parked_account_is_parked_from_when_it_could_not_be_read() -> None:
    found = grid("1", DAYS, {}, TODAY, TENTH, first=NINTH)
    assert list(states(found).values()) == [DayState.MISSING, DayState.PARKED, DayState.PARKED, DayState.OPEN]


def test_a_day_before_the_first_one_that_was_asked_for_is_not_missing() -> None:
    assert list(grid("1", DAYS, {}, TODAY, None, first=ELEVENTH)) == [ELEVENTH, TODAY]
    found = grid("1", DAYS, {AccountDay("1", NINTH): FAILED}, TODAY, None, first=ELEVENTH)
    assert states(found) == {NINTH: DayState.FAILED, ELEVENTH: DayState.MISSING, TODAY: DayState.OPEN}


def test_lacking_are_the_days_that_somebody_waits_for() -> None:
    of = {day: DayCoverage(last=LastOutcome(state=state)) for day, state in zip(DAYS, DayState, strict=False)}
    one = AccountCoverage(Account("1", "城东店"), {**of, NINTH: LOADED})
    assert one.lacking == tuple(day for day in DAYS if of[day].state in (DayState.INCOMPLETE, DayState.FAILED))


def test_days_come_one_by_one() -> None:
    both = [AccountCoverage(Account(one, one), {NINTH: LOADED, TENTH: FAILED}) for one in ("1", "2")]
    assert [at for at, _ in each_day(both)] == [AccountDay(one, day) for one in ("1", "2") for day in (NINTH, TENTH)]
