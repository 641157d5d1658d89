"""The accounts as last discovered, their names, and changes that no card has reported."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import redis

from pipeline.core.accounts.roster import Roster
from pipeline.state import codec, keys, unread


class Rosters:
    """The discovered accounts, in Redis; those that another app at Ocean Engine found are not used."""

    def __init__(self, client: redis.Redis, app_id: str = "") -> None:
        self._client, self._app_id = client, app_id

    def last(self) -> Roster | None:
        """The roster as this app last discovered it, however old."""
        with unread.sparing():
            data = self._client.get(keys.ROSTER)
            last = codec.load(Roster, data, keys.ROSTER) if isinstance(data, bytes) else None
            return last if last and last.app_id in ("", self._app_id) else None
        return None

    def keep(self, roster: Roster, news: Iterable[str]) -> None:
        """Store a roster, its new names and its news in one transaction."""
        pipe = self._client.pipeline()
        pipe.set(keys.ROSTER, codec.dump(replace(roster, app_id=self._app_id), Roster))
        for account_id, name in roster.names.items():
            pipe.hsetnx(keys.ACCOUNT_NAMES, account_id, name)
        for place, line in enumerate(news):  # the score keeps their order
            pipe.zadd(keys.ACCOUNT_NEWS, {line: roster.at.timestamp() + place / 1000}, nx=True)
        pipe.expire(keys.ACCOUNT_NEWS, keys.NEWS_TTL_S)
        pipe.execute()

    def names(self) -> dict[str, str]:
        """Account id → the name first written for it."""
        return unread.fields(self._client, keys.ACCOUNT_NAMES, unread.text_of)

    def learn_names(self, names: Mapping[str, str]) -> None:
        """Store names from the settings; they stay if the settings are emptied."""
        mapping: Any = names
        self._client.hset(keys.ACCOUNT_NAMES, mapping=mapping)

    def take_news(self, run_id: str) -> tuple[str, ...]:
        """News for this run's card: a line belongs to the first run that asks, however often it asks."""
        found: Any = self._client.zrange(keys.ACCOUNT_NEWS, 0, -1)
        lines = [line.decode(errors="replace") for line in found]
        return tuple(line for line in lines if self._is_for(line, run_id))

    def _is_for(self, line: str, run_id: str) -> bool:
        first = self._client.hsetnx(keys.ACCOUNT_NEWS_TOLD, line, run_id)
        self._client.expire(keys.ACCOUNT_NEWS_TOLD, keys.NEWS_TTL_S)
        return bool(first) or self._client.hget(keys.ACCOUNT_NEWS_TOLD, line) == run_id.encode()
