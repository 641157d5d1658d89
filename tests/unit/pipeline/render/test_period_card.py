import json
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from pipeline.core.history import Figures
from pipeline.core.model import DayRange
from pipeline.core.outcome import DayState
from pipeline.core.week import AccountWeek, Week
from pipeline.render.period_card import ACCOUNTS_SHOWN, report_card, weekly_card
from tests.cards import WEBHOOK_BYTES
from tests.unit.pipeline.core.test_report import report, row, summed
from tests.unit.pipeline.render.test_cards import rows, text

MONDAY = date(2026, 2, 2)
DAYS = DayRange(MONDAY, MONDAY + timedelta(days=6))


def figures(cost: str, conversions: str | None) -> Figures:
    return Figures(0, Decimal(cost), None if conversions is None else Decimal(conversions))


def account(name: str = "城东店", *lacking: date) -> AccountWeek:
    return AccountWeek(name, figures("1500", "30"), figures("1000", "25"), lacking)


def head(card: dict[str, Any]) -> str:
    return str(card["header"]["template"])


def test_the_weekly_card_sets_last_week_against_the_one_before() -> None:
    card = weekly_card(Week(DAYS, (account(),)))
    said = text(card)
    assert "周报 2026-02-02 至 2026-02-08" in said
    assert "消耗 **1,500.00** 元, 转化 **30**, 转化成本 **50.00** 元" in said
    assert "消耗 +50.0%, 转化 +20.0%, 转化成本 +25.0%" in said
    assert head(card) == "blue"
    assert rows(card)[0]["change"] == "+50.0%"


def test_days_that_are_not_whole_come_first_and_colour_the_card() -> None:
    card: dict[str, Any] = weekly_card(Week(DAYS, (account("城东店", MONDAY), account("城西店", MONDAY))))
    assert "1 天数据不完整" in card["body"]["elements"][0]["content"]
    assert "02-02 (城东店 等 2 个)" in card["body"]["elements"][0]["content"]
    assert head(card) == "orange"
    assert rows(card)[0]["change"] == "+50.0%, 缺数据"


def test_what_is_not_known_is_not_called_zero() -> None:
    one = AccountWeek("城东店", figures("10", None), figures("0", "0"))
    said = text(weekly_card(Week(DAYS, (one,))))
    assert "转化 **未知**, 转化成本 **-** 元" in said
    assert "消耗 -, 转化 -, 转化成本 -" in said


def test_a_thousand_accounts_with_long_names_and_every_day_missing_fit_into_the_webhook() -> None:
    days = [*DAYS, *(day - timedelta(days=7) for day in DAYS)]
    card = weekly_card(Week(DAYS, tuple(account("店" * 80 + str(n), *days) for n in range(1000))))
    assert len(json.dumps(card)) < WEBHOOK_BYTES
    assert len(rows(card)) == ACCOUNTS_SHOWN
    assert "另有 970 个账户未列出" in text(card)


def test_the_card_of_a_report_has_its_sums_and_says_where_the_file_lies() -> None:
    card = report_card(report(summed(row("300", "3"))), "/data/r.html")
    said = text(card)
    assert "消耗 **300.00** 元, 转化 **3**, 转化成本 **100.00** 元" in said
    assert "`/data/r.html`" in said
    assert head(card) == "blue"


def test_the_card_of_a_report_with_missing_days_is_red_and_says_so_first() -> None:
    card: dict[str, Any] = report_card(report(summed(row()), a1_0=DayState.MISSING), "r.html")
    assert "1 天数据不完整" in card["body"]["elements"][0]["content"]
    assert head(card) == "red"
