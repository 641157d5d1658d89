"""Rows of one key are found, told and, where a person agrees, cleaned: nothing that people filled is lost."""

import json
from typing import Any

import pytest

from pipeline.state.backups import read
from tests.lab import Lab

Plain = dict[str, Any]


@pytest.fixture
def loaded(either: Lab) -> Lab:
    """A lab whose newest day is loaded."""
    either.sync(either.day)
    return either


def first(lab: Lab) -> Plain:
    """A row of the source's."""
    return next(record for record in lab.records() if record["fields"].get("单元ID"))


def double(lab: Lab, by: str = "person", **cells: object) -> Plain:
    """Another row of the first one's key; the first one."""
    row = first(lab)
    lab.control("rows/insert", {"table_id": lab.table_id, "fields": {**row["fields"], **cells}, "by": by})
    return row


def other(lab: Lab) -> object:
    """A figure that no row of the source has, for the table's type."""
    return 98765 if lab.table == "typed_table_id" else "98765"


def same_key(lab: Lab, row: Plain) -> list[Plain]:
    """The rows of a row's key."""
    key = ("单元ID", "时间")
    return [one for one in lab.records() if all(one["fields"].get(name) == row["fields"][name] for name in key)]


def test_without_duplicates_check_says_so(loaded: Lab) -> None:
    ended = loaded.laike("dedup", "check")
    assert (ended.returncode, ended.stdout.strip()) == (0, "each key is there once")
    cleaned = loaded.laike("dedup", "clean")
    assert cleaned.returncode == 0


def test_check_tells_whose_rows_they_are_and_which_one_agrees_and_changes_nothing(loaded: Lab) -> None:
    row = double(loaded, 转化数=other(loaded))
    ended = loaded.laike("dedup", "check", "--json")
    assert ended.returncode == 1
    (key,) = json.loads(ended.stdout)["keys"]
    assert (key["promotion_id"], key["day"]) == (row["fields"]["单元ID"], loaded.day.isoformat())
    assert (key["keep"], key["agrees"]) == (row["record_id"], True)
    assert [one["whose"] for one in key["rows"]] == ["ours", "person"]
    assert loaded.calls("records.batch_delete") == 0
    shown = loaded.laike("dedup", "check", loaded.day.isoformat(), loaded.day.isoformat())
    assert "agrees with the source" in shown.stdout


def test_check_of_other_days_does_not_see_them(loaded: Lab) -> None:
    double(loaded)
    assert loaded.laike("dedup", "check", "2026-01-01", "2026-01-02").returncode == 0


def test_days_that_are_none_are_wrong_usage(lab: Lab) -> None:
    assert lab.laike("dedup", "check", "gestern").returncode == 2
    assert lab.laike("dedup", "check", "2026-01-02", "2026-01-01").returncode == 2


def test_clean_asks_first_and_without_a_terminal_changes_nothing(loaded: Lab) -> None:
    row = double(loaded)
    ended = loaded.laike("dedup", "clean")
    assert ended.returncode == 2
    assert "--yes" in ended.stderr
    assert len(same_key(loaded, row)) == 2


def test_clean_keeps_the_row_that_agrees_and_takes_over_what_people_filled(loaded: Lab) -> None:
    row = double(loaded, 转化数=other(loaded), 备注="已沟通")
    ended = loaded.laike("dedup", "clean", "--yes")
    assert ended.returncode == 0, ended.stderr
    (kept,) = same_key(loaded, row)
    assert kept == {**kept, "record_id": row["record_id"], "fields": {**row["fields"], "备注": "已沟通"}}
    loaded.assert_agrees()
    (file,) = (loaded.home / "backups").glob("dedup-*.jsonl.gz")
    assert str(file) in ended.stdout
    (gone,) = read(file).rows
    assert (gone.cells["备注"], gone.cells["转化数"]) == ("已沟通", other(loaded))


def test_cells_that_people_filled_differently_are_told_and_both_are_kept_somewhere(loaded: Lab) -> None:
    row = first(loaded)
    loaded.control("rows/edit", {"table_id": loaded.table_id, "record_id": row["record_id"], "fields": {"备注": "甲"}})
    double(loaded, 转化数=other(loaded), 备注="乙")
    ended = loaded.laike("dedup", "clean", "--yes")
    assert ended.returncode == 0, ended.stderr
    assert "甲 stays, 乙 is in the backup only" in ended.stdout
    (kept,) = same_key(loaded, row)
    assert kept["fields"]["备注"] == "甲"
    (file,) = (loaded.home / "backups").glob("dedup-*.jsonl.gz")
    assert [one.cells["备注"] for one in read(file).rows] == ["乙"]


def test_where_the_source_cannot_be_asked_the_last_edited_row_stays_and_that_is_told(loaded: Lab) -> None:
    row = double(loaded, 备注="后来的")
    loaded.fault("report.promotion", "code", code=40002, times="always")
    ended = loaded.laike("dedup", "clean", loaded.day.isoformat(), "--yes")
    assert ended.returncode == 0, ended.stderr
    assert "could not be asked" in ended.stderr
    assert "last edited" in ended.stdout
    (kept,) = same_key(loaded, row)
    assert kept["fields"]["备注"] == "后来的"


def test_only_the_day_that_was_named_is_cleaned(loaded: Lab) -> None:
    row = double(loaded)
    assert loaded.laike("dedup", "clean", "2026-01-01", "--yes").returncode == 0
    assert len(same_key(loaded, row)) == 2


@pytest.mark.parametrize("kind", ["drop_before", "drop_after"])
@pytest.mark.parametrize("endpoint", ["records.batch_update", "records.batch_delete"])
def test_a_lost_answer_is_looked_up_and_the_rest_is_done(loaded: Lab, endpoint: str, kind: str) -> None:
    row = double(loaded, 转化数=other(loaded), 备注="已沟通")
    loaded.fault(endpoint, kind, times=1)
    ended = loaded.laike("dedup", "clean", "--yes")
    assert ended.returncode == 0, ended.stderr
    (kept,) = same_key(loaded, row)
    assert kept["fields"]["备注"] == "已沟通"
    assert len(list((loaded.home / "backups").iterdir())) == 1


def test_without_a_backup_nothing_is_removed(loaded: Lab) -> None:
    row = double(loaded, 备注="已沟通")
    (loaded.home / "file").write_text("")
    ended = loaded.laike("dedup", "clean", "--yes", LAIKE_BACKUP_DIR=str(loaded.home / "file"))
    assert ended.returncode == 3
    assert "备份无法写入" in ended.stderr
    assert len(same_key(loaded, row)) == 2
    assert loaded.calls("records.batch_delete") == 0


def test_a_note_that_a_person_writes_after_the_plan_was_shown_is_not_lost(loaded: Lab) -> None:
    row = first(loaded)
    note = {"table_id": loaded.table_id, "record_id": row["record_id"], "fields": {"备注": "甲"}}
    loaded.control("rows/edit", note)
    double(loaded, 转化数=other(loaded), 备注=None)
    (theirs,) = [one for one in same_key(loaded, row) if one["record_id"] != row["record_id"]]
    late = {**note, "record_id": theirs["record_id"], "fields": {"备注": "乙"}, "by": "person"}
    # the first search made the plan, the second is that of the clean itself
    loaded.before("records.search", "rows/edit", late, call=2)
    ended = loaded.laike("dedup", "clean", "--yes")
    assert ended.returncode == 1
    assert "still more than one row" in ended.stderr
    assert sorted(one["fields"]["备注"] for one in same_key(loaded, row)) == ["乙", "甲"]
