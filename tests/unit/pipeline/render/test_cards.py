import json
import re
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest

from emulator.feishu.cards import check_card
from pipeline.core.errors import AccountUnavailable, TableFull, Trouble
from pipeline.core.model import AccountDay, DayRange
from pipeline.core.outcome import AccountResult, DayState, RunState, Summary
from pipeline.core.trend import Figures, Trend, trend
from pipeline.render.cards import Around, greeting_card, run_card, seconds_to_wait

DAY = date(2026, 2, 11)
NOW = datetime(2026, 2, 11, 23, 0, 40, tzinfo=UTC)  # 07:00:40 of 12 February in Shanghai
WEBHOOK_BYTES = 20_000


def account(number: int = 1, state: DayState = DayState.LOADED, trouble: Trouble | None = None) -> AccountResult:
    return AccountResult(
        id=str(1_800_000_000_000_000 + number),
        name=f"青岛市南区海鲜大排档旗舰店{number}号",
        state=state,
        rows=2,
        cost=Decimal("118.36"),
        window_rows=9,
        window_cost=Decimal("700.01"),
        trouble=trouble,
    )


def summary(state: RunState = RunState.SUCCESS, *accounts: AccountResult, **facts: object) -> Summary:
    known: dict[str, Any] = {"created": 3, "updated": 2, "unchanged": 1, "verified": True} | facts
    return Summary(
        run_id="daily-2026-02-11",
        state=state,
        day=DAY,
        days=DayRange(DAY - timedelta(days=6), DAY),
        accounts=accounts or (account(),),
        started_at=NOW,
        ended_at=NOW,
        **known,
    )


def text(card: dict[str, object]) -> str:
    return json.dumps(card, ensure_ascii=False)


def rows(card: dict[str, Any]) -> list[dict[str, object]]:
    [table] = [one for one in card["body"]["elements"] if one["tag"] == "table"]
    found: list[dict[str, object]] = table["rows"]
    return found


@pytest.mark.parametrize(
    ("state", "title", "template"),
    [
        (RunState.SUCCESS, "2026-02-11 同步成功", "green"),
        (RunState.PARTIAL, "2026-02-11 部分完成", "orange"),
        (RunState.FAILED, "2026-02-11 同步失败", "red"),
    ],
)
def test_the_head_says_day_and_state_in_chinese(state: RunState, title: str, template: str) -> None:
    card: Any = run_card(summary(state))
    assert card["header"] == {"title": {"tag": "plain_text", "content": title}, "template": template}
    assert card["config"]["summary"]["content"] == title


def test_the_figures_are_those_of_the_day_in_yuan() -> None:
    said = text(run_card(summary(RunState.PARTIAL, account(1), account(2), account(3, DayState.FAILED))))
    assert "**2/3 个账户**, 6 行, 消耗 355.08 元" in said  # 3 * 118.36
    assert "新增 3 行, 更新 2 行, 未变 1 行; 已回读核对; 数据截至 02-12 07:00" in said


def test_what_was_not_read_back_is_not_called_verified() -> None:
    assert "未能核对" in text(run_card(summary(verified=False)))


def test_each_account_has_a_line_with_its_state() -> None:
    found = rows(
        run_card(summary(RunState.PARTIAL, account(1), account(2, DayState.EMPTY), account(3, DayState.FAILED)))
    )
    assert [one["state"] for one in found] == ["失败", "已入库", "无数据"]
    assert found[1] == {"account": "青岛市南区海鲜大排档旗舰店1号", "state": "已入库", "rows": 2, "cost": 118.36}


@pytest.mark.parametrize("state", DayState)
def test_no_state_of_an_account_is_told_in_english(state: DayState) -> None:
    [row] = rows(run_card(summary(RunState.PARTIAL, account(1, state))))
    assert re.fullmatch(r"[\u4e00-\u9fff]+", str(row["state"]))


@pytest.mark.parametrize("state", RunState)
def test_no_state_of_a_run_is_told_in_english(state: RunState) -> None:
    card: Any = run_card(summary(state))
    assert re.fullmatch(r"2026-02-11 [\u4e00-\u9fff]+", card["header"]["title"]["content"])


def test_troubles_say_what_to_do_and_whom_they_befell() -> None:
    befallen = account(1, DayState.FAILED, AccountUnavailable("no such advertiser").trouble())
    said = text(run_card(summary(RunState.FAILED, befallen, trouble=TableFull("full").trouble())))
    assert TableFull.advice in said
    assert f"**{befallen.name}**: {AccountUnavailable.advice}" in said
    assert "no such advertiser" not in said  # English is for the engineer


def test_warnings_and_what_became_of_the_views_are_told() -> None:
    said = text(run_card(summary(warnings=("2 行被人工改动",), view_notes=("新建 1 个视图",))))
    assert "2 行被人工改动" in said
    assert "新建 1 个视图" in said


def test_a_card_about_a_thousand_accounts_stays_below_the_webhook_s_limit() -> None:
    card = run_card(summary(RunState.SUCCESS, *(account(n) for n in range(1000))))
    assert len(json.dumps(card).encode()) < WEBHOOK_BYTES


def test_a_card_about_a_thousand_failures_stays_below_the_webhook_s_limit_and_says_how_many() -> None:
    trouble = AccountUnavailable("no such advertiser").trouble()
    failures = [account(n, DayState.FAILED, trouble) for n in range(1000)]
    views = f"缺少视图: {', '.join(one.name for one in failures)}"
    card = run_card(summary(RunState.FAILED, *failures, warnings=("多出一行" * 50,) * 1000, view_notes=(views,)))
    assert len(json.dumps(card).encode()) < WEBHOOK_BYTES
    assert "等 1000 个账户" in text(card)
    assert "另有 994 条, 见同步状态表" in text(card)  # 1 + 1000 + 1 - 8
    assert "另有 970 个账户" in text(card)  # 1000 - 30


def test_one_advice_for_several_accounts_is_given_once() -> None:
    gone = AccountUnavailable("no such advertiser").trouble()
    first, second = account(1, DayState.FAILED, gone), account(2, DayState.FAILED, gone)
    said = text(run_card(summary(RunState.PARTIAL, first, second, account(3))))
    assert f"**{first.name}、{second.name}**: {gone.what_to_do}" in said
    assert said.count(gone.what_to_do) == 1


def test_what_befell_the_whole_run_is_not_told_of_each_account_again() -> None:
    full = TableFull("full").trouble()
    said = text(run_card(summary(RunState.FAILED, account(1, DayState.FAILED, full), trouble=full)))
    assert said.count(full.what_to_do) == 1


def test_a_parked_account_is_told_by_the_weekly_warning_and_not_by_each_card() -> None:
    trouble = AccountUnavailable("code 40002").trouble()
    parked, failed = account(1, DayState.PARKED, trouble), account(1, DayState.FAILED, trouble)
    assert trouble.what_to_do not in text(run_card(summary(RunState.SUCCESS, account(2), parked)))
    assert trouble.what_to_do in text(run_card(summary(RunState.PARTIAL, account(2), failed)))


def test_the_accounts_that_are_shown_are_those_in_trouble_first() -> None:
    good = [account(n) for n in range(999)]
    bad = account(999, DayState.FAILED, AccountUnavailable("no such advertiser").trouble())
    assert rows(run_card(summary(RunState.PARTIAL, *good, bad)))[0]["account"] == bad.name


@pytest.mark.parametrize(
    ("minute", "second", "seconds"),
    [
        (0, 0, 20),
        (0, 19, 1),
        (0, 20, 0),
        (30, 5, 15),
        (29, 59, 0),
        (59, 59, 0),
        (15, 0, 0),
    ],
)
def test_a_card_is_not_sent_in_the_first_20_seconds_of_a_half_hour(minute: int, second: int, seconds: float) -> None:
    assert seconds_to_wait(NOW.replace(minute=minute, second=second)) == seconds


def test_the_greeting_says_that_cards_arrive_and_when_in_china() -> None:
    assert "02-12 07:00" in json.dumps(greeting_card(NOW), ensure_ascii=False)


def figures(cost: str, conversions: int) -> Figures:
    return Figures(2, Decimal(cost), Decimal(conversions))


def seen(*days: tuple[int, str, int], accounts: int = 1) -> Trend:
    """A trend of so many accounts alike: days back, cost and conversions of each."""
    places = {
        AccountDay(account(number).id, DAY - timedelta(days=back)): figures(cost, conversions)
        for number in range(1, accounts + 1)
        for back, cost, conversions in days
    }
    return trend(places, DAY)


def chart(card: dict[str, Any]) -> dict[str, Any] | None:
    return next((one for one in card["body"]["elements"] if one["tag"] == "chart"), None)


def test_each_figure_stands_against_the_day_before_and_the_same_weekday() -> None:
    said = text(run_card(summary(), Around(trend=seen((0, "110.00", 4), (1, "100.00", 4), (7, "200.00", 5)))))
    assert "消耗 **110.00 元** (较前一日 ▲10.0%, 较上周同日 ▼45.0%)" in said
    assert "转化 **4** (较前一日 持平, 较上周同日 ▼20.0%)" in said
    assert "转化成本 **27.50 元** (较前一日 ▲10.0%, 较上周同日 ▼31.2%)" in said


def test_what_cannot_be_compared_is_told_so() -> None:
    said = text(run_card(summary(), Around(trend=seen((0, "110.00", 0), (1, "0", 0)))))
    assert "消耗 **110.00 元** (较前一日 无对比, 较上周同日 无对比)" in said
    assert "转化成本 **—**" in said


def test_the_cost_of_two_weeks_is_drawn_as_soon_as_there_are_two_days() -> None:
    assert chart(run_card(summary(), Around(trend=seen((0, "1.00", 0))))) is None
    drawn = chart(run_card(summary(), Around(trend=seen((0, "1.50", 0), (1, "2.25", 0)))))
    assert drawn
    assert drawn["chart_spec"]["data"]["values"] == [
        {"label": "02-10", "value": 2.25},
        {"label": "02-11", "value": 1.5},
    ]


def test_conversions_stand_in_the_table_where_they_are_known() -> None:
    [row] = rows(run_card(summary(), Around(trend=seen((0, "110.00", 4)))))
    assert row["conversions"] == 4


def test_when_figures_are_read_once_more_is_told_until_they_are() -> None:
    assert "数据截至 02-12 07:00, 10:35 复核" in text(run_card(summary(), Around(settles_at=time(10, 35))))
    assert "数据截至 02-12 07:00, 已复核" in text(run_card(summary(), Around(settled=True)))


def test_that_all_is_well_again_is_told_with_since_when_it_was_not() -> None:
    assert "**已恢复正常**: 02-09 起的异常已结束" in text(run_card(summary(), Around(troubled_since=date(2026, 2, 9))))


def test_the_table_is_one_click_away() -> None:
    link = "https://www.feishu.cn/base/bascn1?table=tbl1"
    card: Any = run_card(summary(), Around(table_link=link))
    [button] = [one for one in card["body"]["elements"] if one["tag"] == "button"]
    assert button["behaviors"] == [{"type": "open_url", "default_url": link}]


@pytest.mark.parametrize("state", RunState)
def test_the_fullest_card_is_taken_by_the_service(state: RunState) -> None:
    trouble = AccountUnavailable("no such advertiser").trouble()
    accounts = [
        account(n, DayState.FAILED if n % 2 else DayState.LOADED, trouble if n % 2 else None) for n in range(1000)
    ]
    course = tuple((back, "12345.67", 12) for back in range(14))
    around = Around(
        trend=seen(*course, accounts=999),
        table_link="https://www.feishu.cn/base/bascnLaikeDemo7c2e?table=tbl7c2e0000001",
        settles_at=time(10, 35),
        troubled_since=DAY,
    )
    told = summary(state, *accounts, warnings=("很长的提醒" * 60,) * 30, view_notes=("视图" * 200,))
    card = run_card(told, around)
    check_card(card)
    assert len(json.dumps({"msg_type": "interactive", "card": card}).encode()) < WEBHOOK_BYTES
    assert "另有 970 个账户" in text(card)
