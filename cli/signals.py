"""Treats SIGTERM (a container engine, `kill`) and SIGHUP (a closed terminal) as Ctrl-C.

By default they end a process at once, in the middle of what it does.
"""

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any, NoReturn

INTERRUPTED = 130  # 128 + SIGINT, by shell convention
Handler = Callable[[int, FrameType | None], object]
ASKED = (signal.SIGTERM, signal.SIGHUP)


class AskedToEnd(KeyboardInterrupt):
    """Such a signal came; `code` is the exit code by shell convention."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.code = 128 + number


@contextmanager
def as_ctrl_c() -> Iterator[None]:
    """Raise `AskedToEnd` at such a signal; one that is ignored (`nohup`) stays ignored."""
    before = _handle(ASKED, _raise)
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)


def from_now_on(again: Callable[[], object]) -> None:
    """Call `again` at any such signal and at Ctrl-C and raise nothing: what follows must not be interrupted halfway."""
    _handle((signal.SIGINT, *ASKED), lambda *_: again())


def code_of(error: KeyboardInterrupt) -> int:
    """The exit code after an interruption."""
    return error.code if isinstance(error, AskedToEnd) else INTERRUPTED


def _handle(numbers: Sequence[int], handler: Handler) -> dict[int, Any]:
    """Set a handler for the signals that are not ignored; the handlers before. Only the main thread can."""
    if threading.current_thread() is not threading.main_thread():
        return {}
    before = {number: signal.getsignal(number) for number in numbers}
    ours = {number: old for number, old in before.items() if old is not None and old != signal.SIG_IGN}
    for number in ours:
        signal.signal(number, handler)
    return ours


def _raise(number: int, _: FrameType | None) -> NoReturn:
    raise AskedToEnd(number)
