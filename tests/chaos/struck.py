"""A daily run in a process of its own that is struck at one moment: killed, or its Redis emptied.

`python -m tests.chaos.struck DEED POINT NUMBER MOMENT`: DEED is `kill` or `empty`; POINT is `call`, an HTTP call of any
kind, or `memory`, a command by which Redis learns of our tables; NUMBER counts them from 1; MOMENT is `before` or
`after`. Exit code 0: the run came to its end.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any

import redis
from redis.connection import AbstractConnection

from cli.session import log_to_stderr
from pipeline.clients.http import Http
from pipeline.context import Context, build
from pipeline.settings import Settings
from tests.chaos.campaign.rig import daily

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
    ctx = build(Settings.load())
    act = {"kill": _kill, "empty": lambda: _empty(ctx)}[deed]
    watch = {"call": _calls, "memory": _memory}[point]
    watch(Strike(act, int(number), moment))
    daily(ctx)


def _kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
    signal.pause()


def _empty(ctx: Context) -> None:
    with redis.Redis.from_url(ctx.settings.redis_url) as client:
        client.flushdb()


def _calls(strike: Strike) -> None:
    call = Http.call

    def struck(http: Http, *given: Any, **more: Any) -> Any:  # noqa: ANN401 as the original
        return strike.around(lambda: call(http, *given, **more))

    setattr(Http, "call", struck)  # noqa: B010 mypy would compare the signatures


def _memory(strike: Strike) -> None:
    sent: Any = AbstractConnection.send_packed_command  # it has no types

    def struck(connection: AbstractConnection, command: Any, check_health: bool = True) -> Any:  # noqa: ANN401, FBT001, FBT002 as the original
        data = command if isinstance(command, bytes) else b"".join(command)
        if any(key in data for key in OF_TABLES) and any(verb in data for verb in LEARNS):
            return strike.around(lambda: sent(connection, command, check_health))
        return sent(connection, command, check_health)

    setattr(AbstractConnection, "send_packed_command", struck)  # noqa: B010 as above


if __name__ == "__main__":
    main()
