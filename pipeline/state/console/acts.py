"""The log of acts: who did what in the console, and when."""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

import redis

from pipeline.core.redaction import redacted
from pipeline.state import codec, unread
from pipeline.state.console import keys
from pipeline.state.keys import HISTORY_TTL_S

WORDS_MOST = 300  # characters kept of each text


@dataclass(frozen=True, slots=True)
class Act:
    """One act of a person, such as 重新读取, on something, perhaps by a run."""

    when: datetime
    person: str
    act: str
    what: str
    run_id: str | None = None


class Acts:
    """Acts in Redis: the newest 1,000 of the last 400 days, and those of each run."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    def add(self, act: Act) -> None:
        """Record an act, in one transaction. Secrets are redacted."""
        line, at = codec.dump(_kept(act), Act), act.when.timestamp()
        pipe = self._client.pipeline()
        pipe.zadd(keys.ACTS, {line: at})
        pipe.zremrangebyscore(keys.ACTS, "-inf", at - HISTORY_TTL_S)
        pipe.zremrangebyrank(keys.ACTS, 0, -keys.ACTS_MAX - 1)
        pipe.expire(keys.ACTS, HISTORY_TTL_S)
        if act.run_id:
            key = keys.acts_of_run(act.run_id)
            pipe.rpush(key, line)
            pipe.ltrim(key, -keys.ACTS_OF_RUN_MAX, -1)
            pipe.expire(key, HISTORY_TTL_S)
        pipe.execute()

    def newest(self, count: int) -> list[Act]:
        """The newest acts, the newest first."""
        with unread.sparing():
            lines: Any = self._client.zrevrange(keys.ACTS, 0, count - 1) if count > 0 else []
            return unread.items(lines, keys.ACTS, partial(codec.load, Act))
        return []

    def of_run(self, run_id: str) -> list[Act]:
        """What people did about a run, the oldest first."""
        key = keys.acts_of_run(run_id)
        with unread.sparing():
            lines: Any = self._client.lrange(key, 0, -1)
            return unread.items(lines, key, partial(codec.load, Act))
        return []


def _kept(act: Act) -> Act:
    return replace(act, person=_short(act.person), act=_short(act.act), what=_short(act.what))


def _short(text: str) -> str:
    return redacted(text)[:WORDS_MOST]
