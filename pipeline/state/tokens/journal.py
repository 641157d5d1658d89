"""What happened to the token pair: its last hundred events, a refresh under way, a refresh token known to be dead."""

import os
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import redis

from pipeline.core.token import Attempt, TokenEvent, TokenStep
from pipeline.state import codec, keys

KEPT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Dead:
    """That the service refused the refresh token of a generation for good; `cause` is the reason in Chinese."""

    generation: int
    message: str
    cause: str
    code: int | None
    request_id: str | None


class TokenJournal:
    """The pair's history, and what the next refresher must know of the last one.

    Args:
        client: Redis.
        now: The clock.
        by: Who writes, as `whoami` says.
    """

    def __init__(self, client: redis.Redis, now: Callable[[], datetime], by: str) -> None:
        self._client, self._now, self._by = client, now, by

    def begin(self, generation: int) -> Attempt | None:
        """Note that a refresh is about to be sent; an earlier one of the same pair, of whose end nothing is known."""
        earlier = self.attempt(generation)
        attempt = Attempt(generation=generation, at=self._now(), by=self._by)
        self._client.set(keys.TOKEN_ATTEMPT, codec.dump(earlier or attempt, Attempt))
        return earlier

    def attempt(self, generation: int) -> Attempt | None:
        """A refresh of this pair of whose end nothing is known."""
        data: Any = self._client.get(keys.TOKEN_ATTEMPT)
        found = codec.load(Attempt, data) if data else None
        return found if found and found.generation == generation else None

    def had_no_effect(self) -> None:
        """Note that the refresh under way never reached the service."""
        self._client.delete(keys.TOKEN_ATTEMPT)

    def died(self, dead: Dead) -> None:
        """Note that the service refused the refresh token, so that nobody asks again with it."""
        self._client.set(keys.TOKEN_DEAD, codec.dump(dead, Dead))
        self.add(TokenStep.DEAD, dead.message)

    def dead(self, generation: int) -> Dead | None:
        """Whether the refresh token of this pair was refused."""
        data: Any = self._client.get(keys.TOKEN_DEAD)
        found = codec.load(Dead, data) if data else None
        return found if found and found.generation == generation else None

    def add(self, step: TokenStep, message: str = "", unsaved_ms: float | None = None) -> None:
        """Add an event to the history."""
        event = TokenEvent(at=self._now(), by=self._by, step=step, message=message, unsaved_ms=unsaved_ms)
        pipe = self._client.pipeline()
        pipe.lpush(keys.TOKEN_HISTORY, codec.dump(event, TokenEvent))
        pipe.ltrim(keys.TOKEN_HISTORY, 0, KEPT - 1)
        pipe.execute()

    def failed_since(self, moment: datetime) -> bool:
        """Whether the last refresh brought nothing, and was tried after `moment`; one in the future counts as none."""
        last = self.history(1)
        return bool(last) and last[0].step in (TokenStep.FAILED, TokenStep.DEAD) and moment < last[0].at <= self._now()

    def history(self, count: int = KEPT) -> list[TokenEvent]:
        """The newest events, the newest first."""
        found: Any = self._client.lrange(keys.TOKEN_HISTORY, 0, count - 1)
        return [codec.load(TokenEvent, data) for data in found]


def whoami() -> str:
    """Host, program and process id of this process."""
    return f"{socket.gethostname()} {Path(sys.argv[0]).stem or 'python'} {os.getpid()}"
