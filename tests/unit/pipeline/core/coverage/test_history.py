"""The figures of the past, as cards and reports look back on them."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from pipeline.core.coverage.day import UNKNOWN, DayCoverage, LastOutcome, Loaded
from pipeline.core.coverage.history import Figures, figures_of, history_of, looked_back, read_at
from pipeline.core.model import AccountDay, Totals
from pipeline.core.outcome import DayState

DAY = date(2026, 2, 11)
BEFORE = DAY - timedelta(days=1)
NOW = datetime(2026, 2, 12, 7, tzinfo=UTC)
EARLIER = NOW - timedelta(days=1)
DOUBT = LastOutcome(state=DayState.INCOMPLETE, written=True)


def loaded(checksum: str = "c1", totals: Totals | None = None, as_of: datetime = NOW) -> Loaded:
    return Loaded(2, "118.36", checksum, as_of, totals)


def test_figures_are_rows_cost_and_the_account_s_conversions() -> None:
    totals = Totals(Decimal("118.36"), Decimal(7))
    assert figures_of(loaded(totals=totals)) == Figures(2, Decimal("118.36"), Decimal(7))


def test_where_the_account_report_said_nothing_there_were_no_conversions() -> None:
    assert figures_of(loaded()).conversions == 0


def test_conversions_that_nobody_remembers_are_not_zero() -> None:
    assert figures_of(loaded(UNKNOWN)).conversions is None


def test_a_day_that_is_in_doubt_or_was_never_loaded_has_no_figures() -> None:
    places = [AccountDay(one, DAY) for one in ("1", "2", "3")]
    days = zip(places, (DayCoverage(loaded()), DayCoverage(loaded(), DOUBT), DayCoverage(last=DOUBT)), strict=True)
    assert history_of(days).keys() == {places[0]}


def test_a_look_back_keeps_what_is_known_of_the_newest_day_doubtful_or_not() -> None:
    sure, doubtful = DayCoverage(loaded()), DayCoverage(loaded(), DOUBT)
    days = [(AccountDay("1", BEFORE), sure), (AccountDay("1", DAY), doubtful), (AccountDay("2", DAY), sure)]
    history, newest = looked_back(days, DAY)
    assert history == history_of(days)
    assert newest == {"1": doubtful, "2": sure}


def test_figures_are_as_old_as_the_newest_day_of_the_account_that_was_read_first() -> None:
    older, newer = DayCoverage(loaded(as_of=EARLIER)), DayCoverage(loaded())
    days = [(AccountDay("1", DAY), newer), (AccountDay("1", BEFORE), older), (AccountDay("2", DAY), newer)]
    assert read_at(days) == NOW
    assert read_at([*days, (AccountDay("3", BEFORE), older)]) == EARLIER
    assert read_at([(AccountDay("1", DAY), DayCoverage(last=DOUBT))]) is None
