import os
import stat
from pathlib import Path

import pytest

from pipeline.state.files import replacing


def write(path: Path, text: str) -> None:
    with replacing(path) as file:
        file.write(text.encode())


def write_half(path: Path) -> None:
    with replacing(path) as file:
        file.write(b"half")
        raise TypeError


def test_the_new_content_takes_the_place_of_the_old_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old", encoding="utf-8")
    path.chmod(0o644)
    write(path, "new")
    assert path.read_text(encoding="utf-8") == "new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["file"]


def test_a_writer_that_fails_half_way_leaves_what_was_there_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write(path, "old")
    with pytest.raises(TypeError):
        write_half(path)
    assert path.read_text(encoding="utf-8") == "old"
    assert [one.name for one in tmp_path.iterdir()] == ["file"]


def test_it_is_on_the_disk_before_it_takes_the_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, seen = tmp_path / "file", list[bool]()
    real = os.fsync

    def watched(handle: int) -> None:
        seen.append(path.exists())
        real(handle)

    monkeypatch.setattr(os, "fsync", watched)
    write(path, "new")
    assert seen == [False]
