"""Whether rows of ours are seen in a table; where they are not, loading into it stops."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import redis

from pipeline.state import codec, keys


@dataclass(frozen=True, slots=True)
class Unseen:
    """Why loading into a table is stopped, and by account name and day the rows that could not be read back."""

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

    def unseen(self) -> Unseen | None:
        """Why loading is stopped, if it is."""
        data: Any = self._client.get(keys.unseen(self._table_id))
        return codec.load(Unseen, data) if data else None

    def learn_unseen(self, unseen: Unseen) -> None:
        """Stop loading into the table."""
        self._client.set(keys.unseen(self._table_id), codec.dump(unseen, Unseen))

    def clear_unseen(self) -> None:
        """Let loading go on: the rows are seen again."""
        self._client.delete(keys.unseen(self._table_id))

    def forget_unseen(self, now: datetime) -> None:
        """Let loading go on: what was seen before `now` is no longer in the table."""
        pipe = self._client.pipeline()
        pipe.delete(keys.unseen(self._table_id), keys.seen(self._table_id))
        pipe.set(keys.emptied(self._table_id), now.isoformat())
        pipe.execute()

    def emptied(self) -> datetime | None:
        """When a person said that the table shows all that there is."""
        said = _text(self._client.get(keys.emptied(self._table_id)))
        return datetime.fromisoformat(said) if said else None


def _text(value: object) -> str | None:
    return value.decode() if isinstance(value, bytes) else None
