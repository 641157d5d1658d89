"""Each run is one card in the group: not lost where the bot was away, not sent twice where its answer was."""

import json
from datetime import time
from typing import Any

import pytest

from pipeline.core.outcome import RunState
from pipeline.steps.card import send_left
from tests.lab import Lab


def cards(lab: Lab) -> list[str]:
    """What the group got, as text."""
    return [json.dumps(message, ensure_ascii=False) for message in lab.look("state")["messages"]]


def test_a_success_tells_figures_courses_and_where_the_table_is(lab: Lab) -> None:
    lab.at(time(7, 10))
    lab.sync()
    (card,) = cards(lab)
    for part in ("同步成功", "较前一日", "较上周同日", "近 14 天消耗", "10:35 复核", "打开多维表格"):
        assert part in card
    assert f"?table={lab.table_id}" in card


@pytest.mark.parametrize(
    "fault", [{"kind": "code", "code": 11232}, {"kind": "status", "status": 503}, {"kind": "drop_before"}]
)
@pytest.mark.parametrize("good", [True, False])
def test_a_card_that_did_not_arrive_is_sent_by_the_next_catch_up_once(
    lab: Lab, fault: dict[str, Any], *, good: bool
) -> None:
    if not good:
        lab.fault("report.promotion", "code", code=40002, times="always", match={"local_account_id": lab.accounts[0]})
    lab.fault("bot.webhook", **fault)
    assert lab.sync().state == (RunState.SUCCESS if good else RunState.PARTIAL)
    assert cards(lab) == []
    for _ in range(2):
        send_left(lab.context())
    # good news that may have arrived is not sent again
    assert len(cards(lab)) == (not good or fault["kind"] == "code")


def test_a_success_whose_answer_was_lost_is_not_told_twice(lab: Lab) -> None:
    lab.fault("bot.webhook", "drop_after")
    lab.sync()
    send_left(lab.context())
    assert len(cards(lab)) == 1


def test_what_nobody_could_be_told_for_a_day_is_told_no_more(lab: Lab) -> None:
    lab.fault("bot.webhook", "code", code=11232)
    lab.sync()
    lab.at(time(12, 6), days_later=1)
    send_left(lab.context())
    assert cards(lab) == []


def test_the_first_success_after_a_failure_says_since_when_it_was_not_well(lab: Lab) -> None:
    lost = lab.accounts[0]
    lab.fault("report.promotion", "code", code=40002, times="always", match={"local_account_id": lost})
    lab.sync()
    lab.control("faults/clear", {})
    lab.sync(accounts=[lab.accounts[1]])  # a success that heals nothing
    lab.sync(accounts=[lost])
    lab.sync()
    assert ["已恢复正常" in card for card in cards(lab)] == [False, False, True, False]


class TestNotify:
    """`laike notify test`."""

    def test_it_sends_a_card_to_the_group(self, lab: Lab) -> None:
        assert lab.laike("notify", "test").returncode == 0
        (card,) = cards(lab)
        assert "同步通知测试" in card

    def test_without_a_bot_it_names_the_setting(self, lab: Lab) -> None:
        ended = lab.laike("notify", "test", LAIKE_FEISHU_WEBHOOK_URL="")
        assert (ended.returncode, "LAIKE_FEISHU_WEBHOOK_URL" in ended.stderr) == (2, True)

    def test_a_bot_that_refuses_is_told_with_what_to_do(self, lab: Lab) -> None:
        lab.fault("bot.webhook", "code", code=19021)
        ended = lab.laike("notify", "test")
        assert (ended.returncode, "签名校验" in ended.stderr) == (3, True)
