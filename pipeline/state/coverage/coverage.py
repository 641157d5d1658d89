"""Coverage: what was last loaded of each account on each day into a table, and found to agree."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from typing import Any

import redis

from pipeline.core.coverage.day import Loaded
from pipeline.core.model import AccountDay
from pipeline.state import codec, keys
from pipeline.state.coverage.by_day import read_days
from pipeline.state.in_order import Dated, InOrder, by_account


class Coverage:
    """What was last loaded into one table, in Redis."""

    def __init__(self, client: redis.Redis, table_id: str) -> None:
        self._client, self._table_id = client, table_id
        self._in_order = InOrder(client, lambda data: _parse(data).as_of)

    def of(self, account_id: str) -> dict[str, Loaded]:
        """What was last loaded of an account, by day (ISO)."""
        days: Any = self._client.hgetall(self._key(account_id))
        return {day.decode(): _parse(data) for day, data in days.items()}

    def at(self, places: Iterable[AccountDay]) -> dict[AccountDay, Loaded]:
        """What was last loaded of these accounts on these days; a day that never was is absent."""
        return read_days(self._client, places, self._key, _parse)

    def days(self, account_ids: Collection[str]) -> dict[str, set[date]]:
        """Which days of each account were loaded at some time."""
        pipe = self._client.pipeline(transaction=False)
        for account_id in account_ids:
            pipe.hkeys(self._key(account_id))
        found = zip(account_ids, pipe.execute(), strict=True)
        return {account_id: {date.fromisoformat(day.decode()) for day in days} for account_id, days in found}

    def learn(self, loaded: Mapping[AccountDay, Loaded], now: datetime | None = None) -> None:
        """Record what was loaded and found to agree; what was read later stands.

        Args:
            now: The clock that dates readings: a time that is later counts as the oldest. Redis' own if omitted.
        """
        said = {at: Dated(codec.dump(one, Loaded), one.as_of) for at, one in loaded.items()}
        self._in_order.put(by_account(said, self._key), now)

    def _key(self, account_id: str) -> str:
        return keys.coverage(self._table_id, account_id)


def _parse(data: bytes) -> Loaded:
    return codec.load(Loaded, data)
