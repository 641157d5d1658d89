"""What the group was told, and what it still is to be told."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import redis

from pipeline.state import keys


class Told:
    """What the group was told outside of runs, and runs of which it has not heard."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    def told(self, day: date, what: str) -> bool:
        """Whether a trouble outside of runs was told on a day."""
        return bool(self._client.exists(keys.told(day.isoformat(), what)))

    def learn_told(self, day: date, what: str) -> None:
        """Remember that a trouble outside of runs was told on a day."""
        self._client.set(keys.told(day.isoformat(), what), "1", ex=2 * keys.DAY_S)

    def forget_told(self, day: date, what: str) -> None:
        """A trouble that was told on a day is over: when it comes again it is told again."""
        self._client.delete(keys.told(day.isoformat(), what))

    def unsent(self, now: datetime) -> list[str]:
        """Runs of the last day whose card could not be sent, the newest first."""
        self._client.zremrangebyscore(keys.UNSENT_CARDS, "-inf", now.timestamp() - keys.DAY_S)
        found: Any = self._client.zrevrange(keys.UNSENT_CARDS, 0, -1)
        return [run_id.decode() for run_id in found]

    def learn_unsent(self, run_id: str, now: datetime) -> None:
        """Remember that a run's card is to be tried again; since when stands."""
        self._client.zadd(keys.UNSENT_CARDS, {run_id: now.timestamp()}, nx=True)
        self._client.expire(keys.UNSENT_CARDS, keys.DAY_S)

    def forget_unsent(self, run_id: str) -> None:
        """A run's card need not be tried again."""
        self._client.zrem(keys.UNSENT_CARDS, run_id)

    def quiet(self) -> list[str]:
        """Runs that told nobody what only they saw, the newest first."""
        found: Any = self._client.zrevrange(keys.QUIET_RUNS, 0, -1)
        return [run_id.decode() for run_id in found]

    def learn_quiet(self, run_id: str, now: datetime) -> None:
        """Remember that what a run saw is to be told by the next one that tells."""
        self._client.zadd(keys.QUIET_RUNS, {run_id: now.timestamp()})
        self._client.expire(keys.QUIET_RUNS, keys.NEWS_TTL_S)

    def forget_quiet(self, run_ids: Sequence[str]) -> None:
        """What these runs saw was told."""
        if run_ids:
            self._client.zrem(keys.QUIET_RUNS, *run_ids)
