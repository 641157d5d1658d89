"""Data that the steps of a run hand on: compressed, in Redis, for three days.

A fetch's outcome and its rows are one value, kept when the outcome is recorded: neither is there without the other.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

import redis
from pydantic import ConfigDict

from pipeline.core.model import Key
from pipeline.core.runs.source import Fetched
from pipeline.core.table.diff import Change
from pipeline.core.table.layout import Layout
from pipeline.core.table.record import Record, from_wire, to_wire
from pipeline.core.table.shared_keys import SharedKey
from pipeline.core.unreadable import Unreadable
from pipeline.state import codec, keys

T = TypeVar("T")
PAGE = 500  # records that are packed together: a page of the search


@dataclass(frozen=True, slots=True)
class Staged:
    """A value to be kept in the instant in which the outcome of its step is recorded."""

    key: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Packed:
    """Records of a table, compressed page by page, so that few are in memory at once."""

    __pydantic_config__ = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")

    pages: tuple[bytes, ...]
    count: int

    def __iter__(self) -> Iterator[Record]:
        for page in self.pages:
            yield from map(from_wire, codec.unsqueeze(list[dict[str, Any]], page, "a page of records"))

    def __len__(self) -> int:
        return self.count


def packed(records: Iterable[Record]) -> Packed:
    """Pack records as they come."""
    left, pages, count = map(to_wire, records), [], 0
    while page := list(islice(left, PAGE)):
        pages.append(codec.squeeze(page, list[dict[str, Any]]))
        count += len(page)
    return Packed(tuple(pages), count)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The table as it was read: our columns, its records, and the base's count of writes at that time."""

    layout: Layout
    records: Packed
    writes: int
    read_at: datetime
    count: int | None = None  # records of the whole table, counted if rows to create were expected
    fields: int = 0  # of the table, those of people included


@dataclass(frozen=True, slots=True)
class Cleared:
    """Duplicates that a read-back is about to remove, and the files that back them up."""

    record_ids: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


def staged(batch_id: str, fetched: Fetched) -> Staged:
    """A fetch's rows, to be kept with its outcome."""
    return Staged(keys.rows(batch_id, fetched.outcome.account_id), codec.squeeze(fetched, Fetched))


class Staging:
    """Data that the steps of a run hand on. What is gone or torn reads as absent."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    def fetched(self, batch_id: str, account_ids: Sequence[str]) -> list[Fetched]:
        """The whole fetches of these accounts; others must be fetched again."""
        data: Any = self._client.mget([keys.rows(batch_id, account_id) for account_id in account_ids])
        return [found for one in data if (found := _unpacked(one, Fetched, "")) and found.whole]

    def put_snapshot(self, batch_id: str, snapshot: Snapshot) -> None:
        """Keep an early read of the table."""
        self._client.set(keys.snapshot(batch_id), codec.squeeze(snapshot, Snapshot), ex=keys.STAGING_TTL_S)

    def offer_snapshot(self, batch_id: str, snapshot: Snapshot) -> None:
        """Keep another read as the early read, unless there is one."""
        self._client.set(keys.snapshot(batch_id), codec.squeeze(snapshot, Snapshot), ex=keys.STAGING_TTL_S, nx=True)

    def snapshot(self, batch_id: str) -> Snapshot | None:
        """The early read of the table; `None`: read again."""
        return self._get(keys.snapshot(batch_id), Snapshot)

    def put_layout(self, batch_id: str, layout: Layout) -> None:
        """Keep the fields that a load wrote into, for the read-back and the views."""
        self._client.set(keys.layout(batch_id), codec.squeeze(layout, Layout), ex=keys.STAGING_TTL_S)

    def layout(self, batch_id: str) -> Layout | None:
        """The fields that a load wrote into."""
        return self._get(keys.layout(batch_id), Layout)

    def put_changes(self, batch_id: str, changes: Mapping[Key, Change]) -> None:
        """Record the changes of a load before it writes."""
        self._client.set(
            keys.changes(batch_id), codec.squeeze(list(changes.values()), list[Change]), ex=keys.STAGING_TTL_S
        )

    def changes(self, batch_id: str) -> dict[Key, Change]:
        """The changes that loads of this batch recorded so far."""
        found = self._get(keys.changes(batch_id), list[Change])
        return {change.key: change for change in found or []}

    def put_shared(self, batch_id: str, shared: Sequence[SharedKey]) -> None:
        """Keep a load's decisions about keys that stand under other accounts."""
        data = codec.squeeze(tuple(shared), tuple[SharedKey, ...])
        self._client.set(keys.shared(batch_id), data, ex=keys.STAGING_TTL_S)

    def shared(self, batch_id: str) -> tuple[SharedKey, ...]:
        """A load's decisions about keys that stand under other accounts."""
        return self._get(keys.shared(batch_id), tuple[SharedKey, ...]) or ()

    def put_cleared(self, batch_id: str, cleared: Cleared) -> None:
        """Record duplicates before they are removed."""
        self._client.set(keys.cleared(batch_id), codec.squeeze(cleared, Cleared), ex=keys.STAGING_TTL_S)

    def cleared(self, batch_id: str) -> Cleared:
        """The duplicates of a batch that were to be removed so far."""
        return self._get(keys.cleared(batch_id), Cleared) or Cleared()

    def _get(self, key: str, kind: type[T]) -> T | None:
        return _unpacked(self._client.get(key), kind, key)


def _unpacked(data: object, kind: type[T], key: str) -> T | None:
    try:
        return codec.unsqueeze(kind, data, key) if isinstance(data, bytes) else None
    except Unreadable:
        return None  # torn, or of another version
