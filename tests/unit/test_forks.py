"""A fork is as good as a process of its own: what it says, how it ends, what it is given."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests import forks

SAYS = "import os, sys; print(os.environ['WORD'], os.getcwd(), sys.argv, __name__); sys.stderr.write('beside')"

LATE = """
import sys, threading
threading.Timer(0.1, sys.stderr.write, ["late"]).start()
"""


def module(home: Path, source: str, *words: str) -> tuple[str, ...]:
    """The command that runs a module of a folder."""
    (home / "played.py").write_text(source, encoding="utf-8")
    return (sys.executable, "-m", "played", *words)


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, **more}


@pytest.fixture(params=["fork", "process"])
def either_way(request: pytest.FixtureRequest) -> dict[str, str]:
    """An environment in which a command becomes a fork, or a process of its own."""
    return environment(WORD="甲", **({} if request.param == "fork" else {"PYTHONHASHSEED": "7"}))


def test_it_has_its_environment_folder_and_words(tmp_path: Path, either_way: dict[str, str]) -> None:
    ended = forks.run(module(tmp_path, SAYS, "a", "b"), either_way, tmp_path, 30)
    assert ended.stdout == f"甲 {tmp_path} ['{tmp_path}/played.py', 'a', 'b'] __main__\n"
    assert (ended.returncode, ended.stderr) == (0, "beside")


@pytest.mark.parametrize(
    ("source", "code", "said"),
    [
        ("import sys; sys.exit(4)", 4, ""),
        ("import sys; sys.exit('a sentence')", 1, "a sentence"),
        ("raise ValueError('a bug')", 1, "ValueError: a bug"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", -9, ""),
        (LATE, 0, "late"),
    ],
)
def test_it_ends_as_a_process_does(
    tmp_path: Path, either_way: dict[str, str], source: str, code: int, said: str
) -> None:
    ended = forks.run(module(tmp_path, source), either_way, tmp_path, 30)
    assert (ended.returncode, ended.stdout) == (code, "")
    assert said in ended.stderr


def test_one_that_takes_too_long_is_killed(tmp_path: Path, either_way: dict[str, str]) -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        forks.run(module(tmp_path, "import time; time.sleep(60)"), either_way, tmp_path, 0.5)


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_one_that_was_begun_can_be_looked_at_and_ended(
    tmp_path: Path, either_way: dict[str, str], end: signal.Signals
) -> None:
    with (tmp_path / "log").open("wb") as log:
        begun: Any = forks.begin(module(tmp_path, "import time; time.sleep(60)"), either_way, tmp_path, log, log)
    assert begun.poll() is None
    begun.send_signal(end)
    assert (begun.wait(30), begun.poll(), begun.returncode) == (-end, -end, -end)
    begun.kill()  # nobody is there


def test_two_forks_share_nothing_that_the_first_one_made(tmp_path: Path) -> None:
    source = "import random, pipeline; print(hasattr(pipeline, 'mark'), random.random()); pipeline.mark = 1"
    said = [forks.run(module(tmp_path, source), environment(), tmp_path, 30).stdout.split() for _ in range(2)]
    assert [mark for mark, _ in said] == ["False", "False"]
    assert len({luck for _, luck in said}) == 2


def test_a_variable_that_an_interpreter_reads_at_its_start_is_heeded(tmp_path: Path) -> None:
    told = environment(PYTHONIOENCODING="gbk")
    assert forks.run(module(tmp_path, "import sys; print(sys.stdout.encoding)"), told, tmp_path, 30).stdout == "gbk\n"
