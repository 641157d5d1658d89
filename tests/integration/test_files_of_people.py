"""Files that commands make: new ones only, whatever lies under their name, and where git does not look."""

import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from tests.lab import Lab

GIT = shutil.which("git") or "git"
COMMANDS = ["export", "report", "backup"]


def made(lab: Lab, command: str, file: str) -> "subprocess.CompletedProcess[str]":
    day = str(lab.day)
    if command == "backup":
        return lab.laike(command, file)
    return lab.laike(command, day, day, "--output", file)


@pytest.mark.parametrize("command", COMMANDS)
def test_nothing_that_is_there_is_overwritten_and_no_link_is_followed(lab: Lab, command: str) -> None:
    mine, nothing = lab.home / "mine", lab.home / "nothing"
    mine.write_text("precious", encoding="utf-8")
    (lab.home / "link").symlink_to(mine)
    (lab.home / "dangling").symlink_to(nothing)
    (lab.home / "folder").mkdir()
    calls = lab.calls("records.search")
    for taken in ("mine", "link", "dangling", "folder"):
        ended = made(lab, command, taken)
        assert (ended.returncode, f"{taken} exists" in ended.stderr) == (2, True), ended.stderr
        assert "another name" in ended.stderr
    assert (mine.read_text(encoding="utf-8"), nothing.exists()) == ("precious", False)
    assert (lab.home / "link").is_symlink()
    assert (lab.home / "dangling").is_symlink()
    assert lab.calls("records.search") == calls


@pytest.mark.parametrize("command", COMMANDS)
def test_a_new_file_is_its_owner_s_only(lab: Lab, command: str) -> None:
    assert made(lab, command, "new").returncode in (0, 1)
    file = lab.home / "new"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in lab.home.glob("new*")] == ["new"]


def test_without_a_name_files_lie_where_git_sees_none_of_them(lab: Lab) -> None:
    subprocess.run([GIT, "init", "-q", str(lab.home)], check=True)
    before = untracked(lab.home)
    day = str(lab.day)
    assert lab.laike("export", day, day).returncode == 0
    assert lab.laike("report", day, day).returncode == 1
    assert lab.laike("backup").returncode == 0
    assert len(list(lab.home.glob("*/*.csv")) + list(lab.home.glob("*/*.html")) + list(lab.home.glob("*/*.gz"))) == 3
    assert untracked(lab.home) == before


def test_the_same_report_twice_needs_another_name(lab: Lab) -> None:
    day = str(lab.day)
    lab.laike("report", day, day)
    again = lab.laike("report", day, day)
    assert (again.returncode, "give another name" in again.stderr) == (2, True)


def test_a_report_that_is_sent_says_to_whom(lab: Lab) -> None:
    day = str(lab.day)
    lab.sync(lab.day)
    assert "was sent to the group" in lab.laike("report", day, day, "--send").stdout
    lab.fault("bot.webhook", "code", code=19024, times="always")
    ended = lab.laike("report", day, day, "--send", "--output", "b.html")
    assert (ended.returncode, "sent to the group" in ended.stdout) == (1, False)
    assert "could not be sent to the group" in ended.stderr


def untracked(folder: Path) -> list[str]:
    command = [GIT, "-C", str(folder), "status", "--porcelain", "--untracked-files=all"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
