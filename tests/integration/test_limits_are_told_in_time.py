"""What is used up some day is counted, and told from 80 % on; nothing is asked of Feishu for it."""

import math
from datetime import time, timedelta

import pytest

from pipeline.core.errors import NeedsPerson
from pipeline.core.model import CHINA
from pipeline.core.outcome import RunState
from pipeline.state import keys
from pipeline.steps.runs.carry_out import carry_out
from pipeline.steps.runs.plan import begin_settle
from tests.lab import Lab

VIEW_CALLS = ("views.create", "views.patch", "views.get", "views.list")


def spend(lab: Lab, calls: int) -> None:
    """Let so many calls of this month have been made."""
    ctx = lab.context()
    ctx.client.set(keys.quota(f"{ctx.now().astimezone(CHINA):%Y-%m}"), calls)
    assert ctx.quota.used() == calls


def test_every_call_that_costs_quota_is_counted_and_no_other(either: Lab) -> None:
    either.fault("views.list", "status", status=503, times=2)
    either.fault("records.search", "code", code=1254290, times=1)
    either.sync()
    assert either.context().quota.used() == either.look("calls")["quota"]


def test_a_call_that_is_refused_costs_nothing_and_is_not_counted(lab: Lab) -> None:
    refusals = ({"status": 429, "code": 99991400}, {"status": 400, "code": 1254291}, {"status": 504, "code": 1255040})
    for call, refusal in enumerate(refusals, start=1):
        lab.fault("fields.list", "code", call=call, **refusal)
    lab.sync()
    calls = lab.look("calls", endpoint="fields.list")["calls"]
    assert [call["status"] for call in calls][:3] == [429, 400, 504]
    assert lab.context().quota.used() == lab.look("calls")["quota"]


def test_a_morning_with_nothing_to_mend_costs_six_calls_and_two_for_each_500_rows(either: Lab) -> None:
    either.at(time(7))
    either.sync()
    either.at(time(10, 35))
    carry_out(ctx := either.context(), begin_settle(ctx).run_id)
    either.at(time(7), days_later=1)
    ctx.client.delete(keys.zone(either.facts["app_token"]))  # it lived for a day
    before = either.look("calls")["quota"]
    summary = either.sync()
    rows = sum(account.window_rows for account in summary.accounts)
    assert (summary.state, summary.updated) == (RunState.SUCCESS, 0)
    assert summary.created > 0
    assert rows > 1500
    assert either.look("calls")["quota"] - before <= 6 + 2 * math.ceil(rows / 500)


def test_people_who_fill_the_table_are_counted_before_it_is_too_full(lab: Lab) -> None:
    lab.sync(lab.day - timedelta(days=1))
    lab.extra["LAIKE_TABLE_MAX_ROWS"] = str(len(lab.records()) * 2)
    for _ in range(int(lab.extra["LAIKE_TABLE_MAX_ROWS"]) - len(lab.records())):
        lab.control("rows/insert", {"table_id": lab.table_id, "fields": {}, "by": "person"})
    summary = lab.sync(lab.day)
    assert summary.trouble
    assert (summary.trouble.reason, summary.created) == ("table_full", 0)


def test_nothing_is_told_while_there_is_room(lab: Lab) -> None:
    assert lab.sync().warnings == ()


def test_the_months_calls_are_told_on_the_card_from_80_percent_on(lab: Lab) -> None:
    spend(lab, 7_990)
    summary = lab.sync(lab.day)
    told = next(warning for warning in summary.warnings if "飞书本月接口调用已用" in warning)
    assert "/10,000 次" in told
    assert summary.state == RunState.SUCCESS
    assert told in str(lab.look("state")["messages"][-1])


def test_where_no_limit_is_known_calls_are_not_told(lab: Lab) -> None:
    lab.extra["LAIKE_FEISHU_MONTHLY_CALLS"] = "0"
    spend(lab, 1_000_000)
    assert lab.sync(lab.day).warnings == ()


def test_a_quota_that_is_used_up_is_told_and_nothing_is_tried_again(lab: Lab) -> None:
    lab.fault("fields.list", "code", code=99991403, status=429, times="always")
    with pytest.raises(NeedsPerson, match="99991403"):
        lab.context().base(None).tables.fields(lab.table_id)
    assert lab.calls("fields.list") == 1
    summary = lab.sync(lab.day)
    assert summary.state == RunState.FAILED
    assert summary.needs_person
    assert "调用量已用完" in str(lab.look("state")["messages"][-1])
    assert lab.calls("fields.list") == 3  # once for the early reading, once for the load
    assert lab.calls(*VIEW_CALLS) == 0
    assert lab.loaded() == {}


def test_rows_are_told_with_both_numbers_before_the_table_is_full(lab: Lab) -> None:
    lab.sync(lab.day)
    rows = len(lab.records())
    lab.extra["LAIKE_TABLE_MAX_ROWS"] = str(rows + 10)
    warnings = lab.sync(lab.day).warnings
    assert any(f"表格已有 {rows:,} 行，上限 {rows + 10:,} 行" in warning for warning in warnings)


def test_columns_are_told(lab: Lab) -> None:
    for number in range(240):
        lab.control("columns/add", {"table_id": lab.table_id, "name": f"列{number}", "type": 1})
    assert any("个（上限 300 个）" in warning for warning in lab.sync(lab.day).warnings)


def test_views_are_told(lab: Lab) -> None:
    for number in range(155):
        lab.control("views/add", {"table_id": lab.table_id, "name": f"自建{number}"})
    lab.sync(lab.day)  # it makes views once it has ended
    assert any("个（上限 200 个）" in warning for warning in lab.sync(lab.day).warnings)
