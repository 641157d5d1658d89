"""Rows on their way from the fetch to the load: compressed, in Redis, for three days.

A fetch's outcome and its rows are one value, so that neither is ever there without the other. It is kept in the instant
in which the ledger records the outcome.
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
from pipeline.core.table.shared_keys import SharedKey
from pipeline.state import codec, keys

T = TypeVar("T")
PAGE = 500  # records that are packed together: a page of the search


@dataclass(frozen=True, slots=True)
class Staged:
    """A value that is kept in the same instant in which the outcome of its step is recorded."""

    key: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Packed:
    """Records of a table, compressed page by page: many of them never are in memory at once."""

    __pydantic_config__ = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")

    pages: tuple[bytes, ...]
    count: int

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for page in self.pages:
            yield from codec.unsqueeze(list[dict[str, Any]], page)

    def __len__(self) -> int:
        return self.count


def packed(records: Iterable[dict[str, Any]]) -> Packed:
    """Records as they come, packed."""
    left, pages, count = iter(records), [], 0
    while page := list(islice(left, PAGE)):
        pages.append(codec.squeeze(page, list[dict[str, Any]]))
        count += len(page)
    return Packed(tuple(pages), count)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The table as it was read: our columns in it, its records, and the base's count of writers at that time."""

    layout: Layout
    records: Packed
    writes: int
    read_at: datetime
    count: int | None = None  # records of the whole table, where rows to create were to be expected
    fields: int = 0  # how many the table has, those of people included


@dataclass(frozen=True, slots=True)
class Cleared:
    """Doubled rows that a read-back set out to remove: their ids, and the files that hold them."""

    record_ids: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


def staged(batch_id: str, fetched: Fetched) -> Staged:
    """What a fetch found, to be kept with its outcome."""
    return Staged(keys.rows(batch_id, fetched.outcome.account_id), codec.squeeze(fetched, Fetched))


class Staging:
    """What the steps of a run hand to each other."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    def fetched(self, batch_id: str, account_ids: Sequence[str]) -> list[Fetched]:
        """What the fetches of these accounts found; one that is not there or not whole is left out: fetch again."""
        data: Any = self._client.mget([keys.rows(batch_id, account_id) for account_id in account_ids])
        return [found for one in data if (found := _unpacked(one, Fetched)) and found.whole]

    def put_snapshot(self, batch_id: str, snapshot: Snapshot) -> None:
        """Keep what the early read of the table found."""
        self._client.set(keys.snapshot(batch_id), codec.squeeze(snapshot, Snapshot), ex=keys.STAGING_TTL_S)

    def offer_snapshot(self, batch_id: str, snapshot: Snapshot) -> None:
        """Keep what somebody else's read found, unless there is a snapshot already."""
        self._client.set(keys.snapshot(batch_id), codec.squeeze(snapshot, Snapshot), ex=keys.STAGING_TTL_S, nx=True)

    def snapshot(self, batch_id: str) -> Snapshot | None:
        """What the early read of the table found; `None` where it is not there or not whole: read again."""
        return self._get(keys.snapshot(batch_id), Snapshot)

    def put_layout(self, batch_id: str, layout: Layout) -> None:
        """Keep by which fields a load wrote: the read-back and the views need that, and no record of the snapshot."""
        self._client.set(keys.layout(batch_id), codec.squeeze(layout, Layout), ex=keys.STAGING_TTL_S)

    def layout(self, batch_id: str) -> Layout | None:
        """By which fields a load wrote; `None` where it is not there or not whole."""
        return self._get(keys.layout(batch_id), Layout)

    def put_changes(self, batch_id: str, changes: Mapping[Key, Change]) -> None:
        """Record what a load sets out to change, before it writes."""
        self._client.set(
            keys.changes(batch_id), codec.squeeze(list(changes.values()), list[Change]), ex=keys.STAGING_TTL_S
        )

    def changes(self, batch_id: str) -> dict[Key, Change]:
        """What a load of this batch set out to change so far."""
        found = self._get(keys.changes(batch_id), list[Change])
        return {change.key: change for change in found or []}

    def put_shared(self, batch_id: str, shared: Sequence[SharedKey]) -> None:
        """Keep what a load decided about keys that stand under other accounts."""
        data = codec.squeeze(tuple(shared), tuple[SharedKey, ...])
        self._client.set(keys.shared(batch_id), data, ex=keys.STAGING_TTL_S)

    def shared(self, batch_id: str) -> tuple[SharedKey, ...]:
        """What a load decided about keys that stand under other accounts; nothing where it is not there."""
        return self._get(keys.shared(batch_id), tuple[SharedKey, ...]) or ()

    def put_cleared(self, batch_id: str, cleared: Cleared) -> None:
        """Record which doubled rows are about to be removed, before they are."""
        self._client.set(keys.cleared(batch_id), codec.squeeze(cleared, Cleared), ex=keys.STAGING_TTL_S)

    def cleared(self, batch_id: str) -> Cleared:
        """Which doubled rows of a batch were set out to be removed so far."""
        return self._get(keys.cleared(batch_id), Cleared) or Cleared()

    def _get(self, key: str, kind: type[T]) -> T | None:
        return _unpacked(self._client.get(key), kind)


def _unpacked(data: object, kind: type[T]) -> T | None:
    try:
        return codec.unsqueeze(kind, data) if isinstance(data, bytes) else None
    except ValueError:
        return None  # torn, or of another version: as good as absent
