"""Which anomalies the group heard of, so that one that goes on is told once."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import redis

from pipeline.state import codec, keys

OVER_AFTER = timedelta(days=3)  # an event that no run saw for so long is over: when it comes again it is told again


@dataclass(frozen=True, slots=True)
class Told:
    """The run that told of an event, and the day on which a run last saw it."""

    run_id: str
    seen: date


class Alerts:
    """Events that were told, in Redis."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    def claim(self, events: Collection[str], run_id: str, today: date) -> set[str]:
        """The events that this run is to tell of: those that nobody told, and those that are its own already."""
        if not events:
            return set()
        known = self._known(today)
        pipe = self._client.pipeline()
        for event in events:
            first = known[event].run_id if event in known else run_id
            pipe.hset(keys.ALERTS, event, codec.dump(Told(first, today), Told))
        pipe.expire(keys.ALERTS, keys.NEWS_TTL_S)
        pipe.execute()
        return {event for event in events if event not in known or known[event].run_id == run_id}

    def _known(self, today: date) -> dict[str, Told]:
        """What is not over yet; the rest is forgotten."""
        found: Any = self._client.hgetall(keys.ALERTS)
        told = {event.decode(): codec.load(Told, data) for event, data in found.items()}
        if over := [event for event, one in told.items() if today - one.seen > OVER_AFTER]:
            self._client.hdel(keys.ALERTS, *over)
        return {event: one for event, one in told.items() if event not in over}
