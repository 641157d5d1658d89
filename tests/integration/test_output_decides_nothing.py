"""The exit code is the run's, wherever its words go: processes as a shell starts them, to the interpreter's end."""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.lab import Lab

LAIKE = f"{shlex.quote(sys.executable)} -m cli.main"


def shell(lab: Lab, line: str, **environment: str) -> "subprocess.CompletedProcess[bytes]":
    """A line of a shell in which `laike` is the command."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LAIKE_")}
    return subprocess.run(
        ["/bin/sh", "-c", line.replace("laike ", f"{LAIKE} ")],
        env={**clean, "PYTHONPATH": str(Path.cwd()), **lab.environment(), **environment},
        cwd=lab.home,
        capture_output=True,
        check=False,
        timeout=60,
    )


def sync(lab: Lab) -> str:
    return f"laike sync --local --day {lab.day}"


@pytest.fixture
def ready(lab: Lab) -> Lab:
    """A lab with a token, and with names that not every encoding has."""
    lab.context()
    names = {**lab.facts["accounts"], lab.accounts[0]: "🏪 城东店", lab.accounts[1]: "Ωμέγα ✓"}
    lab.extra["LAIKE_ACCOUNTS"] = json.dumps(names)
    return lab


@pytest.mark.parametrize("where", [">&-", ">&- 2>&-", "<&- >&- 2>&-", ">/dev/full", ">/dev/full 2>&1", "2>/dev/full"])
def test_a_successful_run_exits_0_wherever_its_words_go(ready: Lab, where: str) -> None:
    ended = shell(ready, f"{sync(ready)} {where}")
    assert ended.returncode == 0, ended.stderr.decode()
    assert b"Traceback" not in ended.stderr
    assert b"Exception ignored" not in ended.stderr
    ready.assert_agrees(ready.day, ready.day, ready.accounts[2:])


@pytest.mark.parametrize("words", ["sync --local --json", "runs --help", "coverage", "show last"])
def test_a_reader_who_leaves_changes_nothing_and_is_not_told_of(ready: Lab, words: str) -> None:
    shell(ready, sync(ready))
    ended = shell(ready, f"{{ laike {words}; echo $? >&3; }} 3>&2 | head -c 1 >/dev/null")
    assert ended.stderr.split()[-1] == b"0"
    for bad in (b"Traceback", b"Exception ignored", b"Broken", b"takes no more"):
        assert bad not in ended.stderr


def test_a_full_disk_is_told_on_stderr_and_the_exit_code_is_the_run_s(ready: Lab) -> None:
    ready.fault("report.promotion", "code", code=40002, times="always", match={"local_account_id": ready.big})
    ended = shell(ready, f"{sync(ready)} --json >/dev/full")
    assert ended.returncode == 1
    assert b"stdout takes no more, the output is incomplete: No space left on device" in ended.stderr


@pytest.mark.parametrize("encoding", ["gbk", "ascii", "latin-1"])
def test_a_sign_that_an_encoding_lacks_fails_nothing(ready: Lab, encoding: str) -> None:
    ended = shell(ready, sync(ready), PYTHONIOENCODING=encoding)
    assert ended.returncode == 0, ended.stderr
    said = ended.stdout.decode(encoding)
    assert ("城东店" in said) == (encoding == "gbk")
    assert "read back and verified" in said
    listed = shell(ready, "laike show last --json", PYTHONIOENCODING=encoding)
    names = [one["name"] for one in json.loads(listed.stdout.decode("utf-8"))["accounts"]]
    assert {"🏪 城东店", "Ωμέγα ✓"} <= set(names)


def test_an_encoding_that_was_asked_for_with_strictness_is_taken_without_it(ready: Lab) -> None:
    assert shell(ready, sync(ready), PYTHONIOENCODING="ascii:strict").returncode == 0


def test_rows_that_do_not_arrive_are_an_export_that_failed(ready: Lab) -> None:
    shell(ready, sync(ready))
    for where in (">&-", ">/dev/full"):
        ended = shell(ready, f"laike export {ready.day} {ready.day} --output - {where}")
        assert ended.returncode == 3
        assert b"stdout takes no more" in ended.stderr
        assert b"Traceback" not in ended.stderr


def test_nothing_of_ours_is_opened_where_stdout_was_closed(ready: Lab) -> None:
    ended = shell(ready, f"exec 4>&1; {sync(ready)} >&- && laike runs --json >&4")
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout)[0]["state"] == "success"
