"""Whether the group was told: of a run's end, of a trouble outside of runs, of an anomaly.

Runs that nobody can read and parked accounts say so in records of their own (`runs/aside.py`, `coverage/absences.py`).
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial

import redis

from pipeline.core.telling.anomalies import Anomaly
from pipeline.state import codec, keys, unread

RUN = "told"  # the field of a run
OVER_AFTER = timedelta(days=3)  # an event that no run saw for so long is over: when it comes again it is told again


@dataclass(frozen=True, slots=True)
class ToldEvent:
    """The run that told of an event, the day on which a run last saw it, and what was seen."""

    run_id: str
    seen: date
    who: str = ""  # as it was told, for the first page; empty in records of older releases
    what: str = ""
    since: date | None = None


class Told:
    """What the group was told, in Redis."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    def of_run(self, run_id: str) -> bool:
        """Whether a card about a run was sent."""
        return bool(self._client.hexists(keys.run(run_id), RUN))

    def mark_run(self, run_id: str) -> bool:
        """Mark a run as told; `False` if it was before."""
        return bool(self._client.hsetnx(keys.run(run_id), RUN, "1"))

    def unmark_run(self, run_id: str) -> None:
        """Take the mark away after the bot certainly refused the card."""
        self._client.hdel(keys.run(run_id), RUN)

    def of_trouble(self, day: date, what: str) -> bool:
        """Whether a trouble outside of runs was told on a day."""
        return bool(self._client.exists(keys.told(day.isoformat(), what)))

    def mark_trouble(self, day: date, what: str) -> None:
        """Remember that a trouble outside of runs was told on a day."""
        self._client.set(keys.told(day.isoformat(), what), "1", ex=2 * keys.DAY_S)

    def unmark_trouble(self, day: date, what: str) -> None:
        """Forget a trouble that is over: when it comes again it is told again."""
        self._client.delete(keys.told(day.isoformat(), what))

    def claim_events(self, anomalies: Collection[Anomaly], run_id: str, today: date) -> set[str]:
        """The events that this run is to tell of: those that nobody told, and those that it claimed before."""
        if not anomalies:
            return set()
        told = self._events(today)
        pipe = self._client.pipeline()
        for one in anomalies:
            first = told[one.event].run_id if one.event in told else run_id
            seen = ToldEvent(first, today, one.who, one.what, one.since)
            pipe.hset(keys.ALERTS, one.event, codec.dump(seen, ToldEvent))
        pipe.expire(keys.ALERTS, keys.NEWS_TTL_S)
        pipe.execute()
        return {
            event for event in (one.event for one in anomalies) if event not in told or told[event].run_id == run_id
        }

    def anomalies(self, day: date) -> list[Anomaly]:
        """What runs saw on a day, told now or before, by account; without those that only an older release saw."""
        seen = self._told().items()
        made = [Anomaly(event, one.who, one.what, one.since) for event, one in seen if one.seen == day and one.what]
        return sorted(made, key=lambda one: (one.who, one.event))

    def _told(self) -> dict[str, ToldEvent]:
        return unread.fields(self._client, keys.ALERTS, partial(codec.load, ToldEvent))

    def _events(self, today: date) -> dict[str, ToldEvent]:
        """Those that are not over; the others are forgotten."""
        told = self._told()
        if over := [event for event, one in told.items() if today - one.seen > OVER_AFTER]:
            self._client.hdel(keys.ALERTS, *over)
        return {event: one for event, one in told.items() if event not in over}
