"""Coverage: what was last loaded of each account on each day, and found to agree; kept by the table of the day."""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date, datetime
from itertools import chain, islice
from typing import Any

import redis

from pipeline.core.chain import Chain
from pipeline.core.coverage.day import Loaded
from pipeline.core.coverage.history import Sum
from pipeline.core.model import AccountDay, DayRange
from pipeline.state import codec, keys
from pipeline.state.coverage.by_day import read_days
from pipeline.state.coverage.day_letters import AFTER_LOADED
from pipeline.state.coverage.sums import Sums
from pipeline.state.in_order import Dated, InOrder, by_key


class Coverage:
    """What was last loaded into the tables of a chain, in Redis."""

    def __init__(self, client: redis.Redis, chain: Callable[[], Chain]) -> None:
        self._client, self._chain = client, chain
        self._sums = Sums(client, chain, self.at)
        self._in_order = InOrder(client, lambda data: _parse(data).as_of, AFTER_LOADED)

    def of(self, account_id: str) -> dict[str, Loaded]:
        """What was last loaded of an account, by day (ISO)."""
        pipe = self._client.pipeline(transaction=False)
        for table_id in self._chain().ids:
            pipe.hgetall(keys.coverage(table_id, account_id))
        found: Any = pipe.execute()
        return {day.decode(): _parse(data) for days in found for day, data in days.items()}

    def at(self, places: Iterable[AccountDay]) -> dict[AccountDay, Loaded]:
        """What was last loaded of these accounts on these days; a day that never was is absent."""
        return read_days(self._client, places, self._keys(), _parse)

    def sums(self, account_ids: Collection[str], days: DayRange) -> dict[str, Sum]:
        """What was last loaded of each account in a range, added up; days that never were are left out."""
        return self._sums.of(account_ids, days)

    def days(self, account_ids: Collection[str]) -> dict[str, set[date]]:
        """Which days of each account were loaded at some time."""
        table_ids = self._chain().ids
        pipe = self._client.pipeline(transaction=False)
        for account_id in account_ids:
            for table_id in table_ids:
                pipe.hkeys(keys.coverage(table_id, account_id))
        answers: Any = iter(pipe.execute())
        found = ((account_id, chain.from_iterable(islice(answers, len(table_ids)))) for account_id in account_ids)
        return {account_id: {date.fromisoformat(day.decode()) for day in days} for account_id, days in found}

    def learn(self, loaded: Mapping[AccountDay, Loaded], now: datetime | None = None) -> None:
        """Record what was loaded and found to agree; what was read later stands.

        Args:
            now: The clock that dates readings: a time that is later counts as the oldest. Redis' own if omitted.
        """
        said = {at: Dated(codec.dump(one, Loaded), one.as_of) for at, one in loaded.items()}
        own, lines = self._keys(), self._keys(keys.day_states)
        self._in_order.put(by_key(said, own), now, beside={own(at): lines(at) for at in loaded})

    def _keys(self, key: Callable[[str, str], str] = keys.coverage) -> Callable[[AccountDay], str]:
        tables = self._chain()
        return lambda at: key(tables.table_of(at.day), at.account_id)


def _parse(data: bytes) -> Loaded:
    return codec.load(Loaded, data)
