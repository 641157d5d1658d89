from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.coverage.day import DayCoverage, LastOutcome
from pipeline.core.model import Account, Cell, DayRange, FoundRow
from pipeline.core.outcome import DayState
from pipeline.core.table.columns import DEFAULT_COLUMNS
from pipeline.core.table.layout import match
from pipeline.core.telling.report import NO_ACCOUNT, Report, Restated, Tally, tally, top, weekdays, worst
from tests.unit.pipeline.core.tables import fields, layout

MONDAY = date(2026, 2, 2)
ACCOUNTS = (Account("1", "城东店"), Account("2", "城西店"))


def row(
    cost: str | None = "10",
    conversions: str | None = "1",
    *,
    day: date = MONDAY,
    unit: str = "u1",
    account: str = "城东店",
    name: str = "套餐",
) -> FoundRow:
    money = None if cost is None else Decimal(cost)
    converted = None if conversions is None else Decimal(conversions)
    cells: dict[str, Cell] = {"消耗(元)": money, "转化数": converted, "单元名称": name}
    return FoundRow("rec", day, unit, account, money or Decimal(0), cells)


def summed(*rows: FoundRow) -> Tally:
    return tally(layout(), rows)


def report(found: Tally, days: DayRange | None = None, **states: DayState) -> Report:
    """A report of a week; `states` by account and day of it, such as `a1_3`."""
    shown = days or DayRange(MONDAY, MONDAY + timedelta(days=6))
    grid = {
        account: {
            day: DayCoverage(last=LastOutcome(state=states.get(f"a{account.id}_{n}", DayState.LOADED)))
            for n, day in enumerate(shown)
        }
        for account in ACCOUNTS
    }
    now = datetime(2026, 2, 10, tzinfo=UTC)
    restated = (Restated("城东店", MONDAY, now, "daily-2026-02-03"),)
    return Report(
        days=shown, tally=found, grid=grid, restated=restated, as_of=now, made_at=now, link="https://feishu.cn/base/x"
    )


ROWS = st.builds(
    row,
    st.decimals(0, 10**6, places=2).map(str),
    st.integers(0, 500).map(str),
    day=st.dates(MONDAY, MONDAY + timedelta(days=30)),
    unit=st.sampled_from(["", "u1", "u2", "u3"]),
    account=st.sampled_from(["", "城东店", "城西店"]),
)


@given(st.lists(ROWS, max_size=40))
def test_by_day_by_account_and_by_promotion_it_is_the_same_sum_to_the_fen(rows: list[FoundRow]) -> None:
    found = summed(*rows)
    promotions = [one.sums for one in found.promotions.values()]
    for parts in (found.days.values(), found.accounts.values(), found.account_days.values(), promotions):
        assert sum(one.cost for one in parts) == found.total.cost == sum(one.cost for one in rows)
        assert sum(one.conversions for one in parts) == found.total.conversions
        assert sum(one.rows for one in parts) == found.total.rows == len(rows)


def test_rows_are_summed_as_they_come_and_none_is_kept() -> None:
    alive = 0

    class Counted(FoundRow):
        def __del__(self) -> None:
            nonlocal alive
            alive -= 1

    def rows() -> Iterator[FoundRow]:
        nonlocal alive
        one = row()
        for _ in range(500):
            alive += 1
            yield Counted("rec", one.day, "u1", "城东店", one.cost, one.cells)
            assert alive <= 2

    assert summed(*[]).total.rows == 0
    assert tally(layout(), rows()).total.rows == 500


def test_a_row_whose_cost_cannot_be_read_is_counted_but_not_that_of_a_person_without_an_id() -> None:
    found = summed(row(None), row(None, unit=""), row())
    assert (found.unreadable, found.total.rows, found.total.cost) == (1, 3, Decimal(10))


def test_a_row_without_an_account_has_a_line_of_its_own() -> None:
    assert set(summed(row(account="")).accounts) == {NO_ACCOUNT}


def test_only_the_accounts_that_were_asked_for_count() -> None:
    found = tally(layout(), [row(), row(account="城西店")], {"城西店"})
    assert set(found.accounts) == {"城西店"}


def test_a_promotion_goes_by_its_newest_name() -> None:
    later = MONDAY + timedelta(days=1)
    found = summed(row(day=later, name="新名"), row(name="旧名"))
    assert [(one.name, one.sums.rows) for one in found.promotions.values()] == [("新名", 2)]


def test_without_conversions_there_is_no_cost_of_one() -> None:
    found = summed(row(conversions="0"))
    assert found.total.unit_cost is None


def test_a_table_without_the_column_has_no_conversions_and_no_worst_promotions() -> None:
    columns = [one for one in DEFAULT_COLUMNS if one.source != "convert_cnt"]
    found = tally(match(columns, fields(), layout().time_zone), [row()])
    assert not found.has_conversions
    assert worst(found) == []


def test_the_top_are_those_with_the_largest_cost() -> None:
    found = summed(*(row(str(n), unit=f"u{n}", name=f"n{n}") for n in range(15)))
    assert [one.name for one in top(found)] == [f"n{n}" for n in range(14, 4, -1)]


def test_the_worst_are_first_those_without_a_conversion_then_the_dearest_that_spent_enough() -> None:
    found = summed(
        row("50", "0", unit="a", name="没有转化"),
        row("70", "0", unit="b", name="没有转化, 更多消耗"),
        row("99", "1", unit="c", name="消耗不够"),
        row("300", "2", unit="d", name="贵"),
        row("300", "3", unit="e", name="便宜"),
        row("0", "0", unit="f", name="没有消耗"),
    )
    assert [one.name for one in worst(found)] == ["没有转化, 更多消耗", "没有转化", "贵", "便宜"]


def test_a_day_that_one_account_lacks_is_not_whole_and_today_is_not_either() -> None:
    made = report(summed(row()), a1_0=DayState.FAILED, a2_0=DayState.MISSING, a2_6=DayState.OPEN)
    assert made.lacking == {MONDAY: ["城东店", "城西店"], MONDAY + timedelta(days=6): ["城西店"]}


def test_a_parked_account_is_told_apart_as_in_a_run() -> None:
    made = report(summed(row()), a1_0=DayState.PARKED, a1_1=DayState.PARKED)
    assert made.lacking == {}
    assert made.parked == {"城东店": 2}


def test_a_weekday_is_the_average_of_its_whole_days() -> None:
    rows = [row("10", "1"), row("40", "3", day=MONDAY + timedelta(days=7)), row("7", day=MONDAY + timedelta(days=14))]
    days = DayRange(MONDAY, MONDAY + timedelta(days=20))
    monday = weekdays(report(summed(*rows), days, a1_14=DayState.FAILED))[0]
    assert (monday.number, monday.days, monday.cost, monday.conversions) == (0, 2, Decimal(25), Decimal(2))


def test_days_before_an_account_s_first_one_are_unrecorded_and_neither_whole_nor_lacking() -> None:
    whole = report(
        summed(row("10"), row("40", day=MONDAY + timedelta(days=7))), DayRange(MONDAY, MONDAY + timedelta(13))
    )
    city, west = whole.grid.values()
    late = replace(whole, grid=dict(zip(ACCOUNTS, (from_day(city, 7), from_day(west, 8)), strict=True)))
    assert late.lacking == {}
    assert late.unrecorded == dict.fromkeys(DayRange(MONDAY, MONDAY + timedelta(6)), 2) | {MONDAY + timedelta(7): 1}
    assert (weekdays(late)[0].days, weekdays(late)[0].cost) == (1, Decimal(40))
    assert weekdays(whole)[0].days == 2


def from_day(days: Mapping[date, DayCoverage], first: int) -> dict[date, DayCoverage]:
    return {day: one for day, one in days.items() if day >= MONDAY + timedelta(days=first)}


def test_the_sums_of_two_tables_are_those_of_all_their_rows() -> None:
    rows = [row(), row("3", name="套餐二"), row("5", "2", day=MONDAY + timedelta(days=1), name="新套餐")]
    both = summed(*rows[:2])
    both.join(summed(*rows[2:]))
    assert both == summed(*rows)
