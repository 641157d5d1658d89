"""The one row that a sync may remove: its own write that landed late. Backed up and told; a person's row never."""

import time
from pathlib import Path
from typing import Any

import pytest

from pipeline.core.outcome import RunState
from pipeline.core.runs.flow import VERIFY, Step
from pipeline.state import keys
from pipeline.state.runs.outcomes import STEP
from pipeline.state.table.backups import read
from pipeline.steps.runs.carry_out import carry_out
from pipeline.steps.runs.plan import begin
from pipeline.steps.runs.verify import verify
from pipeline.steps.table import create as steps_create
from tests.lab import Lab

MODES = ("replay", "refuse", "ignore")


def backups_of(lab: Lab) -> list[Path]:
    return sorted((lab.home / "backups").glob("twins-*.jsonl.gz"))


def rows(lab: Lab) -> list[dict[str, Any]]:
    return [dict(record["fields"]) for record in lab.records() if record["fields"].get("单元ID")]


def twin_before_the_read_back(lab: Lab, actor: str, **cells: object) -> dict[str, Any]:
    """Load a day, take a row out, and let its twin land right before the read-back of the run that writes it anew."""
    lab.sync(lab.day)
    row = next(record for record in lab.records() if record["fields"].get("单元ID"))
    lab.control("rows/delete", {"table_id": lab.table_id, "record_ids": [row["record_id"]]})
    body = {"table_id": lab.table_id, "fields": {**row["fields"], **cells}, "by": actor}
    # the first search reads the table for the load, the second reads back
    lab.before("records.search", "rows/insert", body, call=2)
    return dict(row["fields"])


def test_a_write_that_lands_after_it_was_repeated_is_removed_backed_up_and_told(either: Lab) -> None:
    twin = twin_before_the_read_back(either, "app")
    summary = either.sync(either.day)
    assert (summary.state, summary.duplicates) == (RunState.SUCCESS, 0)
    either.assert_agrees()
    (file,) = backups_of(either)
    assert any("1 行重复写入的数据已备份并清除" in warning for warning in summary.warnings)
    assert [row.cells for row in read(file).rows] == [twin]


def test_a_persons_row_of_the_same_key_is_never_removed(either: Lab) -> None:
    twin_before_the_read_back(either, "person")
    summary = either.sync(either.day)
    assert (summary.state, summary.duplicates) == (RunState.PARTIAL, 1)
    assert either.calls("records.batch_delete") == 0
    assert not backups_of(either)


def test_a_twin_that_says_something_else_is_left_to_a_person(lab: Lab) -> None:
    twin_before_the_read_back(lab, "app", 转化数=12345)
    summary = lab.sync(lab.day)
    assert (summary.state, summary.duplicates) == (RunState.PARTIAL, 1)
    assert lab.calls("records.batch_delete") == 0


def test_of_two_twins_the_one_in_which_a_person_filled_a_cell_stays(either: Lab) -> None:
    twin_before_the_read_back(either, "app", 备注="已沟通")
    summary = either.sync(either.day)
    assert summary.state == RunState.SUCCESS
    assert len([row for row in rows(either) if row.get("备注") == "已沟通"]) == 1
    either.assert_agrees()


def test_twins_of_an_earlier_run_are_left_to_a_person(lab: Lab) -> None:
    lab.sync(lab.day)
    row = next(record["fields"] for record in lab.records() if record["fields"].get("单元ID"))
    lab.control("rows/insert", {"table_id": lab.table_id, "fields": row, "by": "app"})
    time.sleep(0.01)  # the run that finds it begins later
    summary = lab.sync(lab.day)
    assert (summary.state, summary.duplicates) == (RunState.PARTIAL, 1)
    assert any("重复行请联系维护人员" in one.trouble.what_to_do for one in summary.accounts if one.trouble)


@pytest.mark.parametrize("batch", [1, 2, 3, 4])
@pytest.mark.parametrize("mode", MODES)
def test_an_effect_after_the_look_up_is_there_once_whatever_becomes_of_tokens(
    lab: Lab, mode: str, batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.control("settings", {"client_token_mode": mode})
    lab.fault("records.batch_create", "late", call=batch, times=1, seconds=0.05)
    monkeypatch.setattr("pipeline.steps.runs.verify.LOOKS_S", (0.5, 0.0))  # the read-back sees what landed
    lab.extra["LAIKE_WAIT_SCALE"] = "1"
    monkeypatch.setattr(steps_create, "LOOK_UP_S", 0.0)
    summary = lab.sync()
    assert (summary.state, summary.duplicates) == (RunState.SUCCESS, 0)
    lab.assert_agrees(summary.days.first, summary.days.last)
    removed = sum(len(read(file).rows) for file in backups_of(lab))
    deleted = sum(f"{removed:,} 行重复写入的数据已备份并清除" in warning for warning in summary.warnings)
    assert deleted == bool(removed)
    assert (lab.calls("records.batch_delete") > 0) == bool(removed)


def test_every_row_of_the_first_load_may_be_doubled_and_is_there_once(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.control("settings", {"client_token_mode": "ignore"})
    lab.fault("records.batch_create", "late", call=1, times=1, seconds=0.3)
    monkeypatch.setattr("pipeline.steps.runs.verify.LOOKS_S", (0.8, 0.0))
    lab.extra["LAIKE_WAIT_SCALE"] = "1"
    monkeypatch.setattr(steps_create, "LOOK_UP_S", 0.0)
    summary = lab.sync(lab.day, [lab.accounts[0]])
    assert summary.state == RunState.SUCCESS
    assert sum(len(read(file).rows) for file in backups_of(lab)) == summary.created > 0


@pytest.mark.parametrize("kind", ["drop_after", "drop_before"])
def test_a_delete_whose_answer_is_lost_is_done_once_and_told_once(lab: Lab, kind: str) -> None:
    twin_before_the_read_back(lab, "app")
    lab.fault("records.batch_delete", kind, times=1)
    summary = lab.sync(lab.day)
    assert summary.state == RunState.SUCCESS
    assert sum("1 行重复写入的数据已备份并清除" in warning for warning in summary.warnings) == 1
    lab.assert_agrees()


def test_a_twin_that_a_killed_read_back_removed_is_told_by_its_successor(lab: Lab) -> None:
    twin_before_the_read_back(lab, "app")
    ctx = lab.context()
    run_id = begin(ctx, lab.day, [], dry_run=False).run_id
    carry_out(ctx, run_id)
    assert ctx.client.hdel(keys.run(run_id), f"{STEP}{Step(VERIFY, 0)}") == 1  # killed right before it was recorded
    again = verify(ctx, run_id, 0)
    assert again.verified
    assert [words for words in again.warnings if "1 行重复写入的数据已备份并清除" in words]


def test_a_twin_that_cannot_be_backed_up_stays(lab: Lab) -> None:
    twin_before_the_read_back(lab, "app")
    (lab.home / "no-folder").write_text("")
    lab.extra["LAIKE_BACKUP_DIR"] = str(lab.home / "no-folder")
    summary = lab.sync(lab.day)
    assert (summary.state, summary.duplicates) == (RunState.PARTIAL, 1)
    assert lab.calls("records.batch_delete") == 0
    assert any("未能清除：备份无法写入" in warning for warning in summary.warnings)


def test_a_twin_that_cannot_be_deleted_stays_and_that_is_told(lab: Lab) -> None:
    twin_before_the_read_back(lab, "app")
    lab.fault("records.batch_delete", "code", code=99991672, times="always")
    summary = lab.sync(lab.day)
    assert (summary.state, summary.duplicates) == (RunState.PARTIAL, 1)
    assert any("1 行重复写入的数据已备份，但仍在表格中" in warning for warning in summary.warnings)
    assert any(
        "未能清除：飞书应用缺少权限，请联系维护人员（编号 feishu_scope）" in warning for warning in summary.warnings
    )
