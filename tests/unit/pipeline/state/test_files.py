import errno
import os
import stat
from pathlib import Path

import pytest

from pipeline.core.errors import LaikeError, WrongInput
from pipeline.state.files import new_file, own_folder, replacing


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


def create(path: Path, text: str = "new") -> None:
    with new_file(path, "export") as file:
        file.write(text.encode())


def test_a_new_file_appears_whole_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with new_file(path, "export") as file:
        file.write(b"new")
        assert not path.exists()
    assert (path.read_text(encoding="utf-8"), stat.S_IMODE(path.stat().st_mode)) == ("new", 0o600)
    assert [one.name for one in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("links", [True, False], ids=["with links", "a file system without links"])
def test_what_took_the_name_meanwhile_stays_also_a_link(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, links: bool
) -> None:
    if not links:
        monkeypatch.setattr(os, "link", without_links)
    victim = tmp_path / "victim"
    with pytest.raises(WrongInput, match="exists"), new_file(tmp_path / "file", "export"):
        (tmp_path / "file").write_text("theirs", encoding="utf-8")
    with pytest.raises(WrongInput, match="exists"), new_file(tmp_path / "link", "export"):
        (tmp_path / "link").symlink_to(victim)
    assert (tmp_path / "file").read_text(encoding="utf-8") == "theirs"
    assert (tmp_path / "link").is_symlink()
    assert {path.name for path in tmp_path.iterdir()} == {"file", "link"}


def test_a_file_system_without_links_gets_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "link", without_links)
    create(tmp_path / "file")
    assert [(one.name, one.read_text(encoding="utf-8")) for one in tmp_path.iterdir()] == [("file", "new")]


def without_links(*_words: object, **_options: object) -> None:
    raise OSError(errno.EPERM, "Operation not permitted")


def test_a_writer_of_a_new_file_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(LaikeError, match="No space left"), new_file(tmp_path / "file", "export"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_ours_hides_itself_from_git_and_one_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    made = own_folder(tmp_path / "a" / "out", "export")
    assert ((made / ".gitignore").read_text(encoding="utf-8"), stat.S_IMODE(made.stat().st_mode)) == ("*\n", 0o700)
    assert list(own_folder(tmp_path, "export").iterdir()) == [tmp_path / "a"]
    (tmp_path / "file").touch()
    for path in (tmp_path / "file", tmp_path / "file" / "out"):
        with pytest.raises(LaikeError, match="cannot be made"):
            own_folder(path, "export")
