"""Whether somebody works on a run."""

import math
import time
from typing import Any

import redis

from pipeline.state import keys
from pipeline.state.runs import many_runs

AHEAD_MOST_S = 600  # a step that comes back later says so 30 s ahead; a clock that is further ahead stepped back since


class Pulse:
    """Signs of life of runs, by which the watchdog sees which one is silent."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    def stamp(self, run_id: str, ahead_s: float = 0) -> None:
        """Say that somebody works on a run, or will in so many seconds."""
        self._client.set(keys.alive(run_id), str(time.time() + ahead_s), ex=keys.STAGING_TTL_S)

    def silent_s(self, run_id: str) -> float:
        """Seconds since a run's last sign of life; one that cannot be, or lies too far ahead, counts as none."""
        try:
            stamp: Any = self._client.get(keys.alive(run_id))
            silent = time.time() - float(stamp) if stamp else math.inf
        except (ValueError, redis.ResponseError) as error:
            if isinstance(error, redis.ResponseError) and not many_runs.of_another_type(error):
                raise
            return math.inf
        return silent if silent > -AHEAD_MOST_S else math.inf

    def watch(self, run_id: str, seconds: float) -> bool:
        """Become the one who looks after a silent run for so long; `False` where another one does."""
        return bool(self._client.set(keys.watched(run_id), "1", nx=True, px=int(seconds * 1000)))
