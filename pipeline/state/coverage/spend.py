"""What tells spend outside promotions from missing promotions, remembered by account whatever the table."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, timedelta
from functools import partial
from typing import Any, TypeVar

import redis

from pipeline.core.accounts.spend import Noted, Reading
from pipeline.state import codec, keys, unread

T = TypeVar("T")
KEPT_DAYS = 35  # of good readings: older days are no longer owed
NOTED_DAYS = 400  # of days with spend outside: as far back as somebody may load


class Spend:
    """Days with spend outside promotions, and the last good readings, in Redis."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    def noted(self, account_id: str) -> dict[date, Noted]:
        """The days on which an account spent more than its promotions."""
        return _by_day(unread.fields(self._client, keys.spend_noted(account_id), partial(codec.unsqueeze, Noted)))

    def readings(self, account_id: str, days: Collection[date]) -> dict[date, Reading]:
        """The last good readings of some days; a day without one is absent."""
        wanted = [day.isoformat() for day in days]
        key = keys.spend_readings(account_id)
        with unread.sparing():
            found: Any = self._client.hmget(key, wanted) if wanted else []
            there = {day.encode(): data for day, data in zip(wanted, found, strict=True) if data is not None}
            return _by_day(dict(unread.readable(there, key, partial(codec.unsqueeze, Reading))))
        return {}

    def learn(
        self,
        account_id: str,
        today: date,
        *,
        noted: Mapping[date, Noted],
        balanced: Collection[date],
        readings: Mapping[date, Reading],
    ) -> None:
        """Remember a reading.

        Args:
            noted: Days on which the account spent more than its promotions.
            balanced: Days on which it did not.
            readings: Of good days; one without promotions is forgotten.
        """
        notes, kept = keys.spend_noted(account_id), keys.spend_readings(account_id)
        oldest = today - timedelta(days=KEPT_DAYS)
        filled = {day: one for day, one in readings.items() if one.costs and day >= oldest}
        pipe = self._client.pipeline()
        _put(pipe, notes, {day: codec.squeeze(one, Noted) for day, one in noted.items()}, balanced)
        _put(pipe, kept, {day: codec.squeeze(one, Reading) for day, one in filled.items()}, readings.keys() - filled)
        pipe.hkeys(notes)
        pipe.hkeys(kept)
        *_, noted_days, kept_days = pipe.execute()
        self._trim(notes, noted_days, today - timedelta(days=NOTED_DAYS))
        self._trim(kept, kept_days, oldest)

    def _trim(self, key: str, days: Iterable[bytes], oldest: date) -> None:
        if old := [day for day in days if day.decode() < oldest.isoformat()]:
            self._client.hdel(key, *old)


def _put(pipe: Any, key: str, values: Mapping[date, bytes], gone: Collection[date]) -> None:  # noqa: ANN401 redis' own
    if gone:
        pipe.hdel(key, *(day.isoformat() for day in gone))
    if values:
        pipe.hset(key, mapping={day.isoformat(): data for day, data in values.items()})
        pipe.expire(key, keys.SPEND_TTL_S)


def _by_day(found: Mapping[str, T]) -> dict[date, T]:
    """By day, without fields that are none."""
    return {day: one for said, one in found.items() if (day := unread.day_of(said))}
