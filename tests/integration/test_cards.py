"""The group hears of each run once, and in the end surely; a card never fails a run."""

from datetime import date, time, timedelta
from typing import Any

import pytest

from pipeline.core.outcome import RunState, Summary
from pipeline.steps.runs.carry_out import carry_out
from pipeline.steps.runs.finish import finish
from pipeline.steps.runs.plan import begin_catch_up, begin_daily, begin_settle
from pipeline.steps.telling.card import tell_unsent
from tests.cards import problems, texts
from tests.lab import Lab
from worker import tasks

HOOK = "bot.webhook"


def cards(lab: Lab) -> list[dict[str, Any]]:
    """What the group was sent; every one of it is a card by the book."""
    sent = [message["card"] for message in lab.look("state")["messages"]]
    assert [problems(card) for card in sent] == [[] for _ in sent]
    return sent


def titles(lab: Lab) -> list[str]:
    return [card["header"]["title"]["content"] for card in cards(lab)]


def morning(lab: Lab) -> Summary:
    ctx = lab.context()
    return carry_out(ctx, begin_daily(ctx).run_id)


def cost(lab: Lab, day: date) -> float:
    return float(sum(round(row["stat_cost"] * 100) for row in lab.source(day, day).values()) / 100)


def figures(card: dict[str, Any]) -> dict[str, dict[str, str]]:
    """The first table of a card, by measure."""
    table = next(one for one in card["body"]["elements"] if one["tag"] == "table")
    return {row["what"]: row for row in table["rows"]}


def test_the_morning_s_card_has_the_day_against_others_and_two_weeks(lab: Lab) -> None:
    lab.extra["LAIKE_LOOKBACK_DAYS"] = "14"
    lab.at(time(7))
    assert morning(lab).state == RunState.SUCCESS
    (card,) = cards(lab)
    now, then, week = (cost(lab, lab.day - timedelta(days=ago)) for ago in (0, 1, 7))
    line = figures(card)["消耗（元）"]
    assert line["now"] == f"{now:,.2f}"
    assert ["▲" in line[name] for name in ("ago1", "ago7")] == [now > one for one in (then, week)]
    chart = next(one for one in card["body"]["elements"] if one["tag"] == "chart")
    bars = [value["cost"] for value in chart["chart_spec"]["data"]["values"]]
    assert bars == [cost(lab, lab.day - timedelta(days=ago)) for ago in reversed(range(14))]
    assert "数据截至" in texts(card)
    assert "，10:35 复核" in texts(card)
    assert f"{lab.server.url}?table={lab.table_id}" in texts(card)


def test_the_settling_run_says_that_the_figures_were_read_once_more(lab: Lab) -> None:
    lab.at(time(7))
    morning(lab)
    lab.at(time(10, 35))
    carry_out(ctx := lab.context(), begin_settle(ctx).run_id)
    assert len(cards(lab)) == 2
    assert "已复核" in texts(cards(lab)[-1])


@pytest.mark.parametrize("code", [11232, 19024])
def test_a_success_whose_card_was_refused_is_told_later_and_once(lab: Lab, code: int) -> None:
    lab.fault(HOOK, "code", code=code, times=1)
    summary = lab.sync(lab.day)
    assert (summary.state, cards(lab)) == (RunState.SUCCESS, [])
    ctx = lab.context()
    for _ in range(3):
        tell_unsent(ctx)
        finish(ctx, summary.run_id)
    assert titles(lab) == [f"{lab.day} 同步成功"]


def test_good_news_whose_answer_was_lost_is_not_told_twice(lab: Lab) -> None:
    lab.fault(HOOK, "drop_after", times=1)
    summary = lab.sync(lab.day)
    ctx = lab.context()
    tell_unsent(ctx)
    finish(ctx, summary.run_id)
    assert len(cards(lab)) == 1


def test_bad_news_is_tried_until_it_arrives(lab: Lab) -> None:
    lab.fault("report.promotion", "code", code=40002, times="always")
    lab.fault(HOOK, "code", code=11232, times=2)
    assert lab.sync(lab.day).state == RunState.FAILED
    ctx = lab.context()
    for _ in range(3):
        tell_unsent(ctx)
    assert titles(lab) == [f"{lab.day} 同步失败"]


def test_a_card_that_nobody_took_for_a_day_is_given_up(lab: Lab) -> None:
    lab.fault(HOOK, "code", code=19024, times=1)
    lab.sync(lab.day)
    lab.at(time(12, 10), days_later=1)
    tell_unsent(lab.context())
    assert cards(lab) == []


def test_the_task_that_keeps_the_token_tries_unsent_cards_too(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    lab.fault(HOOK, "code", code=11232, times=1)
    lab.sync(lab.day)
    ctx = lab.context()
    monkeypatch.setattr(tasks, "context", lambda: ctx)
    tasks.keep_token.apply().get()
    assert titles(lab) == [f"{lab.day} 同步成功"]


def test_without_a_bot_nobody_is_told_and_nothing_is_kept_for_later(lab: Lab) -> None:
    lab.extra["LAIKE_FEISHU_WEBHOOK_URL"] = ""
    lab.sync(lab.day)
    del lab.extra["LAIKE_FEISHU_WEBHOOK_URL"]
    tell_unsent(lab.context())
    assert cards(lab) == []


def test_the_first_good_run_after_a_bad_one_says_since_when_it_was_bad(lab: Lab) -> None:
    bad = lab.accounts[1]
    lab.at(time(7))
    lab.fault("report.promotion", "code", code=40002, times="always", match={"local_account_id": bad})
    first = morning(lab)
    assert first.state == RunState.PARTIAL
    assert f"**{lab.facts['accounts'][bad]}**（账户不可用" in texts(cards(lab)[-1])
    lab.control("faults/clear", {})
    lab.at(time(7), days_later=1)
    assert morning(lab).state == RunState.SUCCESS
    said = f"**已恢复**：{lab.facts['accounts'][bad]}，自 {lab.day + timedelta(days=1):%m-%d} 07:0"
    assert said in texts(cards(lab)[-1])
    lab.at(time(7), days_later=2)
    morning(lab)
    assert "已恢复" not in texts(cards(lab)[-1])


def test_what_a_catch_up_made_good_is_over_too(lab: Lab) -> None:
    lab.at(time(7))
    lab.fault("report.promotion", "code", code=50000, times="always", match={"local_account_id": lab.accounts[1]})
    morning(lab)
    lab.control("faults/clear", {})
    lab.at(time(8, 20))
    ctx = lab.context()
    (run,) = begin_catch_up(ctx)
    assert carry_out(ctx, run.run_id).state == RunState.SUCCESS
    assert "已恢复" in texts(cards(lab)[-1])


def test_a_bug_in_what_a_card_tells_besides_keeps_the_end_from_nobody(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.steps.telling.card.looked_back", lambda *_: 1 / 0)
    assert lab.sync(lab.day).state == RunState.SUCCESS
    assert titles(lab) == [f"{lab.day} 同步成功"]
