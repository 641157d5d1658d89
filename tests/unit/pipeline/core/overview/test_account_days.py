"""The days of one account."""

from datetime import UTC, date, datetime
from decimal import Decimal

from pipeline.core.coverage.day import DayCoverage, LastOutcome, Loaded
from pipeline.core.model import Account
from pipeline.core.outcome import DayState
from pipeline.core.overview.account_days import account_days

READ = datetime(2026, 2, 12, 2, tzinfo=UTC)
LOADED = Loaded(3, "118.36", "c", READ)
NINTH, TENTH, ELEVENTH = (date(2026, 2, day) for day in (9, 10, 11))


def test_the_newest_day_comes_first_with_what_the_table_has_of_it() -> None:
    failed = LastOutcome(state=DayState.FAILED, reason="account_unavailable", what_to_do="请检查")
    days = {
        NINTH: DayCoverage(LOADED),
        TENTH: DayCoverage(LOADED, failed),
        ELEVENTH: DayCoverage(last=LastOutcome(state=DayState.OPEN)),
    }
    found = account_days(Account("18", "城东店"), days, 1, None)
    assert [line.day for line in found.days] == [ELEVENTH, TENTH, NINTH]
    today, second, first = found.days
    assert (today.rows, today.cost, today.read_at) == (None, None, None)
    assert (second.state, second.rows, second.why) == (DayState.FAILED, 3, "账户不可用")
    assert (first.state, first.cost, first.read_at, first.why) == (DayState.LOADED, Decimal("118.36"), READ, "")
    assert found.lacking == 1


def test_figures_that_rows_written_since_may_contradict_are_not_shown() -> None:
    doubtful = DayCoverage(LOADED, LastOutcome(state=DayState.INCOMPLETE, written=True))
    (line,) = account_days(Account("18", "城东店"), {NINTH: doubtful}, 1, None).days
    assert (line.rows, line.cost) == (None, None)


def test_a_hundred_days_a_page_and_beyond_the_end_is_the_last() -> None:
    days = {date.fromordinal(NINTH.toordinal() - n): DayCoverage(LOADED) for n in range(250)}
    found = account_days(Account("18", "城东店"), days, 9, None)
    assert (found.page, found.pages, len(found.days)) == (3, 3, 50)
    assert account_days(Account("18", "城东店"), days, 1, None).days[0].day == NINTH
    assert account_days(Account("18", "城东店"), {}, 1, None).pages == 1
