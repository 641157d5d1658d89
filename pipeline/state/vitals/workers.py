"""Signs of life of workers."""

from typing import Any

import redis

from pipeline.state import unread
from pipeline.state.keys import DAY_S
from pipeline.state.store import clock
from pipeline.state.vitals import keys


class WorkerSigns:
    """When each worker last looked around, by Redis' clock; a worker is forgotten after a day."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    def give(self, who: str) -> None:
        """Say that a worker is alive."""
        now = clock(self._client).timestamp()
        pipe = self._client.pipeline(transaction=False)
        pipe.zadd(keys.WORKERS, {who: now})
        pipe.zremrangebyscore(keys.WORKERS, "-inf", now - DAY_S)
        pipe.expire(keys.WORKERS, DAY_S)
        pipe.execute()

    def seen(self) -> dict[str, float]:
        """The last sign of each worker, in seconds since the epoch."""
        with unread.sparing():
            found: Any = self._client.zrange(keys.WORKERS, 0, -1, withscores=True)
            return {who.decode(errors="replace"): at for who, at in found}
        return {}
