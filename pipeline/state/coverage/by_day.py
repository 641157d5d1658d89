"""Hashes that have a field for each day (ISO) of one account."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any, TypeVar

import redis

from pipeline.core.model import AccountDay

T = TypeVar("T")


def read_days(
    client: redis.Redis, places: Iterable[AccountDay], key: Callable[[str], str], parse: Callable[[bytes], T]
) -> dict[AccountDay, T]:
    """The values of accounts' days, one command an account; a day without one is absent."""
    days: dict[str, list[date]] = defaultdict(list)
    for at in places:
        days[at.account_id].append(at.day)
    pipe: Any = client.pipeline(transaction=False)
    for account_id, wanted in days.items():
        pipe.hmget(key(account_id), [day.isoformat() for day in wanted])
    return {
        AccountDay(account_id, day): parse(data)
        for (account_id, wanted), found in zip(days.items(), pipe.execute(), strict=True)
        for day, data in zip(wanted, found, strict=True)
        if data
    }
