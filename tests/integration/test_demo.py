"""`laike demo`: its story comes true on one screen, and it leaves nothing behind however it ends."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

PATIENCE_S = 40.0
SCREEN_LINES = 40


@contextmanager
def demo(folder: Path, *words: str) -> Iterator["subprocess.Popen[str]"]:
    """A demo in a folder and a temporary folder of its own."""
    temporary = folder / "tmp"
    temporary.mkdir()
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LAIKE_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "cli.main", "demo", *words],
        cwd=folder,
        env={**clean, "PYTHONPATH": str(Path.cwd()), "TMPDIR": str(temporary), "LAIKE_OCEANENGINE_RATE": "100"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stdout
        process.stdout.close()


def ours(folder: Path) -> list[psutil.Process]:
    """Processes that run in the demo's folder."""
    return [
        process
        for process in psutil.process_iter(["cwd"])
        if (process.info["cwd"] or "").startswith(str(folder)) and process.status() != psutil.STATUS_ZOMBIE
    ]


def wait_until(held: Callable[[], bool]) -> bool:
    """Whether something comes true in time."""
    end = time.monotonic() + PATIENCE_S
    while not held():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def told_in(folder: Path) -> str:
    return (folder / "demo-output" / "transcript.txt").read_text(encoding="utf-8")


def test_the_demo_tells_the_whole_story_and_leaves_nothing_running(tmp_path: Path) -> None:
    with demo(tmp_path) as process:
        told, _ = process.communicate(timeout=150)
    assert process.returncode == 0, told
    lines = told.splitlines()
    assert len(lines) <= SCREEN_LINES
    assert [line[:2] for line in lines if line[1:3] == ". "] == [f"{number}." for number in range(1, 8)]
    for word in ("07:00, by ", "read back and verified", "none of the", "One row is updated", "exit code 1", "KEEP=1"):
        assert word in told
    foretold = re.findall(r"(\d{4}-\d\d-\d\d) 起的数据将写入新表“(.+?)”", told_in(tmp_path))
    said = " ".join(" ".join(lines).split())
    promises = [f"it gets a successor: {name}, from {day} on." for day, name in foretold]
    assert all(promise in said for promise in promises)
    assert ("successor" in said) == bool(promises)
    begin = next(place for place, line in enumerate(lines) if line.startswith("run "))
    states = [line.split()[-1] for line in lines[begin + 1 : begin + 7]]
    assert states == [*["success"] * 3, "partial", *["success"] * 2]
    page = tmp_path / "demo-output" / "index.html"
    assert str(page) in told
    detail = told_in(tmp_path)
    for word in ("created 0, updated 0", "restated 1", "exit code 1", "read back and verified", "kill -9"):
        assert word in detail
    assert all((page.parent / f"{name}.log").read_bytes() for name in ("worker", "beat", "flower"))
    text = page.read_text(encoding="utf-8")
    assert "同步状态" in text
    assert "已入库" in text
    assert wait_until(lambda: not ours(tmp_path))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["demo-output", "tmp"]
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_demo_that_is_stopped_takes_everything_with_it(tmp_path: Path, how: signal.Signals) -> None:
    with demo(tmp_path) as process:
        assert process.stdout
        assert wait_until(lambda: len(ours(tmp_path)) >= 11)  # Redis, emulator, worker, beat, Flower, guards, the demo
        os.kill(process.pid, how)
        process.wait(PATIENCE_S)
        assert wait_until(lambda: not ours(tmp_path)), ours(tmp_path)
        assert wait_until(lambda: not list((tmp_path / "tmp").iterdir()))


def test_a_folder_that_cannot_be_written_is_said_before_anything_starts(tmp_path: Path) -> None:
    (tmp_path / "demo-output").write_text("", encoding="utf-8")
    with demo(tmp_path) as process:
        told, _ = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 2, told
    assert "demo-output/ cannot be written (File exists)" in told
