"""What becomes of keys that stand under another account, by what that account reports."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from pipeline.core.errors import ServerTrouble
from pipeline.core.model import Account, AccountDay, ReportRow
from pipeline.core.runs.shared_keys import Report, Shared, by_day, decide
from pipeline.core.table.shared_keys import Guest, SharedKey
from tests.unit.pipeline.core.tables import layout

DAY = date(2026, 2, 11)
MAIN, COPY = Account("1801", "主账户"), Account("1802", "复制账户")
ACCOUNTS = {MAIN.id: MAIN, COPY.id: COPY}
AT_MAIN, AT_COPY = AccountDay(MAIN.id, DAY), AccountDay(COPY.id, DAY)
LAYOUT = layout(typed=True)
METRICS = {name: Decimal(5) for name in ("stat_cost", "convert_cnt", "conversion_cost", "clue_pay_order_cnt")}


def row(account: Account, promotion: str = "p1", cost: int = 5) -> ReportRow:
    return ReportRow(account.id, DAY, promotion, "双人套餐", {**METRICS, "stat_cost": Decimal(cost)})


def guest(promotion: str = "p1") -> Guest:
    return Guest(LAYOUT.want(row(COPY, promotion), COPY), MAIN)


def decided(report: Report, *guests: Guest) -> Shared:
    return decide(LAYOUT, guests or [guest()], {AT_MAIN: report}, ACCOUNTS)


def test_a_key_with_the_same_figures_stays_under_its_holder() -> None:
    theirs = row(MAIN)
    assert decided({theirs.key: theirs}) == Shared(keys=(SharedKey(theirs.key, COPY.id, MAIN, theirs),))


def test_a_key_that_its_holder_does_not_report_is_rewritten() -> None:
    assert decided({}) == Shared()


def test_different_figures_are_not_written_and_both_accounts_are_named() -> None:
    theirs = row(MAIN, cost=6)
    found = decided({theirs.key: theirs})
    assert found.keys == (SharedKey(theirs.key, COPY.id, MAIN, None),)
    assert found.conflicts == (AT_MAIN, AT_COPY)
    (said,) = found.warnings
    assert "“主账户”与“复制账户”的单元 p1 数据不同" in said


def test_a_line_names_three_promotions_and_how_many_there_are() -> None:
    ids = ["p1", "p2", "p3", "p4"]
    theirs = [row(MAIN, promotion, cost=6) for promotion in ids]
    (said,) = decided({one.key: one for one in theirs}, *map(guest, ids)).warnings
    assert "p1, p2, p3 等 4 个" in said


def test_a_holder_that_cannot_be_asked_leaves_a_doubt_and_nothing_is_written() -> None:
    why = ServerTrouble("away").trouble()
    found = decided(why)
    assert [(one.account_id, one.day, one.trouble) for one in found.doubts] == [(COPY.id, DAY, why)]
    assert [one.row for one in found.keys] == [None]
    assert (found.conflicts, found.warnings) == ((), ())


def test_a_day_without_rows_has_an_empty_report() -> None:
    other = replace(row(MAIN), day=date(2026, 2, 10))
    assert by_day(MAIN.id, [DAY], [other]) == {AT_MAIN: {}}
