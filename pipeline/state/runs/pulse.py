"""Signs of life of runs."""

import math
import time
from typing import Any

import redis

from pipeline.state import keys, unread

AHEAD_MOST_S = 600  # a step that comes back later stamps up to 30 s ahead; more means that the clock stepped back


class Pulse:
    """Stamps of runs, by which the watchdog finds silent ones."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    def stamp(self, run_id: str, ahead_s: float = 0) -> None:
        """Say that a run is worked on, or will be in so many seconds."""
        self._client.set(keys.alive(run_id), str(time.time() + ahead_s), ex=keys.STAGING_TTL_S)

    def silent_s(self, run_id: str) -> float:
        """Seconds since a run's last sign of life; infinite if there is none, or none that is plausible."""
        key = keys.alive(run_id)
        with unread.sparing():
            stamp: Any = self._client.get(key)
            silent = time.time() - unread.parsed(float, stamp, key) if stamp is not None else math.inf
            return silent if silent > -AHEAD_MOST_S else math.inf
        return math.inf

    def watch(self, run_id: str, seconds: float) -> bool:
        """Take over a silent run for so many seconds; `False` if another worker has."""
        return bool(self._client.set(keys.watched(run_id), "1", nx=True, px=int(seconds * 1000)))
