"""The token pair's history: its last events, a refresh without an answer yet, a dead refresh token."""

import os
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import redis

from pipeline.core.token import Attempt, TokenEvent, TokenStep
from pipeline.state import codec, keys, unread

KEPT = 100
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dead:
    """The service refused the refresh token of a generation for good; `cause` is the reason in Chinese."""

    generation: int
    message: str
    cause: str
    code: int | None
    request_id: str | None


class TokenJournal:
    """The pair's history in Redis, for people and the next refresher; `by` is this process, from `whoami`."""

    def __init__(self, client: redis.Redis, now: Callable[[], datetime], by: str) -> None:
        self._client, self._now, self._by = client, now, by

    def begin(self, generation: int) -> Attempt | None:
        """Record that a refresh is about to be sent; returns an earlier one of this pair whose answer was lost."""
        earlier = self.attempt(generation)
        attempt = Attempt(generation=generation, at=self._now(), by=self._by)
        self._client.set(keys.TOKEN_ATTEMPT, codec.dump(earlier or attempt, Attempt))
        return earlier

    def attempt(self, generation: int) -> Attempt | None:
        """A refresh of this pair without a known end."""
        found = self._get(Attempt, keys.TOKEN_ATTEMPT)
        return found if found and found.generation == generation else None

    def had_no_effect(self) -> None:
        """Record that the current refresh never reached the service."""
        self._client.delete(keys.TOKEN_ATTEMPT)

    def died(self, dead: Dead) -> None:
        """Record that the service refused the refresh token, so that it is not sent again."""
        self._client.set(keys.TOKEN_DEAD, codec.dump(dead, Dead))
        self.add(TokenStep.DEAD, dead.message)

    def dead(self, generation: int) -> Dead | None:
        """The refusal of this pair's refresh token, if there was one."""
        found = self._get(Dead, keys.TOKEN_DEAD)
        return found if found and found.generation == generation else None

    def _get(self, kind: type[T], key: str) -> T | None:
        with unread.sparing():
            data: Any = self._client.get(key)
            return None if data is None else codec.load(kind, data, key)
        return None

    def add(self, step: TokenStep, message: str = "", unsaved_ms: float | None = None) -> None:
        """Add an event to the history."""
        event = TokenEvent(at=self._now(), by=self._by, step=step, message=message, unsaved_ms=unsaved_ms)
        pipe = self._client.pipeline()
        pipe.lpush(keys.TOKEN_HISTORY, codec.dump(event, TokenEvent))
        pipe.ltrim(keys.TOKEN_HISTORY, 0, KEPT - 1)
        pipe.execute()

    def brought_at(self) -> datetime | None:
        """When a person last authorized or imported a pair; `None` if that is not in the history any more."""
        return next((one.at for one in self.history() if one.step is TokenStep.BROUGHT), None)

    def failed_since(self, moment: datetime) -> bool:
        """Whether the last refresh failed, after `moment` and not in the future."""
        last = self.history(1)
        return bool(last) and last[0].step in (TokenStep.FAILED, TokenStep.DEAD) and moment < last[0].at <= self._now()

    def history(self, count: int = KEPT) -> list[TokenEvent]:
        """The newest events, the newest first."""
        with unread.sparing():
            found: Any = self._client.lrange(keys.TOKEN_HISTORY, 0, count - 1)
            return unread.items(found, keys.TOKEN_HISTORY, partial(codec.load, TokenEvent))
        return []


def whoami() -> str:
    """Host, program and process id of this process."""
    return f"{socket.gethostname()} {Path(sys.argv[0]).stem or 'python'} {os.getpid()}"
