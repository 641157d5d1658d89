"""Rows of one key are found, told and, where a person agrees, cleaned: nothing that people filled is lost."""

import json
from typing import Any

import pytest

from pipeline.state import keys
from pipeline.state.table.backups import read
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
    assert len(list((loaded.home / "backups").glob("*.gz"))) == 1


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


def insert(lab: Lab, by: str = "person", **cells: object) -> str:
    """A row that somebody adds; its record id."""
    before = {record["record_id"] for record in lab.records()}
    lab.control("rows/insert", {"table_id": lab.table_id, "fields": cells, "by": by})
    return next(str(record["record_id"]) for record in lab.records() if record["record_id"] not in before)


def a_sum(lab: Lab, name: str, word: str = "合计", cost: int = 99) -> str:
    """A person's row below an account's rows of the newest day."""
    cost_cell = cost if lab.table == "typed_table_id" else str(cost)
    day = first(lab)["fields"]["时间"]
    return insert(lab, **{"账户名称": name, "时间": day, "单元ID": word, "消耗(元)": cost_cell})


@pytest.mark.parametrize("word", ["合计", "小计", "1月合计", "total 1", "-"])
def test_rows_that_people_sum_up_in_stay_whatever_they_are_called(loaded: Lab, word: str) -> None:
    names = list(loaded.facts["accounts"].values())
    theirs = [a_sum(loaded, names[0], word, 1), a_sum(loaded, names[1], word, 2), a_sum(loaded, names[1], word, 3)]
    checked = loaded.laike("dedup", "check")
    assert checked.returncode == 0
    assert word in checked.stdout
    assert "no number" in checked.stdout
    assert loaded.laike("dedup", "clean", "--yes").returncode == 0
    assert set(theirs) <= {record["record_id"] for record in loaded.records()}
    assert loaded.calls("records.batch_delete") == 0


def test_rows_without_an_id_stay(loaded: Lab) -> None:
    names = list(loaded.facts["accounts"].values())
    theirs = [a_sum(loaded, name, blank) for name in names[:2] for blank in ("", " ")]
    assert loaded.laike("dedup", "clean", "--yes").returncode == 0
    assert set(theirs) <= {record["record_id"] for record in loaded.records()}


def test_one_id_in_two_accounts_is_for_a_person_and_a_real_copy_beside_it_is_cleaned(loaded: Lab) -> None:
    row = double(loaded)
    numbered = (record["fields"] for record in loaded.records() if record["fields"].get("单元ID"))
    cells, name = next(one for one in numbered if one["单元ID"] != row["fields"]["单元ID"]), "别家店"
    moved = insert(loaded, **{**cells, "账户名称": name})
    checked = loaded.laike("dedup", "check", "--json")
    document = json.loads(checked.stdout)
    assert (checked.returncode, len(document["keys"])) == (1, 1)
    (left,) = document["left_alone"]
    assert (left["promotion_id"], "accounts" in left["why"]) == (cells["单元ID"], True)
    ended = loaded.laike("dedup", "clean", "--yes")
    assert ended.returncode == 0, ended.stderr
    assert name in ended.stdout
    assert len(same_key(loaded, row)) == 1
    assert moved in {record["record_id"] for record in loaded.records()}


def test_copies_of_which_none_is_ours_stay_and_are_told(loaded: Lab) -> None:
    row = {**first(loaded)["fields"], "单元ID": "1792000000000009999"}
    theirs = {insert(loaded, **row), insert(loaded, **row)}
    checked = loaded.laike("dedup", "check")
    assert checked.returncode == 1
    assert "none of them is ours" in checked.stdout
    assert loaded.laike("dedup", "clean", "--yes").returncode == 0
    assert theirs <= {record["record_id"] for record in loaded.records()}


def test_while_nobody_knows_which_rows_are_ours_nothing_is_removed(loaded: Lab) -> None:
    row = double(loaded)
    ctx = loaded.context()
    ctx.client.delete(keys.creator(loaded.facts["app_token"]))
    assert ctx.base_facts.creator() is None
    checked = loaded.laike("dedup", "check")
    assert checked.returncode == 1
    assert "not known yet" in checked.stdout
    assert loaded.laike("dedup", "clean", "--yes").returncode == 0
    assert len(same_key(loaded, row)) == 2


def test_a_row_that_a_person_moved_to_another_account_after_the_plan_was_shown_stays(loaded: Lab) -> None:
    row = double(loaded, 转化数=other(loaded))
    (theirs,) = [one for one in same_key(loaded, row) if one["record_id"] != row["record_id"]]
    late = {"table_id": loaded.table_id, "record_id": theirs["record_id"], "fields": {"账户名称": "别家店"}}
    # the first search made the plan, the second is that of the clean itself
    loaded.before("records.search", "rows/edit", {**late, "by": "person"}, call=2)
    loaded.laike("dedup", "clean", "--yes")
    assert len(same_key(loaded, row)) == 2
