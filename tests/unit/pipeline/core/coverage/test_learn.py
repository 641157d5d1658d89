"""What a run leaves behind of its days."""

from datetime import UTC, date, datetime
from decimal import Decimal

from pipeline.core.coverage.day import DayCoverage, LastOutcome, Loaded
from pipeline.core.coverage.learn import learned, untouched, written
from pipeline.core.errors import AccountUnavailable
from pipeline.core.model import Account, AccountDay, DayRange
from pipeline.core.outcome import DayOutcome, DayState, FetchOutcome, LoadOutcome, Run
from pipeline.core.runs.findings import Findings, Word

NINTH, TENTH = date(2026, 2, 9), date(2026, 2, 10)
NOW = datetime(2026, 2, 12, 7, tzinfo=UTC)
TROUBLE = AccountUnavailable("code 40002").trouble()
AT = AccountDay("1", NINTH)
LOADED = Loaded(2, "118.36", "c1", NOW)
FAILED = Word(DayOutcome(day=NINTH, state=DayState.FAILED, trouble=TROUBLE), NOW)
GOOD = Word(DayOutcome(day=NINTH, state=DayState.LOADED, rows=2, cost=Decimal("118.36")), NOW)


def found(load: LoadOutcome | None = None) -> Findings:
    """A batch of two accounts and days, of which one account's second day was fetched, though not whole."""
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
    return Findings(part, {"1": fetch}, load, None)


def test_untouched_are_the_days_of_which_nothing_was_fetched() -> None:
    assert untouched([found()]) == {AT, AccountDay("2", NINTH), AccountDay("2", TENTH)}


def test_a_load_may_have_written_every_fetched_day_and_a_failed_one_what_it_set_out_to_change() -> None:
    fetched = {AccountDay("1", TENTH)}
    assert written(found(LoadOutcome()), set()) == fetched
    assert written(found(LoadOutcome(trouble=TROUBLE)), {AT}) == set()
    assert written(found(LoadOutcome(trouble=TROUBLE)), {AT, *fetched}) == fetched
    assert written(found(), None) == fetched  # nobody can say


def test_a_failed_reading_leaves_a_loaded_day_as_it_is_remembered() -> None:
    assert learned({AT: FAILED}, {AT: DayCoverage(LOADED)}, {AT}) == {}
    assert learned({AT: FAILED}, {}, {AT})[AT].state == DayState.FAILED


def test_a_day_that_was_in_doubt_stays_so_until_it_is_good() -> None:
    doubt = {AT: DayCoverage(LOADED, LastOutcome(state=DayState.INCOMPLETE, written=True))}
    assert learned({AT: FAILED}, doubt)[AT].written
    assert not learned({AT: GOOD}, doubt)[AT].written
    assert learned({AT: FAILED}, {}, written={AT})[AT].written
    assert not learned({AT: FAILED}, {})[AT].written
