"""Accounts that cannot be read, since when, and when the group heard of it."""

from collections.abc import Collection, Mapping
from datetime import datetime
from functools import partial

import redis

from pipeline.core.runs.absence import Absence
from pipeline.state import codec, keys, unread


class Absences:
    """The absences of accounts, whatever the table, in Redis."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    def all(self) -> dict[str, Absence]:
        """The accounts that cannot be read."""
        return unread.fields(self._client, keys.ACCOUNTS_ABSENT, partial(codec.load, Absence))

    def parked(self, now: datetime) -> dict[str, Absence]:
        """Those that could not be read for so long that nobody waits for them."""
        return {account_id: one for account_id, one in self.all().items() if one.parked(now)}

    def begin(self, since: Mapping[str, datetime]) -> None:
        """Note since when accounts cannot be read; an earlier time stands."""
        for account_id, moment in since.items():
            self._client.hsetnx(keys.ACCOUNTS_ABSENT, account_id, codec.dump(Absence(moment), Absence))

    def end(self, account_ids: Collection[str]) -> None:
        """Forget the absence of accounts that can be read again."""
        if account_ids:
            self._client.hdel(keys.ACCOUNTS_ABSENT, *account_ids)

    def learn_told(self, account_id: str, absence: Absence) -> None:
        """Remember when and by which run the group heard of an absence."""
        self._client.hset(keys.ACCOUNTS_ABSENT, account_id, codec.dump(absence, Absence))
