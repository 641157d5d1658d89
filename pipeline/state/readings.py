"""By which reading the rows of an account's day were last written: known before the first of them is.

Coverage tells the same only when the rows were read back. Between the two an older reading must not come.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

import redis

from pipeline.core.model import AccountDay
from pipeline.state import keys
from pipeline.state.in_order import Dated, InOrder


class Readings:
    """The times of the readings that stand in one table, in Redis."""

    def __init__(self, client: redis.Redis, table_id: str) -> None:
        self._client, self._table_id = client, table_id
        self._in_order = InOrder(client, _moment)

    def at(self, places: Iterable[AccountDay]) -> dict[AccountDay, datetime]:
        """When what stands there was read; a place that was not written lately is absent."""
        wanted = list(places)
        pipe = self._client.pipeline(transaction=False)
        for at in wanted:
            pipe.hget(self._key(at), at.day.isoformat())
        return {at: _moment(found) for at, found in zip(wanted, pipe.execute(), strict=True) if found}

    def begin(self, read_at: Mapping[AccountDay, datetime], now: datetime) -> None:
        """Say that rows of these readings are about to be written, or stand already; a newer one keeps its place."""
        said = {
            (self._key(at), at.day.isoformat()): Dated(moment.isoformat().encode(), moment)
            for at, moment in read_at.items()
        }
        self._in_order.put(said, now)
        pipe = self._client.pipeline(transaction=False)
        for key in {key for key, _ in said}:
            pipe.expire(key, keys.STAGING_TTL_S)  # longer than rows are of use that could come late
        pipe.execute()

    def _key(self, at: AccountDay) -> str:
        return keys.readings(self._table_id, at.account_id)


def _moment(said: bytes) -> datetime:
    return datetime.fromisoformat(said.decode())
