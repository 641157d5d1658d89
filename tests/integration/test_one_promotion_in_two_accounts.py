"""A promotion of two accounts is one row, or a contradiction that is named: in one batch, in two, in two runs."""

import json
from collections.abc import Callable
from datetime import time
from typing import Any

import pytest

from pipeline.core.model import DayRange, Key
from pipeline.core.outcome import DayState, RunState, Summary
from pipeline.core.runs import plan
from pipeline.steps.runs.carry_out import carry_out
from pipeline.steps.runs.plan import begin, begin_catch_up
from tests.lab import Lab

FIGURES = ("stat_cost", "convert_cnt", "clue_pay_order_cnt")


@pytest.fixture
def pair(either: Lab) -> Lab:
    """A main account and its copy, of which the copy reports one promotion of the main one, too."""
    names = {number: either.facts["accounts"][number] for number in (main_of(either), copy_of(either))}
    either.extra |= {"LAIKE_ACCOUNTS": json.dumps(names), "LAIKE_LOOKBACK_DAYS": "1"}
    return either


def main_of(lab: Lab) -> str:
    return lab.accounts[0]


def copy_of(lab: Lab) -> str:
    return lab.accounts[1]


def name_of(lab: Lab, account: str) -> str:
    return str(lab.facts["accounts"][account])


def reported(lab: Lab, account: str) -> dict[Key, dict[str, Any]]:
    """What an account reports of the newest day, as long as no other one reports the same."""
    return {key: row for key, row in lab.source().items() if str(row["local_account_id"]) == account}


def report_twice(lab: Lab, **other: object) -> Key:
    """Let the copy report the main account's first promotion of the newest day, with the same figures or others."""
    key, row = next(iter(reported(lab, main_of(lab)).items()))
    say_the_same(lab, key, row, **other)
    return key


def say_the_same(lab: Lab, key: Key, row: dict[str, Any], **other: object) -> None:
    """Let the copy report a row of the main account's."""
    figures = {name: row[name] for name in FIGURES} | other
    place = {"account_id": copy_of(lab), "promotion_id": key.item_id, "day": key.day.isoformat()}
    lab.control("figures", {**place, **figures})


def in_one_batch(lab: Lab, _patch: pytest.MonkeyPatch) -> list[Summary]:
    return [lab.sync()]


def in_two_batches(lab: Lab, patch: pytest.MonkeyPatch) -> list[Summary]:
    patch.setattr(plan, "BATCH_ACCOUNTS", 1)  # as 201 accounts are
    return [lab.sync()]


def in_two_runs(lab: Lab, _patch: pytest.MonkeyPatch) -> list[Summary]:
    return [lab.sync(lab.day, [number]) for number in (main_of(lab), copy_of(lab))]


WAYS = (in_one_batch, in_two_batches, in_two_runs)
Way = Callable[[Lab, pytest.MonkeyPatch], list[Summary]]
each_way = pytest.mark.parametrize("way", WAYS)


def row_of(lab: Lab, key: Key) -> dict[str, Any]:
    """The one row of a key."""
    (cells,) = lab.loaded()[key]
    return cells


def states(lab: Lab) -> dict[str, DayState]:
    """What is last known of both accounts on the newest day."""
    known = lab.context().last_outcomes.of([main_of(lab), copy_of(lab)], DayRange(lab.day, lab.day))
    return {at.account_id: one.state for at, one in known.items()}


@each_way
def test_with_other_figures_both_accounts_are_incomplete_and_named(
    pair: Lab, monkeypatch: pytest.MonkeyPatch, way: Way
) -> None:
    key = report_twice(pair, stat_cost=777.25)
    *_, last = way(pair, monkeypatch)
    assert last.state in (RunState.PARTIAL, RunState.FAILED)
    assert {one.trouble.reason for one in last.accounts if one.trouble} == {"conflict"}
    assert states(pair) == {main_of(pair): DayState.INCOMPLETE, copy_of(pair): DayState.INCOMPLETE}
    status = [record["fields"] for record in pair.records(str(pair.table_named("同步状态")["table_id"]))]
    assert {row["账户"] for row in status if row["状态"] == "不完整"} == {
        name_of(pair, main_of(pair)), name_of(pair, copy_of(pair)),
    }  # fmt: skip
    if way is not in_one_batch:  # the first one's row was there by then, and is left as it is
        assert row_of(pair, key)["账户名称"] == name_of(pair, main_of(pair))
        assert any(key.item_id in warning and name_of(pair, main_of(pair)) in warning for warning in last.warnings)
    if way is in_two_runs:
        assert pair.calls("report.promotion") == 2 + 1  # the holder was asked once more
    ours = reported(pair, main_of(pair)) | reported(pair, copy_of(pair))
    assert pair.loaded().keys() - {key} == ours.keys() - {key}


@each_way
def test_with_the_same_figures_it_is_one_row_under_the_first_account_and_stays_so(
    pair: Lab, monkeypatch: pytest.MonkeyPatch, way: Way
) -> None:
    name = next(iter(reported(pair, main_of(pair)).values()))["promotion_name"]
    key = report_twice(pair)
    assert {summary.state for summary in way(pair, monkeypatch)} == {RunState.SUCCESS}
    row = row_of(pair, key)
    assert (row["账户名称"], row["单元名称"]) == (name_of(pair, main_of(pair)), name)
    again = way(pair, monkeypatch)
    assert {(one.state, one.verified, one.created, one.updated) for one in again} == {(RunState.SUCCESS, True, 0, 0)}
    assert [one.restatements for one in again] == [()] * len(again)
    assert row_of(pair, key) == row


def test_the_account_that_was_there_first_keeps_it_whatever_order_they_are_loaded_in(pair: Lab) -> None:
    key = report_twice(pair)
    for number in (copy_of(pair), main_of(pair)):
        assert pair.sync(pair.day, [number]).state == RunState.SUCCESS
    summary = pair.sync()
    assert (summary.state, summary.updated) == (RunState.SUCCESS, 0)
    assert row_of(pair, key)["账户名称"] == name_of(pair, copy_of(pair))


def test_a_row_that_a_person_puts_under_another_account_comes_back(pair: Lab) -> None:
    assert pair.sync().state == RunState.SUCCESS
    key = next(key for key, row in pair.source().items() if str(row["local_account_id"]) == main_of(pair))
    place = {"table_id": pair.table_id, "unit_id": key.item_id, "day": key.day.isoformat()}
    pair.control("rows/edit", {**place, "fields": {"账户名称": name_of(pair, copy_of(pair))}, "by": "person"})
    summary = pair.sync()
    assert (summary.state, summary.updated, summary.edited) == (RunState.SUCCESS, 1, 1)
    pair.assert_agrees(accounts=[main_of(pair), copy_of(pair)])


def test_a_shared_row_that_a_person_changed_is_put_right_by_either_account(pair: Lab) -> None:
    key = report_twice(pair)
    in_two_runs(pair, pytest.MonkeyPatch())
    right = row_of(pair, key)
    record = next(one for one in pair.records() if one["fields"].get("单元ID") == key.item_id)
    edit = {"table_id": pair.table_id, "record_id": record["record_id"], "fields": pair.one_more_conversion(record)}
    pair.control("rows/edit", {**edit, "by": "person"})
    summary = pair.sync(pair.day, [copy_of(pair)])
    assert (summary.state, summary.updated) == (RunState.SUCCESS, 1)
    assert row_of(pair, key) == right


def test_a_holder_that_cannot_be_asked_leaves_the_day_incomplete_until_it_can(pair: Lab) -> None:
    pair.sync(pair.day, [main_of(pair)])
    key = report_twice(pair, stat_cost=777.25)
    pair.fault("report.promotion", "code", code=50000, times="always", match={"local_account_id": main_of(pair)})
    summary = pair.sync(pair.day, [copy_of(pair)])
    (account,) = summary.accounts
    assert account.trouble
    assert (summary.state, account.state, account.trouble.reason) == (
        RunState.FAILED, DayState.INCOMPLETE, "server_trouble",
    )  # fmt: skip
    assert row_of(pair, key)["账户名称"] == name_of(pair, main_of(pair))
    others = [one for one, row in pair.source().items() if str(row["local_account_id"]) == copy_of(pair)]
    assert all(one in pair.loaded() for one in others)


def test_a_promotion_of_an_account_that_is_out_of_reach_belongs_to_who_reports_it(pair: Lab) -> None:
    pair.sync(pair.day, [main_of(pair)])
    key = report_twice(pair, stat_cost=777.25)
    pair.fault("report.promotion", "code", code=40002, times="always", match={"local_account_id": main_of(pair)})
    assert pair.sync(pair.day, [copy_of(pair)]).state == RunState.SUCCESS
    assert row_of(pair, key)["账户名称"] == name_of(pair, copy_of(pair))


def test_both_are_owed_until_they_agree(pair: Lab) -> None:
    key, row = next(iter(reported(pair, main_of(pair)).items()))
    say_the_same(pair, key, row, stat_cost=777.25)
    in_two_runs(pair, pytest.MonkeyPatch())
    say_the_same(pair, key, row)
    pair.at(time(16, 30))
    ctx = pair.context()
    assert [carry_out(ctx, run.run_id).state for run in begin_catch_up(ctx)] == [RunState.SUCCESS]
    assert set(states(pair).values()) == {DayState.LOADED}


def test_without_a_shared_promotion_nobody_is_asked(pair: Lab) -> None:
    in_two_runs(pair, pytest.MonkeyPatch())
    before = pair.calls("report.promotion")
    in_two_runs(pair, pytest.MonkeyPatch())
    assert pair.calls("report.promotion") - before == 2


def test_the_dry_run_says_the_same(pair: Lab) -> None:
    report_twice(pair)
    pair.sync(pair.day, [main_of(pair)])
    ctx = pair.context()
    dry = carry_out(ctx, begin(ctx, pair.day, [copy_of(pair)], dry_run=True).run_id)
    real = pair.sync(pair.day, [copy_of(pair)])
    assert (dry.created, dry.updated) == (real.created, real.updated)
