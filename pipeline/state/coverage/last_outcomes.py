"""How the last reading of each account's day ended, loaded or not."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

import redis

from pipeline.core.chain import Chain
from pipeline.core.coverage.day import LastOutcome
from pipeline.core.model import AccountDay, DayRange
from pipeline.state import codec, keys, unread
from pipeline.state.coverage.by_day import read_days
from pipeline.state.coverage.day_letters import AFTER_LAST, LAST
from pipeline.state.in_order import Dated, InOrder, by_key

KEPT_DAYS = 400


class LastOutcomes:
    """The last outcomes of days in the tables of a chain, in Redis."""

    def __init__(self, client: redis.Redis, chain: Callable[[], Chain]) -> None:
        self._client, self._chain = client, chain
        self._in_order = InOrder(client, _read_at, AFTER_LAST)

    def of(self, account_ids: Iterable[str], days: DayRange) -> dict[AccountDay, LastOutcome]:
        """How the last readings of these accounts' days ended; a day without one is absent."""
        return self.at(AccountDay(account_id, day) for account_id in account_ids for day in days)

    def at(self, places: Iterable[AccountDay]) -> dict[AccountDay, LastOutcome]:
        """The same of any days."""
        return read_days(self._client, places, self._keys(), _parse)

    def learn(self, outcomes: Mapping[AccountDay, LastOutcome], now: datetime | None = None) -> None:
        """Remember outcomes by when they were read, and forget days that are too old to be asked for.

        Args:
            now: The clock that dates readings: a time that is later counts as the oldest. Redis' own if omitted.
        """
        said = {at: Dated(codec.dump(one, LastOutcome), one.as_of) for at, one in outcomes.items()}
        if outcomes:
            oldest = max(at.day for at in outcomes) - timedelta(days=KEPT_DAYS)
            self._in_order.put(by_key(said, self._keys()), now, more=(LAST, oldest.isoformat()))

    def _keys(self) -> Callable[[AccountDay], str]:
        tables = self._chain()
        return lambda at: keys.day_states(tables.table_of(at.day), at.account_id)


def _parse(data: bytes, key: str, day: str) -> LastOutcome:
    return codec.load(LastOutcome, data, key, day)


def _read_at(data: bytes, key: str, day: str) -> datetime | None:
    with unread.sparing():  # what is recorded takes its place
        return _parse(data, key, day).as_of
    return None
