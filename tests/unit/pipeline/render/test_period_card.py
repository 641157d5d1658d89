import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from pipeline.core.coverage.history import Figures
from pipeline.core.model import DayRange
from pipeline.core.outcome import DayState
from pipeline.core.telling.week import AccountWeek, Compared, Week
from pipeline.render.period_card import ACCOUNTS_SHOWN, report_card, weekly_card
from tests.cards import WEBHOOK_BYTES
from tests.unit.pipeline.core.telling.test_report import report, row, summed
from tests.unit.pipeline.render.test_cards import rows, text

MONDAY = date(2026, 2, 2)
DAYS = DayRange(MONDAY, MONDAY + timedelta(days=6))


def figures(cost: str, conversions: str | None) -> Figures:
    return Figures(0, Decimal(cost), None if conversions is None else Decimal(conversions))


def account(name: str = "城东店", *lacking: date, days: int = 7) -> AccountWeek:
    return AccountWeek(
        name, figures("1500", "30"), Compared(days, figures("1500", "30"), figures("1000", "25")), lacking
    )


def up(percent: str) -> str:
    return f"<font color='red'>▲ {percent}%</font>"


def head(card: dict[str, Any]) -> str:
    return str(card["header"]["template"])


def test_the_weekly_card_sets_last_week_against_the_one_before() -> None:
    card = weekly_card(Week(DAYS, (account(),), datetime(2026, 2, 9, 2, 35, tzinfo=UTC)))
    said = text(card)
    assert "周报 2026-02-02 至 2026-02-08" in said
    assert "消耗 **1,500.00** 元，转化 **30**，转化成本 **50.00** 元，数据截至 02-09 10:35" in said
    moved = (
        f"消耗 {up('50.0')}（1,000.00 → 1,500.00）",
        f"转化 {up('20.0')}（25 → 30）",
        f"转化成本 {up('25.0')}（40.00 → 50.00）",
    )
    assert "\\n- ".join(["**较前一周**", *moved]) in said
    assert head(card) == "blue"
    assert rows(card)[0]["change"] == up("50.0")


def test_where_days_lack_in_either_week_only_the_others_are_compared_and_that_is_said() -> None:
    card = weekly_card(Week(DAYS, (account(days=5), account("城西店"))))
    assert "**较前一周**（只对比两周数据都完整的日期，各账户合计 12/14 天）" in text(card)
    assert {row["account"]: row["change"] for row in rows(card)} == {
        "城东店": f"{up('50.0')}（5 天）",
        "城西店": up("50.0"),
    }


def test_where_no_day_is_whole_in_both_weeks_there_is_no_comparison_and_the_card_says_why() -> None:
    nothing = Compared(0, figures("0", "0"), figures("0", "0"))
    card = weekly_card(Week(DAYS, (AccountWeek("城东店", figures("1500", "30"), nothing),)))
    assert "无法与前一周对比：没有任何一天的数据在两周都完整" in text(card)
    assert "%" not in text(card)
    assert rows(card)[0]["change"] == "无对比"


def test_days_that_are_not_whole_come_first_and_colour_the_card() -> None:
    card: dict[str, Any] = weekly_card(Week(DAYS, (account("城东店", MONDAY), account("城西店", MONDAY))))
    assert "1 天数据不完整" in card["body"]["elements"][0]["content"]
    assert "02-02（城东店 等 2 个账户）" in card["body"]["elements"][0]["content"]
    assert head(card) == "orange"
    assert rows(card)[0]["change"] == f"{up('50.0')}，缺 1 天"


def test_what_is_not_known_is_not_called_zero() -> None:
    one = AccountWeek("城东店", figures("10", None), Compared(7, figures("10", None), figures("0", "0")))
    said = text(weekly_card(Week(DAYS, (one,))))
    assert "转化 **未知**，转化成本 **-** 元" in said
    assert "- 消耗（0.00 → 10.00）\\n- 转化无对比\\n- 转化成本无对比" in said


def test_a_thousand_accounts_with_long_names_and_every_day_missing_fit_into_the_webhook() -> None:
    card = weekly_card(Week(DAYS, tuple(account("店" * 80 + str(n), *DAYS) for n in range(1000))))
    assert len(json.dumps(card)) < WEBHOOK_BYTES
    assert len(rows(card)) == ACCOUNTS_SHOWN
    assert "另有 970 个账户未列出" in text(card)


def test_the_card_of_a_report_has_its_sums_and_says_who_has_the_file() -> None:
    card = report_card(report(summed(row("300", "3"))))
    said = text(card)
    assert "消耗 **300.00** 元，转化 **3**，转化成本 **100.00** 元" in said
    assert "可向维护人员索取" in said
    assert head(card) == "blue"


def test_the_card_of_a_report_with_missing_days_is_red_and_says_so_first() -> None:
    card: dict[str, Any] = report_card(report(summed(row()), a1_0=DayState.MISSING))
    assert "1 天数据不完整" in card["body"]["elements"][0]["content"]
    assert head(card) == "red"
