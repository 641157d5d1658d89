from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from pipeline.core.coverage.day import DayCoverage, LastOutcome, Loaded
from pipeline.core.coverage.history import Sum, sum_of
from pipeline.core.coverage.letters import BLANK
from pipeline.core.coverage.states import LETTERS
from pipeline.core.model import DayRange, Totals
from pipeline.core.outcome import DayState
from pipeline.core.overview.registers.reports import Comparison, comparison, range_before

DAYS = DayRange(date(2026, 3, 8), date(2026, 3, 14))
NAMES = {"1": "蜀香小馆", "2": "南门烤鱼"}
Days = dict[tuple[str, int], DayCoverage]


def loaded(cost: str, conversions: int | None = 1) -> DayCoverage:
    totals = None if conversions is None else Totals(Decimal(cost), Decimal(conversions))
    return DayCoverage(Loaded(3, cost, "" if conversions is None else "sum", datetime(2026, 3, 15, tzinfo=UTC), totals))


def bad(state: DayState) -> DayCoverage:
    return DayCoverage(last=LastOutcome(state=state))


def made(days: Days) -> Comparison:
    return compared(DAYS, {(account_id, date(2026, 3, day)): one for (account_id, day), one in days.items()})


def compared(days: DayRange, known: Mapping[tuple[str, date], DayCoverage]) -> Comparison:
    before = range_before(days)
    both = DayRange(before.first, days.last)

    def letters(account_id: str) -> str:
        there = (known.get((account_id, day)) for day in both)
        return "".join(LETTERS[one.state] if one else BLANK for one in there)

    def sums(of: DayRange) -> dict[str, Sum]:
        there = {one: [known.get((one, day)) for day in of] for one in NAMES}
        return {one: sum_of([day.loaded for day in found if day and day.loaded]) for one, found in there.items()}

    return comparison(days, NAMES, {one: letters(one) for one in NAMES}, sums(days), sums(before))


def whole(account_id: str, cost: str, days: range) -> Days:
    return {(account_id, day): loaded(cost) for day in days}


def test_the_range_before_is_as_long_and_ends_where_this_one_begins() -> None:
    assert range_before(DAYS) == DayRange(date(2026, 3, 1), date(2026, 3, 7))
    assert range_before(DayRange(DAYS.last, DAYS.last)) == DayRange(date(2026, 3, 13), date(2026, 3, 13))


def test_totals_and_accounts_are_summed_in_both_ranges_the_largest_first() -> None:
    found = made(
        whole("1", "10.00", range(1, 15)) | whole("2", "20.00", range(8, 15)) | whole("2", "5.00", range(1, 8))
    )
    assert [(one.name, one.now.figures.cost, one.before.figures.cost) for one in found.accounts] == [
        ("南门烤鱼", Decimal("140.00"), Decimal("35.00")),
        ("蜀香小馆", Decimal("70.00"), Decimal("70.00")),
    ]
    total = found.total
    assert (total.now.figures.cost, total.before.figures.cost) == (Decimal("210.00"), Decimal("105.00"))
    assert (total.now.figures.rows, total.now.figures.conversions) == (42, Decimal(14))
    assert (total.shift, total.now.unit_cost) == (Decimal(1), Decimal(15))
    assert found.lacking == {}


def test_what_is_not_loaded_did_not_fall_and_nothing_rises_from_below_zero() -> None:
    found = made(whole("1", "10.00", range(1, 15)) | whole("2", "5.00", range(1, 8)))
    assert {one.name: one.shift for one in found.accounts} == {"蜀香小馆": Decimal(0), "南门烤鱼": None}
    assert made(whole("1", "10.00", range(1, 8))).total.shift is None
    assert made(whole("1", "-1.00", range(1, 8)) | whole("1", "1.00", range(8, 15))).total.shift is None


def test_days_that_are_not_whole_are_counted_by_day_and_account() -> None:
    days = whole("1", "10.00", range(1, 15)) | whole("2", "10.00", range(1, 15))
    days[("1", 9)] = bad(DayState.FAILED)
    days[("2", 9)] = bad(DayState.INCOMPLETE)
    days[("2", 10)] = bad(DayState.PARKED)
    del days[("2", 3)]
    found = made(days)
    assert found.lacking == {date(2026, 3, 9): 2}
    assert {one.id: (one.now.lacking, one.before.lacking) for one in found.accounts} == {"1": (1, 0), "2": (1, 1)}
    assert (found.total.now.lacking, found.total.before.lacking) == (2, 1)


def test_a_day_that_failed_later_still_counts_what_is_in_the_table_and_is_told() -> None:
    days = whole("1", "10.00", range(1, 15))
    days[("1", 9)] = DayCoverage(days[("1", 9)].loaded, LastOutcome(state=DayState.INCOMPLETE))
    found = made(days)
    assert (found.total.now.figures.cost, found.total.now.lacking) == (Decimal("70.00"), 1)


def test_an_account_that_is_new_is_not_owed_the_days_before() -> None:
    found = made(whole("1", "10.00", range(1, 15)) | whole("2", "10.00", range(12, 15)))
    assert found.total.now.lacking == found.total.before.lacking == 0


def test_days_of_which_nobody_knows_are_counted_apart() -> None:
    found = made(whole("1", "10.00", range(3, 15)))
    known = {one.id: (one.now.unknown, one.before.unknown) for one in found.accounts}
    assert known == {"1": (0, 2), "2": (7, 7)}
    assert (found.total.now.unknown, found.total.before.unknown) == (7, 9)
    assert made({}).total.now.unknown == 14


def test_conversions_that_nobody_knows_are_not_zero() -> None:
    days = whole("1", "10.00", range(1, 15)) | {("1", 9): loaded("10.00", None)}
    total = made(days).total
    assert (total.now.figures.conversions, total.now.unit_cost) == (None, None)
    assert total.before.figures.conversions == 7


def test_without_anything_loaded_every_account_is_there_with_nothing() -> None:
    found = made({})
    assert [one.id for one in found.accounts] == ["2", "1"]
    assert (found.total.now.figures.cost, found.total.shift, found.lacking) == (Decimal(0), None, {})


def test_a_year_is_compared_with_the_year_before() -> None:
    year = DayRange(date(2026, 1, 1), date(2026, 12, 31))
    found = compared(year, {("1", year.first + timedelta(days=n)): loaded("1.00") for n in range(-365, 365)})
    assert (found.total.now.figures.cost, found.total.shift) == (Decimal(365), Decimal(0))
