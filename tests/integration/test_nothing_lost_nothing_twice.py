"""Promise 2: lost answers, changed tables and two writers at a time neither lose nor double a row."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from pipeline.core.outcome import RunState
from pipeline.steps.runs.carry_out import carry_out
from pipeline.steps.runs.fetch import fetch_account
from pipeline.steps.runs.load import load
from pipeline.steps.runs.plan import begin
from tests.lab import WRITES, Lab
from tests.workers import wait_until


@pytest.mark.parametrize("mode", ["replay", "refuse", "ignore"])
@pytest.mark.parametrize("kind", ["drop_after", "drop_before", "garbage"])
def test_a_create_whose_answer_is_lost_is_there_once(either: Lab, mode: str, kind: str) -> None:
    either.control("settings", {"client_token_mode": mode})
    either.fault("records.batch_create", kind, times=1)
    summary = either.sync()
    assert (summary.state, summary.duplicates) == (RunState.SUCCESS, 0)
    either.assert_agrees(summary.days.first, summary.days.last)


@pytest.mark.parametrize("missing", ["records", "code"])
def test_a_create_whose_answer_says_less_than_promised_is_looked_up(lab: Lab, missing: str) -> None:
    path = ["data", "records"] if missing == "records" else ["code"]
    lab.fault("records.batch_create", "patch", path=path, remove=True, times=1)
    summary = lab.sync(lab.day)
    assert (summary.state, summary.duplicates) == (RunState.SUCCESS, 0)
    lab.assert_agrees()


@pytest.mark.parametrize("batch", [1, 2, 3, 4])
@pytest.mark.parametrize("mode", ["replay", "refuse", "ignore"])
def test_it_does_not_matter_which_batch_lost_its_answer(lab: Lab, batch: int, mode: str) -> None:
    lab.control("settings", {"client_token_mode": mode})
    lab.fault("records.batch_create", "drop_after", call=batch, times=1)
    summary = lab.sync()
    assert (summary.state, summary.duplicates) == (RunState.SUCCESS, 0)
    lab.assert_agrees(summary.days.first, summary.days.last)


@pytest.mark.parametrize("code", [1254608, 1255006, 1255040, 1254002, 1254291, 1254607, 99991400])
def test_a_create_that_is_refused_once_is_there_once(lab: Lab, code: int) -> None:
    lab.fault("records.batch_create", "code", code=code, times=1)
    summary = lab.sync(lab.day)
    assert summary.state == RunState.SUCCESS
    lab.assert_agrees()


def test_an_update_whose_answer_is_lost_is_read_again(lab: Lab) -> None:
    lab.sync(lab.day)
    key, row = next(iter(lab.source().items()))
    change = {"account_id": str(row["local_account_id"]), "promotion_id": key.item_id, "day": key.day.isoformat()}
    lab.control("figures", {**change, "stat_cost": 777.25})
    lab.fault("records.batch_update", "drop_after", times=1)
    summary = lab.sync(lab.day)
    assert (summary.state, summary.updated) == (RunState.SUCCESS, 1)
    lab.assert_agrees()


def test_a_row_that_a_person_deletes_while_it_is_updated_is_created_again(lab: Lab) -> None:
    lab.sync(lab.day)
    key, row = next(iter(lab.source().items()))
    place = {"promotion_id": key.item_id, "day": key.day.isoformat()}
    lab.control("figures", {"account_id": str(row["local_account_id"]), **place, "stat_cost": 777.25})
    deleted = {"table_id": lab.table_id, "unit_id": key.item_id, "day": key.day.isoformat()}
    lab.before("records.batch_update", "rows/delete", deleted)
    assert lab.sync(lab.day).state == RunState.SUCCESS
    lab.assert_agrees()


def test_a_restated_figure_updates_one_cell_and_is_called_restated(either: Lab) -> None:
    either.sync(either.day)
    key, row = next(iter(either.source().items()))
    place = {"promotion_id": key.item_id, "day": key.day.isoformat()}
    either.control("figures", {"account_id": str(row["local_account_id"]), **place, "clue_pay_order_cnt": 987})
    summary = either.sync(either.day)
    assert (summary.updated, len(summary.restatements), summary.edited) == (1, 1, 0)
    assert str(either.loaded()[key][0]["团购线索数"]) == "987"


def test_a_cell_that_a_person_changed_is_put_right_and_told_as_edited(either: Lab) -> None:
    either.sync(either.day)
    record = next(record for record in either.records() if record["fields"].get("单元ID"))
    edit = {"table_id": either.table_id, "record_id": record["record_id"], "fields": either.one_more_conversion(record)}
    either.control("rows/edit", {**edit, "by": "person"})
    summary = either.sync(either.day)
    assert (summary.updated, len(summary.restatements), summary.edited) == (1, 0, 1)
    either.assert_agrees()


def test_two_runs_at_once_neither_double_a_row_nor_meet_in_a_write(lab: Lab) -> None:
    lab.control("latency", {"records.batch_create": 0.2})
    first, second = lab.context(), lab.context()
    with ThreadPoolExecutor(2) as pool:
        ends = [
            pool.submit(lambda ctx: carry_out(ctx, begin(ctx, lab.day, [], dry_run=False).run_id), ctx)
            for ctx in (first, second)
        ]
        summaries = [end.result() for end in ends]
    assert [summary.state for summary in summaries] == [RunState.SUCCESS, RunState.SUCCESS]
    assert 1254291 not in {call["code"] for call in lab.look("calls")["calls"]}
    lab.assert_agrees()
    status = lab.table_named("同步状态")
    assert status["records"] == len(lab.accounts)


def test_two_runs_that_begin_in_the_same_millisecond_are_two(lab: Lab) -> None:
    ctx = lab.context()
    moment = ctx.now()
    at_once = replace(ctx, now=lambda: moment)
    names = [begin(at_once, lab.day, [], dry_run=False).run_id for _ in range(3)]
    assert len(set(names)) == 3
    assert sorted(ctx.ledger.open_runs()) == sorted(names)


def test_what_was_read_while_somebody_wrote_is_read_again(lab: Lab) -> None:
    lab.control("latency", {"records.batch_create": 0.5})
    first, second = lab.context(), lab.context()
    run_id = begin(first, lab.day, [], dry_run=False).run_id
    for account in lab.accounts:
        fetch_account(first, run_id, 0, account)
    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(load, first, run_id, 0)
        assert wait_until(lambda: lab.calls("records.batch_create") == 1)
        summary = carry_out(second, begin(second, lab.day, [], dry_run=False).run_id)
        assert writing.result().trouble is None
    assert (summary.state, summary.created) == (RunState.SUCCESS, 0)
    lab.assert_agrees()


def test_a_table_that_is_full_gets_no_row_and_both_numbers_are_told(lab: Lab) -> None:
    lab.extra["LAIKE_TABLE_MAX_ROWS"] = "100"
    summary = lab.sync(lab.day)
    assert summary.state == RunState.FAILED
    assert summary.trouble is not None
    assert summary.trouble.reason == "table_full"
    assert f"{summary.accounts[-1].rows}" not in ("0", "")
    wanted = sum(account.rows for account in summary.accounts)
    assert f"{wanted} rows" in summary.trouble.message
    assert "of 100" in summary.trouble.message
    assert not lab.loaded()


def test_a_dry_run_tells_what_it_would_write_and_writes_nothing(either: Lab) -> None:
    summary = either.sync(either.day, dry_run=True)
    assert summary.created == len(either.source())
    assert either.calls(*WRITES) == 0
    assert not either.look("state")["messages"]
