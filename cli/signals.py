"""Signals that ask a process to end: SIGTERM (an engine, `kill`) and SIGHUP (a terminal that is gone) as Ctrl-C.

By default they end it at once, and whatever it was at stays as it is.
"""

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any, NoReturn

INTERRUPTED = 130  # as shells say it: 128 and the number of Ctrl-C's signal
Handler = Callable[[int, FrameType | None], object]
ASKED = (signal.SIGTERM, signal.SIGHUP)


class AskedToEnd(KeyboardInterrupt):
    """One of these signals came; `code` is what shells say of it."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.code = 128 + number


@contextmanager
def as_ctrl_c() -> Iterator[None]:
    """Raise `AskedToEnd` where such a signal comes; one that is ignored (`nohup`) stays so."""
    before = _handle(ASKED, _raise)
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)


def from_now_on(again: Callable[[], object]) -> None:
    """Call `again` at any such signal and at Ctrl-C, and raise nothing: half of what follows is worse than none."""
    _handle((signal.SIGINT, *ASKED), lambda *_: again())


def code_of(error: KeyboardInterrupt) -> int:
    """The exit code of a process that was interrupted so."""
    return error.code if isinstance(error, AskedToEnd) else INTERRUPTED


def _handle(numbers: Sequence[int], handler: Handler) -> dict[int, Any]:
    """Have signals handled that are not ignored; what did so before. They are the main thread's: elsewhere none is."""
    if threading.current_thread() is not threading.main_thread():
        return {}
    before = {number: signal.getsignal(number) for number in numbers}
    ours = {number: old for number, old in before.items() if old is not None and old != signal.SIG_IGN}
    for number in ours:
        signal.signal(number, handler)
    return ours


def _raise(number: int, _: FrameType | None) -> NoReturn:
    raise AskedToEnd(number)
