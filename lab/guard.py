"""A child process that ends with its parent, whatever kills the parent: `python -m lab.guard [--clean DIR] COMMAND …`.

The parent holds the other end of the guard's standard input. When that closes, the guard stops the command and removes
DIR. Several guards may share a DIR: the last one removes what is left. A command that ends by itself leaves DIR alone.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

GRACE_S = 3
PARENT_WAITS_S = 15


@contextlib.contextmanager
def guarded_process(
    command: Sequence[str],
    clean: Path | None = None,
    environment: Mapping[str, str] | None = None,
    log: Path | None = None,
    cwd: Path | None = None,
) -> Iterator["subprocess.Popen[str]"]:
    """Run a command for the block; it ends with this process, also after kill -9, and `clean` is removed then.

    Args:
        log: The file for its output; without it stdout is the process' pipe and stderr is inherited.
    """
    guard = [sys.executable, "-m", "lab.guard", *(["--clean", str(clean)] if clean else []), *command]
    with log.open("a") if log else contextlib.nullcontext() as output:
        process = subprocess.Popen(  # noqa: S603 our own command
            guard,
            stdin=subprocess.PIPE,
            stdout=output or subprocess.PIPE,
            stderr=output,
            text=True,
            start_new_session=True,
            env=os.environ | dict(environment or {}),
            cwd=cwd,
        )
    try:
        yield process
    finally:
        for pipe in (process.stdin, process.stdout):
            if pipe:
                pipe.close()
        process.wait(PARENT_WAITS_S)


def main(arguments: Sequence[str]) -> int:
    """Run the command until it ends or the parent is gone; its exit code."""
    clean = Path(arguments[1]) if arguments[0] == "--clean" else None
    command = arguments[2:] if clean else arguments
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent; the guard ends after it
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL)  # noqa: S603 the command is the parent's own
    signal.signal(signal.SIGTERM, lambda *_: child.terminate())
    orphaned = threading.Event()
    threading.Thread(target=_end_with_parent, args=[child, orphaned], daemon=True).start()
    try:
        return child.wait()
    finally:
        if clean and orphaned.is_set():
            shutil.rmtree(clean, ignore_errors=True)


def _end_with_parent(child: "subprocess.Popen[bytes]", orphaned: threading.Event) -> None:
    sys.stdin.buffer.read()
    orphaned.set()
    child.terminate()
    try:
        child.wait(GRACE_S)
    except subprocess.TimeoutExpired:
        child.kill()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
