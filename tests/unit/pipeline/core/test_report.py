"""What a report sums up."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.coverage import AccountCoverage, KnownDay
from pipeline.core.history import Figures
from pipeline.core.model import Account, Cell, DayRange, FoundRow
from pipeline.core.outcome import DayState
from pipeline.core.report import NOTHING, PROMOTIONS_SHOWN, Report, Sums

MONDAY = date(2026, 2, 9)
NOW = datetime(2026, 2, 16, tzinfo=UTC)
COUNT, NAME = "转化数", "单元名称"


def row(
    promotion: str, cost: str, conversions: int = 0, account: str = "城东店", day: date | None = MONDAY
) -> FoundRow:
    cells: dict[str, Cell] = {COUNT: Decimal(conversions), NAME: f"单元{promotion}"}
    return FoundRow(f"rec{promotion}", day, promotion, account, Decimal(cost), cells)


def report(*rows: FoundRow, days: int = 7, coverage: tuple[AccountCoverage, ...] = ()) -> Report:
    sums = Sums(COUNT, NAME)
    for one in rows:
        sums.add(one)
    span = DayRange(MONDAY, MONDAY + timedelta(days=days - 1))
    return Report(days=span, made_at=NOW, sums=sums, coverage=coverage, restated={})


def test_rows_are_summed_by_day_account_and_promotion() -> None:
    later = MONDAY + timedelta(days=1)
    made = report(row("1", "10.10", 1), row("1", "0.20", 1, day=later), row("2", "5.00", account="城西店"))
    assert made.total == Figures(3, Decimal("15.30"), Decimal(2))
    assert made.sums.by_day[MONDAY].cost == Decimal("15.10")
    assert made.accounts == [
        ("城东店", Figures(2, Decimal("10.30"), Decimal(2))),
        ("城西店", Figures(1, Decimal("5.00"), Decimal(0))),
    ]
    assert [(one.promotion_id, one.name, one.figures.cost) for one in made.top] == [
        ("1", "单元1", Decimal("10.30")),
        ("2", "单元2", Decimal("5.00")),
    ]


def test_a_row_without_a_day_belongs_to_no_report() -> None:
    assert report(row("1", "10.00", day=None)).total == NOTHING


def test_the_worst_spend_without_a_conversion_or_pay_most_for_one_and_never_little() -> None:
    made = report(row("dear", "500.00", 1), row("fair", "500.00", 50), row("none", "60.00"), row("little", "49.99"))
    assert [one.promotion_id for one in made.worst] == ["none", "dear", "fair"]


def test_lists_of_promotions_are_short() -> None:
    made = report(*(row(str(n), f"{100 + n}.00") for n in range(PROMOTIONS_SHOWN + 5)))
    assert (len(made.top), len(made.worst)) == (PROMOTIONS_SHOWN, PROMOTIONS_SHOWN)
    assert made.top[0].promotion_id == str(PROMOTIONS_SHOWN + 4)


def test_a_weekday_s_mean_counts_days_without_rows_and_is_unknown_where_there_is_no_such_day() -> None:
    fortnight = report(row("1", "10.00"), days=14)
    assert fortnight.weekdays == (Decimal(5), *[Decimal(0)] * 6)
    assert report(row("1", "10.00"), days=1).weekdays == (Decimal("10.00"), *[None] * 6)


def test_days_that_are_not_whole_are_counted_and_those_of_parked_accounts_are_not() -> None:
    days = {MONDAY + timedelta(days=n): KnownDay(state=state) for n, state in enumerate(DayState)}
    made = report(coverage=(AccountCoverage(Account("1", "城东店"), days),))
    lacking = {days[day].state for day in made.coverage[0].lacking}
    assert lacking == {DayState.INCOMPLETE, DayState.FAILED, DayState.MISSING, DayState.OPEN}
    assert made.days_not_whole == 4


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2), st.integers(0, 10**9), st.integers(0, 6))))
def test_each_way_of_summing_gives_the_same_total(rows: list[tuple[int, int, int, int]]) -> None:
    made = report(
        *(
            row(str(promotion), str(Decimal(fen) / 100), account=f"店{account}", day=MONDAY + timedelta(days=day))
            for promotion, account, fen, day in rows
        )
    )
    cost = sum((Decimal(fen) / 100 for *_, fen, _ in rows), Decimal(0))
    sums = made.sums
    ways = (sums.by_day.values(), sums.by_account.values(), sums.by_account_day.values())
    for way in (*ways, [one.figures for one in sums.promotions.values()]):
        assert sum((one.cost for one in way), Decimal(0)) == cost
        assert sum(one.rows for one in way) == len(rows)
