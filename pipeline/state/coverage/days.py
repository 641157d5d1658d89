"""What is last known of each account's days, and since when an account cannot be read."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

import redis

from pipeline.core.coverage.coverage import KnownDay
from pipeline.core.model import AccountDay, DayRange
from pipeline.core.runs.absence import Absence
from pipeline.state import codec, keys
from pipeline.state.in_order import Dated, InOrder, by_account

KEPT_DAYS = 400


class Days:
    """The last known states of days in one table, and the absences of accounts, in Redis."""

    def __init__(self, client: redis.Redis, table_id: str) -> None:
        self._client, self._table_id = client, table_id
        self._in_order = InOrder(client, lambda data: codec.load(KnownDay, data).as_of)

    def known(self, account_ids: Iterable[str], days: DayRange) -> dict[AccountDay, KnownDay]:
        """What is known of these accounts on these days; what is not known is absent."""
        places = [(number, list(days)) for number in account_ids]
        pipe = self._client.pipeline(transaction=False)
        for number, wanted in places:
            pipe.hmget(self._key(number), [day.isoformat() for day in wanted])
        answers = pipe.execute()
        return {
            AccountDay(number, day): codec.load(KnownDay, data)
            for (number, wanted), found in zip(places, answers, strict=True)
            for day, data in zip(wanted, found, strict=True)
            if data
        }

    def learn(self, known: Mapping[AccountDay, KnownDay], now: datetime | None = None) -> None:
        """Remember the last word on days, by when it was read; days that are too old to be asked for are forgotten.

        Args:
            now: The clock that dates readings: a time that is later counts as the oldest. Redis' own if omitted.
        """
        said = {at: Dated(codec.dump(one, KnownDay), one.as_of) for at, one in known.items()}
        self._in_order.put(by_account(said, self._key), now)
        pipe = self._client.pipeline()
        for number in {at.account_id for at in known}:
            pipe.expire(self._key(number), keys.HISTORY_TTL_S)
        pipe.execute()
        if known:
            newest = max(at.day for at in known)
            self._trim({at.account_id for at in known}, newest - timedelta(days=KEPT_DAYS))

    def absences(self) -> dict[str, Absence]:
        """The accounts that cannot be read."""
        found: Any = self._client.hgetall(keys.ACCOUNTS_ABSENT)
        return {number.decode(): codec.load(Absence, data) for number, data in found.items()}

    def parked(self, now: datetime) -> dict[str, Absence]:
        """Those that could not be read for so long that nobody waits for them."""
        return {number: one for number, one in self.absences().items() if one.parked(now)}

    def begin_absences(self, since: Mapping[str, datetime]) -> None:
        """Note since when accounts cannot be read; one that is absent already stays so since then."""
        for number, moment in since.items():
            self._client.hsetnx(keys.ACCOUNTS_ABSENT, number, codec.dump(Absence(moment), Absence))

    def end_absences(self, account_ids: Collection[str]) -> None:
        """Accounts that can be read again."""
        if account_ids:
            self._client.hdel(keys.ACCOUNTS_ABSENT, *account_ids)

    def tell_absence(self, account_id: str, absence: Absence) -> None:
        """Remember when and by which run the group heard of an absence."""
        self._client.hset(keys.ACCOUNTS_ABSENT, account_id, codec.dump(absence, Absence))

    def _trim(self, account_ids: Iterable[str], oldest: date) -> None:
        for number in account_ids:
            days: Any = self._client.hkeys(self._key(number))
            if old := [day for day in days if day.decode() < oldest.isoformat()]:
                self._client.hdel(self._key(number), *old)

    def _key(self, account_id: str) -> str:
        return keys.day_states(self._table_id, account_id)
