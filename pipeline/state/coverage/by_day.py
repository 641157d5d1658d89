"""Hashes that have a field for each day (ISO) of one account in one table."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import redis

from pipeline.core.model import AccountDay

T = TypeVar("T")


def read_days(
    client: redis.Redis, places: Iterable[AccountDay], key: Callable[[AccountDay], str], parse: Callable[[bytes], T]
) -> dict[AccountDay, T]:
    """The values of accounts' days, one command an account and table; a day without one is absent."""
    by_key: dict[str, list[AccountDay]] = defaultdict(list)
    for at in places:
        by_key[key(at)].append(at)
    pipe: Any = client.pipeline(transaction=False)
    for name, wanted in by_key.items():
        pipe.hmget(name, [at.day.isoformat() for at in wanted])
    return {
        at: parse(data)
        for wanted, found in zip(by_key.values(), pipe.execute(), strict=True)
        for at, data in zip(wanted, found, strict=True)
        if data
    }
