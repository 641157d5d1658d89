"""Whether rows of ours can be seen in a table; while they cannot, loading into it is stopped."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import redis

from pipeline.state import codec, keys


@dataclass(frozen=True, slots=True)
class VisibilityLost:
    """Why loading into a table is stopped; account names and days whose rows could not be read back."""

    why: str
    days: tuple[tuple[str, date], ...] = ()


class Visibility:
    """Whether a table shows what is in it."""

    def __init__(self, client: redis.Redis, table_id: str) -> None:
        self._client, self._table_id = client, table_id

    def seen(self) -> bool:
        """Whether rows of ours were seen in the table."""
        return bool(self._client.exists(keys.seen(self._table_id)))

    def learn_seen(self) -> None:
        """Remember that rows of ours were seen in the table."""
        self._client.set(keys.seen(self._table_id), "1")

    def lost(self) -> VisibilityLost | None:
        """Why loading is stopped, if it is."""
        data: Any = self._client.get(keys.loading_stopped(self._table_id))
        return codec.load(VisibilityLost, data) if data else None

    def learn_lost(self, lost: VisibilityLost) -> None:
        """Stop loading into the table."""
        self._client.set(keys.loading_stopped(self._table_id), codec.dump(lost, VisibilityLost))

    def learn_regained(self) -> None:
        """Resume loading: the rows are seen again."""
        self._client.delete(keys.loading_stopped(self._table_id))

    def learn_emptied(self, now: datetime) -> None:
        """Resume loading: what was seen before `now` is no longer in the table."""
        pipe = self._client.pipeline()
        pipe.delete(keys.loading_stopped(self._table_id), keys.seen(self._table_id))
        pipe.set(keys.emptied(self._table_id), now.isoformat())
        pipe.execute()

    def emptied(self) -> datetime | None:
        """When a person said that the table shows all that there is."""
        said: Any = self._client.get(keys.emptied(self._table_id))
        return datetime.fromisoformat(said.decode()) if said else None
