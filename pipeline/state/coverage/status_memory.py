"""What is known of the 同步状态 table: which one it is, and its rows by account and day."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import redis

from pipeline.state import codec, keys


@dataclass(frozen=True, slots=True)
class KnownRow:
    """A row of the 同步状态 table: its record id, and a digest of what was written into it."""

    record_id: str
    digest: str


class StatusMemory:
    """What is known of the 同步状态 table that stands beside one table."""

    def __init__(self, client: redis.Redis, table_id: str) -> None:
        self._client, self._table_id = client, table_id

    def beside(self, table_id: str) -> "StatusMemory":
        """The same of another table of the base."""
        return StatusMemory(self._client, table_id)

    def status_table(self) -> str | None:
        """The id of the 同步状态 table."""
        return _text(self._client.get(keys.status_table(self._table_id)))

    def learn_status_table(self, table_id: str) -> None:
        """Remember the id of the 同步状态 table."""
        self._client.set(keys.status_table(self._table_id), table_id)

    def status_rows(self, places: Sequence[str]) -> dict[str, KnownRow]:
        """The rows of the 同步状态 table at these places; one that is not known is absent."""
        if not places:
            return {}
        found: Any = self._client.hmget(keys.status_rows(self._table_id), places)
        return {place: codec.load(KnownRow, data) for place, data in zip(places, found, strict=True) if data}

    def learn_status_rows(self, rows: Mapping[str, KnownRow]) -> None:
        """Remember rows of the 同步状态 table."""
        pipe = self._client.pipeline()
        for place, row in rows.items():
            pipe.hset(keys.status_rows(self._table_id), place, codec.dump(row, KnownRow))
        pipe.expire(keys.status_rows(self._table_id), keys.HISTORY_TTL_S)
        pipe.execute()

    def forget_status_rows(self, record_ids: Collection[str]) -> None:
        """Forget what these rows of the 同步状态 table were about: they are about to carry something else."""
        known: Any = self._client.hgetall(keys.status_rows(self._table_id))
        gone = [at for at, data in known.items() if codec.load(KnownRow, data).record_id in record_ids]
        if gone:
            self._client.hdel(keys.status_rows(self._table_id), *gone)

    def forget_status(self) -> None:
        """Forget the 同步状态 table: it is not as we remember it."""
        self._client.delete(keys.status_table(self._table_id), keys.status_rows(self._table_id))


def _text(value: object) -> str | None:
    return value.decode() if isinstance(value, bytes) else None
