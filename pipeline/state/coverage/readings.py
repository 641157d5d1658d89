"""By which reading an account's day was last written, noted before its first row.

Coverage says so only after the read-back. Between the two no older reading may write.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

import redis

from pipeline.core.chain import Chain
from pipeline.core.model import AccountDay
from pipeline.state import keys, unread
from pipeline.state.coverage.by_day import read_days
from pipeline.state.in_order import Dated, InOrder, by_key


class Readings:
    """The times of the latest written readings of the tables of a chain, in Redis."""

    def __init__(self, client: redis.Redis, chain: Callable[[], Chain]) -> None:
        self._client, self._chain = client, chain
        self._in_order = InOrder(client, unread.moment_of)

    def at(self, places: Iterable[AccountDay]) -> dict[AccountDay, datetime]:
        """When what was written last was read; a day that was not written lately is absent."""
        return read_days(self._client, places, self._keys(), unread.moment_of)

    def begin(self, read_at: Mapping[AccountDay, datetime], now: datetime) -> None:
        """Note readings before their rows are written; a newer one stands."""
        said = by_key({at: Dated(one.isoformat().encode(), one) for at, one in read_at.items()}, self._keys())
        self._in_order.put(said, now)
        pipe = self._client.pipeline(transaction=False)
        for key in said:
            pipe.expire(key, keys.STAGING_TTL_S)  # longer than late rows may still be written
        pipe.execute()

    def _keys(self) -> Callable[[AccountDay], str]:
        tables = self._chain()
        return lambda at: keys.readings(tables.table_of(at.day), at.account_id)
