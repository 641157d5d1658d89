"""Ended runs whose views are not looked after yet, and what was made of them so far."""

from functools import partial
from typing import Any

import redis

from pipeline.core.table.views import ViewState
from pipeline.state import unread
from pipeline.state.keys import STAGING_TTL_S
from pipeline.state.runs import keys


class ViewsOwed:
    """Runs that owe their views, in Redis."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    def owe(self, run_id: str) -> None:
        """Note that a run's views are to be looked after: before it ends, so that no kill loses it."""
        self._client.sadd(keys.VIEWS_OWED, run_id)

    def owing(self) -> list[str]:
        """The runs that owe their views."""
        found: Any = self._client.smembers(keys.VIEWS_OWED)
        return sorted(run_id.decode(errors="replace") for run_id in found)

    def settle(self, run_id: str) -> None:
        """Note that nothing more is to be done for a run's views."""
        self._client.srem(keys.VIEWS_OWED, run_id)

    def learn_made(self, run_id: str, account_id: str, state: ViewState) -> None:
        """Remember what a run made of one view, so that a process that takes over tells it."""
        pipe = self._client.pipeline()
        pipe.hset(keys.made_views(run_id), account_id, state.value)
        pipe.expire(keys.made_views(run_id), STAGING_TTL_S)
        pipe.execute()

    def made(self, run_id: str) -> dict[str, ViewState]:
        """What a run made of views so far, by account id."""
        return unread.fields(self._client, keys.made_views(run_id), partial(unread.parsed, ViewState))
