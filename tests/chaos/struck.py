"""A daily run in a process of its own that is struck at one moment: killed, or its Redis emptied.

`python -m tests.chaos.struck DEED POINT NUMBER MOMENT`: DEED is `kill` or `empty`; POINT is `call`, an HTTP call of any
kind, or `memory`, a command by which Redis learns of our tables; NUMBER counts them from 1; MOMENT is `before` or
`after`. Exit code `EMPTIED`: Redis was, whatever became of the run; 0: the run came to its end before.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from unittest.mock import patch

from redis.connection import AbstractConnection

from cli.session import log_to_stderr
from pipeline.clients.http import Http
from pipeline.composition import build
from pipeline.settings import Settings
from tests.chaos.campaign.rig import daily

EMPTIED = 7
OF_TABLES = (b":chain", b":unseen")
LEARNS = (b"SET\r\n", b"MSET\r\n")


class Strike:
    """Counts moments, and does the deed at one of them."""

    def __init__(self, deed: Callable[[], None], number: int, moment: str) -> None:
        self._deed, self._number, self._moment = deed, number, moment
        self._lock, self._seen = threading.Lock(), 0

    def around(self, act: Callable[[], Any]) -> Any:  # noqa: ANN401 as the act's own
        """Do something that counts."""
        with self._lock:
            self._seen += 1
            due = self._seen == self._number
        if due and self._moment == "before":
            self._deed()
        done = act()
        if due and self._moment == "after":
            self._deed()
        return done


def main() -> None:
    """Run until it is struck, or to the end."""
    deed, point, number, moment = sys.argv[1:]
    log_to_stderr("error")
    ctx, struck = build(Settings.load()), threading.Event()

    def act() -> None:
        struck.set()
        if deed == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
            signal.pause()
        ctx.client.flushdb()

    strike = Strike(act, int(number), moment)
    with _calls(strike) if point == "call" else _memory(strike), suppress(Exception):  # a run that nobody knows of
        daily(ctx)
    sys.exit(EMPTIED if struck.is_set() else 0)


def _calls(strike: Strike) -> Any:  # noqa: ANN401 a patch
    call = Http.call

    def struck(http: Http, *given: Any, **more: Any) -> Any:  # noqa: ANN401 as the original
        return strike.around(lambda: call(http, *given, **more))

    return patch.object(Http, "call", struck)


def _memory(strike: Strike) -> Any:  # noqa: ANN401 a patch
    send: Any = AbstractConnection.send_packed_command

    def struck(connection: AbstractConnection, command: Any, *more: Any, **named: Any) -> Any:  # noqa: ANN401 as the original
        data = command if isinstance(command, bytes) else b"".join(command)
        if any(key in data for key in OF_TABLES) and any(verb in data for verb in LEARNS):
            return strike.around(lambda: send(connection, command, *more, **named))
        return send(connection, command, *more, **named)

    return patch.object(AbstractConnection, "send_packed_command", struck)


if __name__ == "__main__":
    main()
