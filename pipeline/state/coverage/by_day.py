"""Hashes that have a field for each day (ISO) of one account in one table."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

import redis

from pipeline.core.model import AccountDay
from pipeline.state import unread
from pipeline.state.unread import Parse

T = TypeVar("T")


def read_days(
    client: redis.Redis, places: Iterable[AccountDay], key: Callable[[AccountDay], str], parse: Parse[T]
) -> dict[AccountDay, T]:
    """The values of accounts' days, one command an account and table; a day without one is absent.

    Raises:
        Unreadable: Somebody works with one that cannot be read, and it is not made again.
    """
    by_key: dict[str, list[AccountDay]] = defaultdict(list)
    for at in places:
        by_key[key(at)].append(at)
    pipe: Any = client.pipeline(transaction=False)
    for name, wanted in by_key.items():
        pipe.hmget(name, [at.day.isoformat() for at in wanted])
    return {
        at: one
        for (name, wanted), found in zip(by_key.items(), unread.answers(pipe), strict=True)
        for at, one in _parsed(name, wanted, found, parse)
    }


def _parsed(
    key: str, wanted: Sequence[AccountDay], found: Sequence[bytes | None] | None, parse: Parse[T]
) -> Iterator[tuple[AccountDay, T]]:
    for at, data in zip(wanted, found or (), strict=found is not None):
        with unread.sparing():
            if data is not None:
                yield at, parse(data, key, at.day.isoformat())
