import gzip
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.core.errors import LaikeError, WrongInput
from pipeline.core.table.backup import Header, SavedRow
from pipeline.state.table import backups

NOW = datetime(2026, 2, 1, 23, 0, tzinfo=UTC)
HEADER = Header(made_at=NOW.isoformat(), table_id="tbl1", why="table", fields=())
ROWS = (SavedRow(record_id="rec1", cells={"单元名称": "甲\u2028乙\n丙"}),)


def test_a_backup_survives_exactly_and_is_for_its_owner_only(tmp_path: Path) -> None:
    path = backups.new_path(tmp_path / "deep" / "folder", "table", "tbl1", NOW)
    assert path.name == "table-tbl1-20260202-070000-000000.jsonl.gz"
    backups.write(path, HEADER, ROWS)
    found = backups.read(path)
    assert (found.header, found.rows) == (HEADER, ROWS)
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert list(path.parent.iterdir()) == [path]


def test_a_file_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "mine"
    path.write_text("precious")
    with pytest.raises(WrongInput, match="overwrites nothing"):
        backups.write(path, HEADER, ROWS)
    assert path.read_text() == "precious"


def test_a_backup_that_breaks_off_leaves_no_file(tmp_path: Path) -> None:
    def rows() -> Iterator[SavedRow]:
        yield ROWS[0]
        raise OSError(28, "No space left on device")

    with pytest.raises(LaikeError, match="No space left") as caught:
        backups.write(tmp_path / "a", HEADER, rows())
    assert "磁盘空间" in caught.value.for_maintainer
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "content",
    [b"", b"no gzip", gzip.compress(b"x" * 999)[:-5], gzip.compress(b"\xff\xfe")],
    ids=["empty", "no gzip", "cut off", "no text"],
)
def test_a_file_that_does_not_unpack_is_damaged(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a"
    path.write_bytes(content)
    with pytest.raises(WrongInput, match="damaged"):
        backups.read(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(WrongInput, match=r"none cannot be read: No such file"):
        backups.read(tmp_path / "none")


def test_the_newest_of_a_table_are_kept_and_other_files_are_not_touched(tmp_path: Path) -> None:
    names = ["table-tbl1-20260201-1", "table-tbl1-20260202-1", "table-tbl1-20260203-1", "twins-tbl1-20260101-1"]
    others = ["table-tbl2-20260101-1"]
    for name in (*names, *others):
        (tmp_path / f"{name}.jsonl.gz").touch()
    gone = backups.prune(tmp_path, "table", "tbl1", 2)
    assert [path.name for path in gone] == ["table-tbl1-20260201-1.jsonl.gz"]
    assert len(list(tmp_path.iterdir())) == 4
    assert backups.prune(tmp_path, "table", "tbl1", 9) == []
