"""What was saved comes back as it was, and nothing that is there is changed by it."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.state.table.backups import read
from tests.integration.test_a_careful_guest import conditions_of, views_of
from tests.lab import Lab

Plain = dict[str, Any]


@pytest.fixture
def loaded(either: Lab) -> Lab:
    """A lab whose newest day is loaded, with a note of a person's in one row."""
    either.sync(either.day)
    note = {"table_id": either.table_id, "record_id": keyed(either)[0]["record_id"], "fields": {"备注": "已沟通"}}
    either.control("rows/edit", {**note, "by": "person"})
    return either


def keyed(lab: Lab) -> list[Plain]:
    """The rows with a key."""
    return [record for record in lab.records() if record["fields"].get("单元ID")]


def cells(lab: Lab) -> list[str]:
    """The filled rows of the table, whatever their order and ids."""
    found = (record["fields"] for record in lab.records())
    return sorted(json.dumps(one, ensure_ascii=False, sort_keys=True) for one in found if one)


def backed_up(lab: Lab) -> Path:
    """A backup made by the command."""
    ended = lab.laike("backup", "--json")
    assert ended.returncode == 0, ended.stderr
    return Path(json.loads(ended.stdout)["file"])


def delete_all(lab: Lab) -> None:
    """What nobody should do."""
    lab.control("rows/delete", {"table_id": lab.table_id, "all": True})


def test_rows_that_were_deleted_come_back_as_they_were(loaded: Lab) -> None:
    before, file = cells(loaded), backed_up(loaded)
    delete_all(loaded)
    ended = loaded.laike("restore", str(file), "--yes")
    assert ended.returncode == 0, ended.stderr
    assert cells(loaded) == before
    loaded.assert_agrees()
    assert f"{len(before)} rows" in ended.stdout


def test_a_second_restore_finds_nothing_to_do(loaded: Lab) -> None:
    file = backed_up(loaded)
    writes = loaded.calls("records.batch_create")
    ended = loaded.laike("restore", str(file), "--yes")
    assert ended.returncode == 0
    assert "rows to create: 0" in ended.stdout
    assert loaded.calls("records.batch_create") == writes


def test_restored_twice_after_two_losses_the_rows_are_there_each_time(loaded: Lab) -> None:
    before, file = cells(loaded), backed_up(loaded)
    for _ in range(2):
        delete_all(loaded)
        assert loaded.laike("restore", str(file), "--yes").returncode == 0
        assert cells(loaded) == before


def test_what_is_there_is_not_changed(loaded: Lab) -> None:
    file = backed_up(loaded)
    row = keyed(loaded)[1]
    edit = {"table_id": loaded.table_id, "record_id": row["record_id"], "fields": {"备注": "新的"}}
    loaded.control("rows/edit", {**edit, "by": "person"})
    before = cells(loaded)
    ended = loaded.laike("restore", str(file), "--yes")
    assert ended.returncode == 0
    assert "which stay: 1" in ended.stdout
    assert cells(loaded) == before


def test_a_dry_run_and_a_missing_yes_change_nothing(loaded: Lab) -> None:
    file = backed_up(loaded)
    delete_all(loaded)
    assert loaded.laike("restore", str(file), "--dry-run").returncode == 0
    assert loaded.laike("restore", str(file)).returncode == 2
    assert cells(loaded) == []


@pytest.mark.parametrize("mode", ["replay", "refuse", "ignore"])
@pytest.mark.parametrize("kind", ["drop_before", "drop_after"])
def test_a_create_whose_answer_is_lost_is_there_once(loaded: Lab, kind: str, mode: str) -> None:
    before, file = cells(loaded), backed_up(loaded)
    delete_all(loaded)
    loaded.control("settings", {"client_token_mode": mode})
    loaded.fault("records.batch_create", kind, times=1)
    assert loaded.laike("restore", str(file), "--yes").returncode == 0
    assert cells(loaded) == before


def test_views_that_are_missing_come_back_with_their_filters(loaded: Lab) -> None:
    name, file = loaded.facts["accounts"][loaded.accounts[0]], backed_up(loaded)
    before = views_of(loaded)
    for gone in (name, "重点关注"):
        loaded.control("views/delete", {"table_id": loaded.table_id, "view_name": gone})
    ended = loaded.laike("restore", str(file), "--yes")
    assert ended.returncode == 0, ended.stderr

    def meant(lab_views: dict[str, Plain], view: str) -> list[tuple[str, str, str]]:
        return [(one["field_id"], one["operator"], one["value"]) for one in conditions_of(lab_views[view])]

    after = views_of(loaded)
    assert after.keys() == before.keys()
    assert [meant(after, one) for one in (name, "重点关注")] == [meant(before, one) for one in (name, "重点关注")]


def test_a_table_that_lacks_a_column_gets_nothing_and_the_column_is_named(loaded: Lab) -> None:
    file = backed_up(loaded)
    loaded.control("columns/delete", {"table_id": loaded.table_id, "field_name": "备注"})
    delete_all(loaded)
    ended = loaded.laike("restore", str(file), "--yes")
    assert ended.returncode == 3
    assert "备注" in ended.stderr
    assert cells(loaded) == []


def test_rows_that_do_not_fit_are_not_begun(loaded: Lab) -> None:
    file = backed_up(loaded)
    delete_all(loaded)
    ended = loaded.laike("restore", str(file), "--yes", LAIKE_TABLE_MAX_ROWS="3")
    assert ended.returncode == 4
    assert cells(loaded) == []


def test_a_damaged_file_is_refused(lab: Lab) -> None:
    lab.sync(lab.day)
    file = backed_up(lab)
    with gzip.open(file, "rt", encoding="utf-8") as packed:
        lines = packed.readlines()
    with gzip.open(file, "wt", encoding="utf-8") as packed:
        packed.writelines([*lines[:1], *lines[2:]])
    ended = lab.laike("restore", str(file), "--yes")
    assert ended.returncode == 2
    assert "damaged" in ended.stderr
    file.write_bytes(file.read_bytes()[:-20])
    assert lab.laike("restore", str(file), "--yes").returncode == 2
    assert lab.laike("restore", str(lab.home / "none"), "--yes").returncode == 2


def test_the_file_is_for_its_owner_only_and_holds_every_column_and_row(loaded: Lab) -> None:
    file = backed_up(loaded)
    assert file.stat().st_mode & 0o777 == 0o600
    saved = read(file)
    assert len(saved.rows) == len(cells(loaded))
    assert {field.name for field in saved.header.fields} >= {"单元ID", "消耗(元)", "备注"}


def test_only_so_many_are_kept(lab: Lab) -> None:
    lab.sync(lab.day)
    made = [backed_up(lab) for _ in range(2)]
    ended = lab.laike("backup", "--keep", "2")
    assert f"deleted: {made[0]}" in ended.stdout
    assert not made[0].exists()
    assert made[1].exists()
    assert lab.laike("backup", str(lab.home / "mine"), "--keep", "2").returncode == 2


def test_a_backup_overwrites_nothing(lab: Lab) -> None:
    mine = lab.home / "mine"
    mine.write_text("precious")
    assert lab.laike("backup", str(mine)).returncode == 2
    assert mine.read_text() == "precious"
