"""Commands at terminals of several kinds: `python -m tests.terminals`, orders as JSON on stdin, what came of them out.

Each command is a process of its own, forked from one that has loaded what is slow to load; what it prints on is made
before it begins, as a shell would.
"""

import contextlib
import fcntl
import io
import json
import os
import pty
import struct
import subprocess
import sys
import tempfile
import termios
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

GBK, ASCII, NARROW, PIPE, FULL, CLOSED, GONE = (
    "gbk",
    "ascii",
    "80 columns",
    "pipe",
    "/dev/full",
    "closed",
    "reader gone",
)
KINDS = (GBK, ASCII, NARROW, PIPE, FULL, CLOSED, GONE)
READABLE = (GBK, ASCII, NARROW, PIPE)  # at which what was printed is seen
COLUMNS, LINES = 80, 24


def at_terminal(
    kind: str, commands: Sequence[Sequence[str]], environment: Mapping[str, str], cwd: Path
) -> list[dict[str, Any]]:
    """What came of commands at a terminal, one after the other: exit code, stdout, stderr."""
    ended = subprocess.run(
        [sys.executable, "-m", "tests.terminals"],
        input=json.dumps({"kind": kind, "commands": commands}),
        env={**environment, "PYTHONPATH": str(Path.cwd()), "TERM": "xterm"},
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ended.returncode == 0, ended.stderr
    found: list[dict[str, Any]] = json.loads(ended.stdout)
    return found


def encoding_of(kind: str) -> str:
    """What a terminal of a kind reads."""
    return kind if kind in (GBK, ASCII) else "utf-8"


def _carried_out(kind: str, words: Sequence[str]) -> dict[str, Any]:
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, contextlib.ExitStack() as open_:
        seen, given = (None, out.fileno()) if kind != NARROW else _terminal()
        if kind == FULL:
            given = open_.enter_context(open("/dev/full", "wb")).fileno()  # noqa: PTH123
        if kind == GONE:
            read, given = os.pipe()
            os.close(read)
        child = os.fork()
        if not child:
            _become(kind, words, given, err.fileno())
        said = b""
        if seen is not None:
            os.close(given)
            said = _to_its_end(seen)
        _, status = os.waitpid(child, 0)
        out.seek(0)
        err.seek(0)
        return {
            "words": words,
            "code": os.waitstatus_to_exitcode(status),
            "out": (said or out.read()).decode(encoding_of(kind)),
            "err": err.read().decode(encoding_of(kind)),
        }


def _terminal() -> tuple[int, int]:
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    return master, slave


def _to_its_end(master: int) -> bytes:
    said = b""
    with contextlib.suppress(OSError):  # EIO: the other side is closed
        while data := os.read(master, 1 << 16):
            said += data
    os.close(master)
    return said


def _become(kind: str, words: Sequence[str], out: int, err: int) -> None:
    """Be the command, to its end."""
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(out, 1)
    os.dup2(err, 2)
    encoding = encoding_of(kind)
    sys.stdin = open(0, encoding=encoding, closefd=False)  # noqa: SIM115
    sys.stdout, sys.stderr = (io.TextIOWrapper(open(fd, "wb", closefd=False), encoding) for fd in (1, 2))  # noqa: SIM115
    if kind == CLOSED:
        os.close(1)
        sys.stdout = None
    sys.argv = ["laike", *words]
    from cli import main  # noqa: PLC0415 each command makes its consoles at its own terminal
    from worker import presence  # noqa: PLC0415 as above

    presence.WORKER_ANSWERS_S = 0  # there is none
    code: object = 0
    try:
        main.run()
    except SystemExit as ended:
        code = ended.code
    finally:
        for stream in filter(None, (sys.stdout, sys.stderr)):
            stream.flush()
        os._exit(code if isinstance(code, int) else 99)


def _main() -> None:
    import worker.dispatch  # noqa: F401, PLC0415

    orders = json.load(sys.stdin)
    found = [_carried_out(orders["kind"], words) for words in orders["commands"]]
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    _main()
