import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from pipeline.core.causes import cure_of
from pipeline.core.coverage.history import Figures
from pipeline.core.errors import AccountUnavailable, NeedsAuthorization, TableFull, Trouble
from pipeline.core.model import AccountDay, DayRange
from pipeline.core.outcome import AccountResult, DayState, RunState, Summary
from pipeline.core.telling.background import Background
from pipeline.core.telling.recovery import Recovery
from pipeline.render.cards import greeting_card, run_card, seconds_to_wait, trouble_card
from tests.cards import problems, sent_bytes

DAY = date(2026, 2, 11)
NOW = datetime(2026, 2, 11, 23, 0, 40, tzinfo=UTC)  # 07:00:40 of 12 February in Shanghai


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
    """The lines of the accounts, of a card that has no other table."""
    [table] = [one for one in card["body"]["elements"] if one["tag"] == "table"]
    found: list[dict[str, object]] = table["rows"]
    return found


def accounts(card: dict[str, Any]) -> list[dict[str, object]]:
    """The lines of the accounts, below the figures."""
    found: list[dict[str, object]] = [one for one in card["body"]["elements"] if one["tag"] == "table"][-1]["rows"]
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
    assert "**本次同步 2/3 个账户**：4 行，消耗 236.72 元，数据截至 02-12 07:00" in said  # 2 * 118.36
    assert "02-05 至 02-11 共读到 27 行，消耗 2,100.03 元" in said  # 3 * 9, 3 * 700.01
    assert "本次新增 3 行，更新 2 行，1 行无变化，已核对一致" in said


def test_where_nobody_knows_what_the_table_has_nothing_is_said_of_it() -> None:
    bad, good = account(1, DayState.FAILED), account(2)
    said = text(run_card(summary(RunState.FAILED, bad, verified=False)))
    assert "**1 个账户未同步，本次读到 2 行，消耗 118.36 元，未写入表格**" in said
    assert "表格" not in text(run_card(summary(RunState.PARTIAL, bad, good)))


def test_what_was_not_read_back_is_not_called_verified() -> None:
    assert "1 行无变化，未能全部核对" in text(run_card(summary(verified=False)))


def test_what_was_not_done_is_not_counted() -> None:
    assert '"239 行无变化，已核对一致"' in text(run_card(summary(created=0, updated=0, unchanged=239)))
    nothing = summary(RunState.SUCCESS, account(1, DayState.EMPTY), created=0, updated=0, unchanged=0)
    assert "没有需要写入的数据，已核对一致" in text(run_card(nothing))


def test_each_account_has_a_line_with_its_state() -> None:
    found = rows(
        run_card(summary(RunState.PARTIAL, account(1), account(2, DayState.EMPTY), account(3, DayState.FAILED)))
    )
    assert [one["state"] for one in found] == ["失败", "已入库", "无数据"]
    assert found[1] == {
        "account": "青岛市南区海鲜大排档旗舰店1号",
        "state": "已入库",
        "rows": 2,
        "cost": 118.36,
        "as_of": "02-12 07:00",
    }


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
    assert f"**{befallen.name}**（账户不可用）：{cure_of('account_unavailable')}" in said
    assert f"**表格已满**：{cure_of('table_full')}" in said
    assert "no such advertiser" not in said  # English is for the engineer


def test_warnings_and_what_became_of_the_views_are_told() -> None:
    said = text(run_card(summary(warnings=("2 行被人工改动",), view_notes=("新建 1 个视图",))))
    assert "2 行被人工改动" in said
    assert "新建 1 个视图" in said


def test_a_card_about_a_thousand_accounts_stays_below_the_webhook_s_limit() -> None:
    card = run_card(summary(RunState.SUCCESS, *(account(n) for n in range(1000))))
    assert problems(card) == []
    assert "另有 970 个账户" in text(card)  # 1000 - 30


def test_a_card_about_a_thousand_failures_stays_below_the_webhook_s_limit_and_says_how_many() -> None:
    trouble = AccountUnavailable("no such advertiser").trouble()
    failures = [account(n, DayState.FAILED, trouble) for n in range(1000)]
    views = f"缺少视图: {', '.join(one.name for one in failures)}"
    card = run_card(summary(RunState.FAILED, *failures, warnings=("多出一行" * 50,) * 1000, view_notes=(views,)))
    assert problems(card) == []
    assert "等 1000 个账户" in text(card)
    assert "另有 994 条，见同步状态表" in text(card)  # 1 + 1000 + 1 - 8
    assert "另有 970 个账户" in text(card)  # 1000 - 30


def test_where_less_fits_less_is_shown_and_said_so() -> None:
    names = [replace(account(n), name="🔥" * 40) for n in range(1000)]
    card = run_card(summary(RunState.SUCCESS, *names, warnings=("🔥" * 300,) * 20))
    assert problems(card) == []
    assert sent_bytes(card) > 15_000
    assert f"另有 {1000 - len(rows(card))} 个账户" in text(card)
    assert 10 <= len(rows(card)) < 30


def test_one_advice_for_several_accounts_is_given_once() -> None:
    gone = AccountUnavailable("no such advertiser").trouble()
    first, second = account(1, DayState.FAILED, gone), account(2, DayState.FAILED, gone)
    said = text(run_card(summary(RunState.PARTIAL, first, second, account(3))))
    assert f"**{first.name}、{second.name}**（账户不可用）：{gone.what_to_do}" in said
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


def test_a_name_that_is_markup_is_read_and_not_obeyed() -> None:
    named = replace(account(1, DayState.FAILED, AccountUnavailable("gone").trouble()), name="<at id=all></at>**店**")
    card = run_card(summary(RunState.PARTIAL, named, warnings=("[点我](http://x) ~~删~~ `x`",)))
    assert problems(card) == []
    assert "**＜at id=all＞＜/at＞＊＊店＊＊**（账户不可用）" in text(card)
    assert "［点我］(http：//x) ～～删～～ ｀x｀" in text(card)
    assert rows(card)[0]["account"] == named.name  # a cell of text is no markdown


@pytest.mark.parametrize(
    ("run_id", "state", "started", "said"),
    [
        ("daily-2026-02-11", RunState.SUCCESS, NOW, "数据截至 02-12 07:00，10:35 复核"),
        ("settle-2026-02-11", RunState.SUCCESS, NOW + timedelta(hours=3.6), "数据截至 02-12 10:36，已复核"),
        ("settle-2026-02-11", RunState.PARTIAL, NOW + timedelta(hours=3.6), "数据截至 02-12 10:36"),
        ("daily-2026-02-11-0212150000", RunState.SUCCESS, NOW + timedelta(hours=8), "数据截至 02-12 15:00"),
    ],
)
def test_the_figures_say_whether_they_will_be_or_were_read_once_more(
    run_id: str, state: RunState, started: datetime, said: str
) -> None:
    ended = replace(summary(state), run_id=run_id, started_at=started, ended_at=started)
    assert re.search(f'元，{said}[；"]', text(run_card(ended)))


def test_a_run_that_needs_an_authorization_has_the_link_and_a_known_table_its_own() -> None:
    link = "https://ad.oceanengine.com/openapi/audit/oauth.html?app_id=1"
    dead = NeedsAuthorization("the refresh token is dead", link=link).trouble()
    known = Background(table_url="https://x.feishu.cn/base/b?table=tbl1")
    card: Any = run_card(summary(RunState.FAILED, account(1, DayState.FAILED, dead)), known)
    assert problems(card) == []
    buttons = [one for one in card["body"]["elements"] if one["tag"] == "button"]
    assert [one["behaviors"][0]["default_url"] for one in buttons] == [link, known.table_url]


def test_what_is_over_is_told_with_since_when() -> None:
    over = Background(recoveries=(Recovery(("城东店", "城西店"), NOW - timedelta(days=1)),))
    assert "**已恢复**：城东店、城西店，自 02-11 07:00 起的问题已解决" in text(run_card(summary(), over))


def test_a_shifted_clock_is_told_in_the_head() -> None:
    card: Any = run_card(summary(), Background(clock_offset_s=-86400.0))
    assert card["header"]["text_tag_list"][0]["text"]["content"] == "时钟偏移 -86400 秒"
    assert problems(card) == []


def test_alerts_have_a_section_of_their_own_and_say_how_many_more_there_are() -> None:
    said = text(run_card(summary(), Background(alerts=tuple(f"提醒{n}" for n in range(10)))))
    assert "**异常提醒**\\n- 提醒0\\n- 提醒1" in said
    assert "- 另有 2 条提醒" in said  # 10 - 8
    assert "异常提醒" not in text(run_card(summary()))


def test_what_is_known_of_an_account_stands_in_its_line() -> None:
    one, before = account(), Figures(2, Decimal("100.00"), Decimal(4))
    now = Figures(2, one.cost, Decimal(5))
    known = Background(history={AccountDay(one.id, DAY): now, AccountDay(one.id, DAY - timedelta(days=1)): before})
    line = accounts(run_card(summary(RunState.SUCCESS, one, account(2)), known))[0]
    assert (line["conversions"], line["change"]) == (5, "<font color='red'>▲ 18.4%</font>")  # 118.36 against 100


def test_the_greeting_says_that_cards_arrive_and_when_in_china() -> None:
    assert "02-12 07:00" in json.dumps(greeting_card(NOW), ensure_ascii=False)


def test_the_other_cards_are_cards_too() -> None:
    assert problems(greeting_card(NOW)) == []
    said = trouble_card("授权更新失败", ["<b>**x** " * 100] * 100, "https://ad.oceanengine.com/x")
    assert problems(said) == []


def test_what_accounts_spent_outside_their_promotions_is_one_line_and_a_sum() -> None:
    spent = [replace(account(n), outside=Decimal(amount)) for n, amount in ((1, "1000"), (2, "0"), (3, "234.5"))]
    card: Any = run_card(summary(RunState.SUCCESS, *spent))
    [line] = [one["content"] for one in card["body"]["elements"] if "不在单元中" in str(one)]
    names = "青岛市南区海鲜大排档旗舰店1号、青岛市南区海鲜大排档旗舰店3号"
    assert line == f"另有 1,234.50 元不在单元中（全域推广等）：{names}"
    assert "不在单元中" not in text(run_card(summary()))
