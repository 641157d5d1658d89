"""By which reading the rows of an account's day were last written: known before the first of them is.

Coverage tells the same only when the rows were read back. Between the two an older reading must not come.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

import redis

from pipeline.core.model import AccountDay
from pipeline.state import keys
from pipeline.state.coverage.by_day import read_days
from pipeline.state.in_order import Dated, InOrder, by_account


class Readings:
    """The times of the readings that stand in one table, in Redis."""

    def __init__(self, client: redis.Redis, table_id: str) -> None:
        self._client, self._table_id = client, table_id
        self._in_order = InOrder(client, _moment)

    def at(self, places: Iterable[AccountDay]) -> dict[AccountDay, datetime]:
        """When what stands there was read; a place that was not written lately is absent."""
        return read_days(self._client, places, self._key, _moment)

    def begin(self, read_at: Mapping[AccountDay, datetime], now: datetime) -> None:
        """Say that rows of these readings are about to be written, or stand already; a newer one keeps its place."""
        said = by_account({at: Dated(one.isoformat().encode(), one) for at, one in read_at.items()}, self._key)
        self._in_order.put(said, now)
        pipe = self._client.pipeline(transaction=False)
        for key in said:
            pipe.expire(key, keys.STAGING_TTL_S)  # longer than rows are of use that could come late
        pipe.execute()

    def _key(self, account_id: str) -> str:
        return keys.readings(self._table_id, account_id)


def _moment(said: bytes) -> datetime:
    return datetime.fromisoformat(said.decode())
