"""Coverage: what was last loaded of each account on each day, and found to agree; kept by the table of the day."""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date, datetime
from itertools import chain, islice

import redis

from pipeline.core.chain import Chain
from pipeline.core.coverage.day import Loaded
from pipeline.core.coverage.history import Sum
from pipeline.core.model import AccountDay, DayRange
from pipeline.state import codec, keys, unread
from pipeline.state.coverage.by_day import read_days
from pipeline.state.coverage.day_letters import AFTER_LOADED
from pipeline.state.coverage.sums import Sums
from pipeline.state.in_order import Dated, InOrder, by_key


class Coverage:
    """What was last loaded into the tables of a chain, in Redis."""

    def __init__(self, client: redis.Redis, chain: Callable[[], Chain]) -> None:
        self._client, self._chain = client, chain
        self._sums = Sums(client, chain, self.at)
        self._in_order = InOrder(client, _read_at, AFTER_LOADED)

    def of(self, account_id: str) -> dict[str, Loaded]:
        """What was last loaded of an account, by day (ISO)."""
        pipe, table_ids = self._client.pipeline(transaction=False), self._chain().ids
        for table_id in table_ids:
            pipe.hgetall(keys.coverage(table_id, account_id))
        found = unread.answers(pipe)
        return {
            day: one
            for table_id, days in zip(table_ids, found, strict=True)
            for day, one in unread.readable(days or {}, keys.coverage(table_id, account_id), _parse)
            if unread.day_of(day)
        }

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
        answers = iter(unread.answers(pipe))
        found = ((one, [days or () for days in islice(answers, len(table_ids))]) for one in account_ids)
        return {one: set(filter(None, map(unread.day_of, chain.from_iterable(days)))) for one, days in found}

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


def _parse(data: bytes, key: str, day: str) -> Loaded:
    return codec.load(Loaded, data, key, day)


def _read_at(data: bytes, key: str, day: str) -> datetime | None:
    return _parse(data, key, day).as_of
