"""What is known of one account on one day."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.coverage.day import DayCoverage, LastOutcome, Loaded, last_outcome
from pipeline.core.errors import AccountUnavailable
from pipeline.core.model import Totals
from pipeline.core.outcome import DayOutcome, DayState
from pipeline.core.runs.findings import Word

DAY = date(2026, 2, 11)
NOW = datetime(2026, 2, 12, 7, tzinfo=UTC)
TROUBLE = AccountUnavailable("code 40002").trouble()
LOADED = Loaded(2, "118.36", "c1", NOW, Totals(Decimal("118.36"), Decimal(7)), "t1")
BAD = [state for state in DayState if not state.good]

failures = st.builds(
    LastOutcome,
    state=st.sampled_from(BAD),
    rows=st.integers(0, 9),
    cost=st.sampled_from(["0", "99.00"]),
    as_of=st.none() | st.integers(-48, 48).map(lambda hours: NOW + timedelta(hours=hours)),
    written=st.none() | st.booleans(),
)


@given(st.lists(st.tuples(failures, st.booleans()), max_size=6))
def test_readings_that_fail_never_erase_what_is_loaded(readings: list[tuple[LastOutcome, bool]]) -> None:
    day = DayCoverage(LOADED)
    for outcome, fetched in readings:
        day = day.after(outcome, fetched=fetched)
    assert day.loaded == LOADED
    assert day.standing in (LOADED, None)


@given(st.lists(failures, max_size=6))
def test_a_loaded_day_of_which_nothing_is_fetched_stays_as_it_is(readings: list[LastOutcome]) -> None:
    day = DayCoverage(LOADED, LastOutcome(state=DayState.LOADED, rows=2, cost="118.36"))
    after = day
    for outcome in readings:
        after = after.after(outcome, fetched=False)
    assert after is day


@given(readings=st.lists(failures, min_size=1, max_size=6), loaded=st.booleans())
def test_a_doubt_lasts_until_a_reading_is_good(readings: list[LastOutcome], *, loaded: bool) -> None:
    day = DayCoverage(LOADED if loaded else None, LastOutcome(state=DayState.INCOMPLETE, written=True))
    for outcome in readings:
        day = day.after(outcome, fetched=True)
    assert (day.doubtful, day.standing) == (True, None)
    good = day.after(LastOutcome(state=DayState.LOADED, written=False), fetched=True)
    assert (good.doubtful, good.standing) == (False, day.loaded)


def test_a_day_is_shown_as_its_last_reading_ended_else_as_it_is_loaded() -> None:
    short = LastOutcome(state=DayState.INCOMPLETE, rows=1, cost="99.00", what_to_do="请检查")
    assert DayCoverage(LOADED, short).shown == short
    assert DayCoverage(LOADED).shown == LastOutcome(state=DayState.LOADED, rows=2, cost="118.36")
    assert DayCoverage(replace(LOADED, rows=0, cost="0")).state == DayState.EMPTY
    assert DayCoverage().state == DayState.MISSING


@pytest.mark.parametrize(
    ("last", "doubtful"),
    [
        (None, False),
        (LastOutcome(state=DayState.INCOMPLETE, written=False), False),
        (LastOutcome(state=DayState.FAILED, written=True), True),
        (LastOutcome(state=DayState.INCOMPLETE), True),  # an older release did not say
        (LastOutcome(state=DayState.FAILED), False),
    ],
)
def test_figures_stand_unless_rows_were_perhaps_written_since(last: LastOutcome | None, *, doubtful: bool) -> None:
    day = DayCoverage(LOADED, last)
    assert (day.doubtful, day.standing) == (doubtful, None if doubtful else LOADED)


def test_a_load_is_the_outcome_of_a_reading_too() -> None:
    cost = Decimal("118.36")
    assert LOADED.outcome(DAY) == DayOutcome(day=DAY, state=DayState.LOADED, rows=2, cost=cost)


def test_what_is_remembered_of_a_reading_is_its_state_its_figures_its_time_and_what_to_do() -> None:
    bad = DayOutcome(day=DAY, state=DayState.FAILED, trouble=TROUBLE)
    good = DayOutcome(day=DAY, state=DayState.LOADED, rows=2, cost=Decimal("118.36"), outside=Decimal("40.50"))
    assert [last_outcome(Word(bad, None), written=True), last_outcome(Word(good, NOW), written=True)] == [
        LastOutcome(state=DayState.FAILED, what_to_do=TROUBLE.what_to_do, written=True, reason=TROUBLE.reason),
        LastOutcome(state=DayState.LOADED, rows=2, cost="118.36", outside="40.50", as_of=NOW, written=False),
    ]
