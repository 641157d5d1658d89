"""What the group is still to be told: cards that could not be sent, and news for the next card."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import redis

from pipeline.state import keys, unread


class Untold:
    """Runs of which the group has not heard everything, in Redis."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    def unsent(self, now: datetime) -> list[str]:
        """Runs of the last day whose card could not be sent, the newest first."""
        self._client.zremrangebyscore(keys.UNSENT_CARDS, "-inf", now.timestamp() - keys.DAY_S)
        return _newest_first(self._client, keys.UNSENT_CARDS)

    def learn_unsent(self, run_id: str, now: datetime) -> None:
        """Try a run's card again later; an earlier time stands."""
        self._client.zadd(keys.UNSENT_CARDS, {run_id: now.timestamp()}, nx=True)
        self._client.expire(keys.UNSENT_CARDS, keys.DAY_S)

    def forget_unsent(self, run_id: str) -> None:
        """Try a run's card no more."""
        self._client.zrem(keys.UNSENT_CARDS, run_id)

    def quiet(self) -> list[str]:
        """Runs without a card that saw what no other run says, the newest first."""
        return _newest_first(self._client, keys.QUIET_RUNS)

    def learn_quiet(self, run_id: str, now: datetime) -> None:
        """Leave what a run saw to the next card."""
        self._client.zadd(keys.QUIET_RUNS, {run_id: now.timestamp()})
        self._client.expire(keys.QUIET_RUNS, keys.NEWS_TTL_S)

    def forget_quiet(self, run_ids: Sequence[str]) -> None:
        """Forget runs once a card told what they saw."""
        if run_ids:
            self._client.zrem(keys.QUIET_RUNS, *run_ids)


def _newest_first(client: redis.Redis, key: str) -> list[str]:
    with unread.sparing():
        found: Any = client.zrevrange(key, 0, -1)
        return [run_id.decode(errors="replace") for run_id in found]
    return []
