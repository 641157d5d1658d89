"""Which table 同步状态 is, and what was written into its rows."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import redis

from pipeline.core.chain import Chain, alone
from pipeline.state import codec, keys, unread


@dataclass(frozen=True, slots=True)
class WrittenRow:
    """A row as it was written: its record id and a digest of its cells."""

    record_id: str
    digest: str


class StatusMemory:
    """The 同步状态 table beside the tables of a chain, in Redis: kept by the first table."""

    def __init__(self, client: redis.Redis, chain: Callable[[], Chain]) -> None:
        self._client, self._chain = client, chain

    def beside(self, table_id: str) -> "StatusMemory":
        """The same for another table of the base; of our chain, all tables have one."""
        tables = self._chain()
        return self if table_id in tables.ids else StatusMemory(self._client, lambda: alone(table_id))

    def status_table(self) -> str | None:
        """The id of the 同步状态 table."""
        key = keys.status_table(self._root)
        with unread.sparing():
            found: Any = self._client.get(key)
            return unread.text_of(found, key) if found else None
        return None

    def learn_status_table(self, table_id: str) -> None:
        """Remember the id of the 同步状态 table."""
        self._client.set(keys.status_table(self._root), table_id)

    def status_rows(self, places: Sequence[str]) -> dict[str, WrittenRow]:
        """The rows at these places; a place without one is absent."""
        if not places:
            return {}
        key = keys.status_rows(self._root)
        with unread.sparing():
            found: Any = self._client.hmget(key, places)
            there = {place.encode(): data for place, data in zip(places, found, strict=True) if data is not None}
            return dict(unread.readable(there, key, _row))
        return {}

    def learn_status_rows(self, rows: Mapping[str, WrittenRow]) -> None:
        """Remember rows that were written."""
        pipe = self._client.pipeline()
        for place, row in rows.items():
            pipe.hset(keys.status_rows(self._root), place, codec.dump(row, WrittenRow))
        pipe.expire(keys.status_rows(self._root), keys.HISTORY_TTL_S)
        pipe.execute()

    def forget_status_rows(self, record_ids: Collection[str]) -> None:
        """Forget the places of rows that are about to carry another day."""
        key = keys.status_rows(self._root)
        gone = [at for at, row in unread.fields(self._client, key, _row).items() if row.record_id in record_ids]
        if gone:
            self._client.hdel(key, *gone)

    def forget_status(self) -> None:
        """Forget the table and its rows after a person changed it."""
        self._client.delete(keys.status_table(self._root), keys.status_rows(self._root))

    @property
    def _root(self) -> str:
        return self._chain().root


def _row(data: bytes, key: str, place: str) -> WrittenRow:
    return codec.load(WrittenRow, data, key, place)
