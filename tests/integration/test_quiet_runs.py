"""A run that a person began tells the group only when asked, or when it mends what the group was told of."""

import json
from dataclasses import replace
from datetime import time, timedelta
from typing import Any

import pytest

from pipeline.core.outcome import Run, RunState, Summary
from pipeline.state import codec
from pipeline.state.tokens.old_cache import read_old_cache
from pipeline.steps.runs.carry_out import carry_out
from pipeline.steps.runs.plan import begin, begin_backfill, begin_catch_up, begin_daily
from pipeline.steps.telling.card import tell_unsent
from pipeline.steps.telling.token import keep_token
from tests.cards import problems, texts
from tests.integration.test_columns import rename
from tests.lab import Lab
from worker import tasks


def cards(lab: Lab) -> list[str]:
    """What the group was sent, as text."""
    sent = [message["card"] for message in lab.look("state")["messages"]]
    assert [problems(card) for card in sent] == [[] for _ in sent]
    return [texts(card) for card in sent]


def by_hand(lab: Lab, *accounts: str, tell: bool = False) -> Summary:
    """A sync of the newest day that a person began."""
    ctx = lab.context()
    return carry_out(ctx, begin(ctx, lab.day, accounts, dry_run=False, tell=tell).run_id)


def morning(lab: Lab) -> Summary:
    ctx = lab.context()
    return carry_out(ctx, begin_daily(ctx).run_id)


def unreadable(lab: Lab, *accounts: str) -> None:
    for account in accounts:
        lab.fault("report.promotion", "code", code=50000, times="always", match={"local_account_id": account})


def test_syncs_by_hand_are_quiet_however_they_end(lab: Lab) -> None:
    morning(lab)
    for _ in range(3):
        assert by_hand(lab).state == RunState.SUCCESS
    unreadable(lab, *lab.accounts[:1])
    assert by_hand(lab).state == RunState.PARTIAL
    lab.fault("report.promotion", "code", code=50000, times="always")
    assert by_hand(lab).state == RunState.FAILED
    assert len(cards(lab)) == 1


def test_a_run_that_is_to_be_told_is_told(lab: Lab) -> None:
    by_hand(lab, tell=True)
    ctx = lab.context()
    carry_out(ctx, begin_backfill(ctx, lab.day, lab.day, [], tell=True).run_id)
    carry_out(ctx, begin_backfill(ctx, lab.day, lab.day, [], tell=False).run_id)
    assert len(cards(lab)) == 2


def test_what_the_group_was_told_of_and_a_person_mends_is_told_once(lab: Lab) -> None:
    bad = lab.accounts[1]
    lab.at(time(7))
    unreadable(lab, bad)
    morning(lab)
    lab.at(time(9))
    by_hand(lab)
    assert len(cards(lab)) == 1  # it mended nothing
    lab.control("faults/clear", {})
    assert by_hand(lab, lab.accounts[0]).state == RunState.SUCCESS
    assert len(cards(lab)) == 1  # nor did this one
    ctx = lab.context()
    carry_out(ctx, begin_backfill(ctx, lab.day - timedelta(days=6), lab.day, [bad], tell=False).run_id)
    assert len(cards(lab)) == 2
    assert f"**已恢复**：{lab.facts['accounts'][bad]}，自 " in cards(lab)[-1]
    by_hand(lab)
    assert len(cards(lab)) == 2


def test_an_account_that_is_mended_is_told_although_another_one_is_not(lab: Lab) -> None:
    one, other = lab.accounts[:2]
    lab.extra["LAIKE_LOOKBACK_DAYS"] = "1"
    unreadable(lab, one, other)
    morning(lab)
    lab.control("faults/clear", {})
    unreadable(lab, other)
    assert by_hand(lab).state == RunState.PARTIAL
    names = lab.facts["accounts"]
    assert len(cards(lab)) == 2
    assert f"**已恢复**：{names[one]}，自 " in cards(lab)[-1]
    by_hand(lab)
    assert len(cards(lab)) == 2


def test_what_nobody_was_told_of_is_not_over(lab: Lab) -> None:
    lab.extra["LAIKE_LOOKBACK_DAYS"] = "1"
    unreadable(lab, lab.accounts[1])
    by_hand(lab)
    lab.control("faults/clear", {})
    assert by_hand(lab).state == RunState.SUCCESS
    assert cards(lab) == []
    morning(lab)
    assert "已恢复" not in cards(lab)[-1]


def test_what_a_person_mended_in_part_the_run_that_mends_the_rest_tells(lab: Lab) -> None:
    bad = lab.accounts[1]
    lab.at(time(7), days_later=-3)
    morning(lab)
    lab.at(time(7))
    unreadable(lab, bad)
    morning(lab)
    lab.control("faults/clear", {})
    lab.at(time(8, 20))
    assert by_hand(lab, bad).state == RunState.SUCCESS  # of three days that it owes
    assert len(cards(lab)) == 2
    ctx = lab.context()
    (run,) = begin_catch_up(ctx)
    carry_out(ctx, run.run_id)
    assert f"**已恢复**：{lab.facts['accounts'][bad]}，自 " in cards(lab)[-1]


def test_what_only_a_quiet_run_saw_is_on_the_next_card_and_on_no_later_one(lab: Lab) -> None:
    lab.at(time(7))
    morning(lab)
    rename(lab, "消耗(元)", "花费")
    row = next(row for row in lab.source().values() if str(row["local_account_id"]) == lab.accounts[0])
    place = {"account_id": lab.accounts[0], "promotion_id": str(row["promotion_id"]), "day": lab.day.isoformat()}
    lab.control("figures", {**place, "stat_cost": 99777.25})
    quiet = by_hand(lab)
    assert any("已改名" in line for line in quiet.warnings)
    assert len(cards(lab)) == 1
    by_hand(lab, *lab.accounts[1:], tell=True)
    told = cards(lab)[-1]
    assert "“消耗(元)”列已改名为“花费”" in told
    assert f"数据源修正了历史数据，已更新：{lab.facts['accounts'][lab.accounts[0]]} {lab.day:%m-%d}" in told
    assert "元修正为 " in told  # the correction is large
    by_hand(lab, tell=True)
    assert "已改名" not in cards(lab)[-1]
    assert "数据源修正" not in cards(lab)[-1]


def test_a_token_that_was_told_dead_and_works_again_is_told_once(lab: Lab) -> None:
    lab.at(time(7))
    morning(lab)
    lab.fault("oauth.refresh_token", "code", code=40103, times="always")
    ctx = lab.context()
    ctx.tokens.store(replace(read_old_cache(lab.token_cache()), expires_at=ctx.now()))
    with pytest.raises(Exception, match="40103"):
        keep_token(ctx)
    assert "授权" in cards(lab)[-1]
    lab.control("faults/clear", {})
    ctx.tokens.store(ctx.oauth.exchange(lab.control("auth_code", {})["auth_code"], ctx.now()))
    before = len(cards(lab))
    for _ in range(3):
        by_hand(lab)
    assert len(cards(lab)) == before + 1


def test_a_mending_card_that_could_not_be_sent_is_tried_again(lab: Lab) -> None:
    lab.extra["LAIKE_LOOKBACK_DAYS"] = "1"
    unreadable(lab, lab.accounts[1])
    morning(lab)
    lab.control("faults/clear", {})
    lab.fault("bot.webhook", "code", code=11232, times=1)
    by_hand(lab)
    assert len(cards(lab)) == 1
    tell_unsent(lab.context())
    tell_unsent(lab.context())
    assert len(cards(lab)) == 2


@pytest.mark.parametrize("more", [{}, {"tell": False}, {"tell": True}])
def test_the_task_tells_when_asked(lab: Lab, monkeypatch: pytest.MonkeyPatch, more: dict[str, bool]) -> None:
    ctx = lab.context()
    monkeypatch.setattr(tasks, "context", lambda: ctx)
    monkeypatch.setattr("worker.dispatch.start", lambda *_: None)
    day = lab.day.isoformat()
    made = tasks.backfill.apply(kwargs={"start": day, "end": day, **more}).get()
    assert (made["state"], ctx.ledger.run(made["run_id"]).tell) == ("queued", more.get("tell", False))


def test_the_commands_tell_when_asked(lab: Lab) -> None:
    lab.context()
    day = ("--day", lab.day.isoformat())
    assert lab.laike("sync", "--local", *day).returncode == 0
    assert cards(lab) == []
    assert lab.laike("sync", "--local", "--tell", *day).returncode == 0
    assert len(cards(lab)) == 1
    refused = lab.laike("sync", "--local", "--tell", "--dry-run", *day)
    assert (refused.returncode, "--dry-run" in refused.stderr) == (2, True)


def test_a_run_that_an_older_version_planned_is_told(lab: Lab) -> None:
    ctx = lab.context()
    stored: dict[str, Any] = json.loads(codec.dump(begin(ctx, lab.day, [], dry_run=False, tell=False), Run))
    del stored["tell"]
    assert codec.load(Run, json.dumps(stored).encode(), "a key").tell
