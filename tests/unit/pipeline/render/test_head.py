"""What a card says first, sentence by sentence."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest

from pipeline.core.coverage.aftermath import aftermath
from pipeline.core.coverage.day import DayCoverage, LastOutcome, Loaded
from pipeline.core.model import DayRange
from pipeline.core.outcome import AccountResult, DayState, RunState, Summary
from pipeline.render.head import head

DAY = date(2026, 2, 11)
MORNING = datetime(2026, 2, 11, 23, 0, tzinfo=UTC)  # 07:00 of 12 February in Shanghai
NOW = MORNING + timedelta(hours=5)  # noon
SETTLED = time(10, 35)
GOOD, BAD, UNREAD = DayState.LOADED, DayState.INCOMPLETE, DayState.FAILED


def account(number: int, state: DayState = GOOD, **facts: object) -> AccountResult:
    cost = Decimal("0.00") if state == UNREAD else Decimal("1000.50")
    known: dict[str, Any] = {"rows": 0 if state == UNREAD else 2, "cost": cost, "fetched": state != UNREAD} | facts
    return AccountResult(
        id=str(number), name=f"店{number}", state=state, window_rows=9, window_cost=Decimal("7000.01"), **known
    )


def summary(*accounts: AccountResult, days: int = 1, run_id: str = "daily-2026-02-11") -> Summary:
    good = sum(one.of_day.good and not one.bad_days for one in accounts)
    state = RunState.SUCCESS if good == len(accounts) else RunState.PARTIAL if good else RunState.FAILED
    return Summary(
        run_id=run_id,
        state=state,
        day=DAY,
        days=DayRange(DAY - timedelta(days=days - 1), DAY),
        accounts=accounts,
        started_at=NOW,
        ended_at=NOW,
    )


def said(one: Summary, doubtful: tuple[str, ...] = (), now: datetime = NOW, **loaded: timedelta) -> list[str]:
    """The head of a card; accounts were loaded so long before noon, with 1,000.50 元 each."""
    there = {name[1:]: Loaded(2, "1000.50", "c", NOW - ago) for name, ago in loaded.items()}
    doubt = LastOutcome(state=BAD, written=True)
    days = {it: DayCoverage(there.get(it), doubt if it in doubtful else None) for it in {*there, *doubtful}}
    return [line.text for line in head(one, aftermath(one, days), now, SETTLED)]


JUST, EARLIER = timedelta(0), timedelta(hours=5)


def test_a_success_has_one_sum_and_one_time() -> None:
    assert said(summary(account(1), account(2)), a1=JUST, a2=JUST) == [
        "**2 个账户均已同步**：4 行，消耗 2,001.00 元，数据截至 02-12 12:00"
    ]


def test_several_days_are_told_with_the_first_and_the_last() -> None:
    assert said(summary(account(1), days=7), a1=JUST)[1] == "02-05 至 02-11 共 9 行，消耗 7,000.01 元"


def test_figures_that_will_be_read_again_say_when() -> None:
    early = replace(summary(account(1)), started_at=MORNING)
    assert said(early, a1=EARLIER) == ["**1 个账户已同步**：2 行，消耗 1,000.50 元，数据截至 02-12 07:00，10:35 复核"]
    settled = summary(account(1), run_id="settle-2026-02-11")
    assert said(settled, a1=JUST)[0].endswith("12:00，已复核")


def test_what_this_run_brought_and_what_the_table_has_are_told_apart() -> None:
    assert said(summary(account(1), account(2), account(3, UNREAD)), a1=JUST, a2=JUST, a3=EARLIER) == [
        "**本次同步 2/3 个账户**：4 行，消耗 2,001.00 元，数据截至 02-12 12:00",
        "表格现有 3 个账户的数据：6 行，消耗 3,001.50 元，其中 1 个账户仍为今日 07:00 的数据",
    ]


def test_what_is_in_doubt_or_was_never_loaded_is_in_no_sum() -> None:
    both = summary(account(1), account(2, BAD), account(3, UNREAD))
    assert said(both, ("2",), a1=JUST, a2=EARLIER) == [
        "**本次同步 1/3 个账户**：2 行，消耗 1,000.50 元，数据截至 02-12 12:00",
        "1 个账户的数据不完整或未能核对，未计入；1 个账户在表格中尚无该日已核对的数据",
    ]


@pytest.mark.parametrize(
    ("ago", "when"),
    [
        (EARLIER, "今日 07:00"),
        (timedelta(hours=25, minutes=25), "昨日 10:35"),
        (timedelta(days=2), " 02-10 12:00"),
    ],
)
def test_where_nothing_was_fetched_the_table_s_time_is_told(ago: timedelta, when: str) -> None:
    assert said(summary(account(1, UNREAD), account(2, UNREAD)), a1=ago, a2=ago) == [
        f"**2 个账户均未同步，本次未取到数据；表格仍为{when} 的数据（2,001.00 元）**"
    ]


def test_readings_of_different_times_are_told_with_both() -> None:
    one = summary(account(1, UNREAD), account(2, UNREAD))
    assert "表格仍为昨日 12:00 至今日 07:00 的数据" in said(one, a1=timedelta(days=1), a2=EARLIER)[0]


def test_yesterday_is_that_of_the_card_and_not_of_the_run() -> None:
    one = summary(account(1, UNREAD))
    assert "昨日 07:00" in said(one, now=NOW + timedelta(days=1), a1=EARLIER)[0]


@pytest.mark.parametrize(
    ("accounts", "loaded", "doubtful", "words"),
    [
        ((UNREAD, UNREAD), {}, (), "本次未取到数据；表格中尚无该日已核对的数据"),
        ((UNREAD, UNREAD), {"a1": EARLIER}, (), "表格中 1 个账户仍为今日 07:00 的数据（1,000.50 元），其余账户尚无"),
        ((BAD, BAD), {}, (), "本次读到 4 行，消耗 2,001.00 元，未写入表格；表格中尚无该日已核对的数据"),
        ((BAD, BAD), {"a1": EARLIER, "a2": EARLIER}, (), "未写入表格；表格仍为今日 07:00 的数据（2,001.00 元）"),
        ((BAD, BAD), {"a1": EARLIER}, ("1", "2"), "不完整或未能核对；表格中的该日数据请暂勿使用"),
    ],
)
def test_where_no_account_was_synced_it_is_said_what_is_there(
    accounts: tuple[DayState, ...], loaded: dict[str, Any], doubtful: tuple[str, ...], words: str
) -> None:
    one = summary(*(account(n, state) for n, state in enumerate(accounts, start=1)))
    [line] = said(one, doubtful, **loaded)
    assert words in line
    assert line.startswith("**2 个账户均未同步，")


def test_older_days_and_parked_accounts_are_told_beside() -> None:
    late = account(1, DayState.FAILED, newest=GOOD, rows=2, cost=Decimal("1000.50"), bad_days=3)
    first, besides = said(summary(late, account(2), account(3, DayState.PARKED)), a1=JUST, a2=JUST)
    assert first.startswith("**2 个账户均已同步**")
    assert besides == "1 个账户的较早日期未完成；另有 1 个账户已停用"
