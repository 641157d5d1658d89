"""Coverage: what was last loaded of each account on each day into a table, and found to agree."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import redis

from pipeline.core.model import AccountDay, Totals
from pipeline.state import codec, keys
from pipeline.state.in_order import Dated, InOrder, by_account

UNKNOWN = ""  # the digest of figures that are not known: it is like no other, and so tells of no restatement


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was last loaded of one account on one day."""

    rows: int
    cost: str
    checksum: str
    as_of: datetime
    totals: Totals | None = None  # what the account report said of the day
    table: str = ""  # a digest of the table's rows of that account and day, as they were read back


class Coverage:
    """What was last loaded into one table, in Redis."""

    def __init__(self, client: redis.Redis, table_id: str) -> None:
        self._client, self._table_id = client, table_id
        self._in_order = InOrder(client, lambda data: codec.load(Loaded, data).as_of)

    def of(self, account_id: str) -> dict[str, Loaded]:
        """What was last loaded of an account, by day (ISO)."""
        days: Any = self._client.hgetall(self._key(account_id))
        return {day.decode(): codec.load(Loaded, data) for day, data in days.items()}

    def at(self, places: Iterable[AccountDay]) -> dict[AccountDay, Loaded]:
        """What was last loaded of these accounts on these days; where nothing was, the place is absent."""
        days: dict[str, list[str]] = defaultdict(list)
        for at in places:
            days[at.account_id].append(at.day.isoformat())
        pipe = self._client.pipeline(transaction=False)
        for number, wanted in days.items():
            pipe.hmget(self._key(number), wanted)
        answers = pipe.execute()
        return {
            AccountDay(number, date.fromisoformat(day)): codec.load(Loaded, data)
            for (number, wanted), found in zip(days.items(), answers, strict=True)
            for day, data in zip(wanted, found, strict=True)
            if data
        }

    def days(self, account_ids: Collection[str]) -> dict[str, set[date]]:
        """Which days of each account were loaded at some time."""
        pipe = self._client.pipeline(transaction=False)
        for number in account_ids:
            pipe.hkeys(self._key(number))
        found = zip(account_ids, pipe.execute(), strict=True)
        return {number: {date.fromisoformat(day.decode()) for day in days} for number, days in found}

    def learn(self, loaded: Mapping[AccountDay, Loaded], now: datetime | None = None) -> None:
        """Record what was loaded and found to agree; what was read later stands.

        Args:
            now: The clock that dates readings: a time that is later counts as the oldest. Redis' own if omitted.
        """
        said = {at: Dated(codec.dump(one, Loaded), one.as_of) for at, one in loaded.items()}
        self._in_order.put(by_account(said, self._key), now)

    def _key(self, account_id: str) -> str:
        return keys.coverage(self._table_id, account_id)
