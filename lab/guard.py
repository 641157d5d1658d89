"""Run a command that dies with its parent, whatever kills the parent: `python -m lab.guard [--clean DIR] COMMAND …`.

The parent holds the other end of standard input. When that closes, the command is stopped and DIR is removed; where
several share a DIR, the last of them leaves nothing behind. A command that ends by itself leaves DIR to the others.
"""

import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

GRACE_S = 3


def main(arguments: Sequence[str]) -> int:
    """Run the command until it ends or the parent is gone; its exit code."""
    clean = Path(arguments[1]) if arguments[0] == "--clean" else None
    command = arguments[2:] if clean else arguments
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's; we follow when it ends
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
