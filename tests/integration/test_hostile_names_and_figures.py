"""Promises 1 and 2: what a service says of one account, however odd, costs at most that account, and is told."""

import json
from datetime import time

import pytest

from pipeline.core.outcome import RunState
from pipeline.steps.runs.carry_out import carry_out
from pipeline.steps.runs.plan import begin_catch_up, begin_daily, begin_settle
from tests.lab import Lab
from tests.workerless import cards

HALF = "\ud83d"  # half an emoji, as a name that was cut by its length ends
NAMES = {
    "half an emoji": (f"店{HALF}", "店\ufffd"),
    "controls": ("店\x00\x1b[31m\x07红", "店[31m红"),
    "lines": ("店\n城\t东\u2028号", "店 城 东 号"),
    "right to left": ("店\u202e\u2066东城\u2069\u200f", "店东城"),
    "an emoji as it is": ("店👩‍🍳\u3000好", "店👩‍🍳\u3000好"),
}


@pytest.mark.parametrize(("name", "written"), NAMES.values(), ids=NAMES)
def test_a_name_is_cleaned_where_it_enters_and_every_run_goes_on(lab: Lab, name: str, written: str) -> None:
    lab.extra |= {"LAIKE_ACCOUNTS": "{}", "LAIKE_LOOKBACK_DAYS": "1"}
    odd = lab.accounts[1]
    lab.control("accounts/rename", {"account_id": int(odd), "name": name})
    row = {"path": ["data", "promotion_list", 0, "promotion_name"], "set": name}
    lab.fault("report.promotion", "patch", times="always", changes=[row])
    lab.at(time(7))
    ctx = lab.context()
    assert carry_out(ctx, begin_daily(ctx).run_id).state == RunState.SUCCESS
    lab.at(time(10, 35))
    ctx = lab.context()
    assert carry_out(ctx, begin_settle(ctx).run_id).state == RunState.SUCCESS
    assert begin_catch_up(ctx) == []
    cells = [record["fields"] for record in lab.records()]
    assert written in {one.get("账户名称") for one in cells}
    assert written in {one.get("单元名称") for one in cells}
    assert ctx.rosters.names()[odd] == written


FIGURES = ["1e999999999", "1e999999", "-1e999999", "0e-999999999", "1e-999999999", "NaN", "Infinity", "9" * 4000, True]


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: str(figure)[:12])
@pytest.mark.parametrize("endpoint", ["report.promotion", "report.account"])
def test_a_figure_that_no_table_can_hold_costs_its_account_alone(lab: Lab, endpoint: str, figure: object) -> None:
    lab.extra["LAIKE_LOOKBACK_DAYS"] = "1"
    sick = lab.accounts[1]
    rows = {"report.promotion": "promotion_list", "report.account": "data_list"}[endpoint]
    change = {"path": ["data", rows, 0, "stat_cost"], "set": figure}
    lab.fault(endpoint, "patch", times="always", match={"local_account_id": sick}, changes=[change])
    summary = lab.sync(lab.day)
    assert {one.id: one.trouble.reason for one in summary.accounts if one.trouble} == {sick: "bad_response"}
    assert summary.state == RunState.PARTIAL
    lab.assert_agrees(accounts=[one for one in lab.accounts if one != sick])
    assert "stat_cost" in json.dumps([one.trouble.message for one in summary.accounts if one.trouble])


def test_a_list_that_says_it_has_pages_without_end_is_not_asked_for_them(lab: Lab) -> None:
    sick = lab.accounts[1]
    pages = {"page": 1, "page_size": 100, "total_number": 10**9, "total_page": 10**7}
    change = {"path": ["data", "page_info"], "set": pages}
    lab.fault("report.promotion", "patch", times="always", match={"local_account_id": sick}, changes=[change])
    summary = lab.sync(lab.day)
    assert {one.id: one.trouble.reason for one in summary.accounts if one.trouble} == {sick: "bad_response"}
    assert lab.calls("report.promotion") < 20


@pytest.mark.parametrize("words", [f"店{HALF}", "\x1b[31m红\u202e", "长" * 100_000], ids=["half", "controls", "long"])
@pytest.mark.parametrize("request_id", ["plain", 5, {"a": [HALF]}], ids=str)
def test_an_error_in_any_words_is_an_outcome_of_its_account(lab: Lab, words: str, request_id: object) -> None:
    sick = lab.accounts[1]
    body = {"code": 40002, "message": words, "request_id": request_id}
    lab.fault("report.promotion", "garbage", times="always", match={"local_account_id": sick}, body=body)
    summary = lab.sync(lab.day)
    troubles = [one.trouble for one in summary.accounts if one.trouble]
    assert [(one.reason, one.code) for one in troubles] == [("account_unavailable", 40002)]
    assert len(troubles[0].message) < 2000
    assert not {HALF, "\x1b", "\u202e"} & set(troubles[0].message)
    assert len(cards(lab)) == 1  # one that is by the book
    assert lab.context().ledger.open_runs() == []
