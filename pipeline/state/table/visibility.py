"""Whether rows of ours can be seen in a table; while they cannot, loading into it is stopped."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import redis

from pipeline.state import codec, keys, unread


@dataclass(frozen=True, slots=True)
class VisibilityLost:
    """Why loading into a table is stopped; account names and days whose rows could not be read back."""

    why: str
    days: tuple[tuple[str, date], ...] = ()
    tables: bool = False  # our tables are in question, not the rows of this one


# an account and a day that no table has: the earlier release resumes loading once it sees all that it looks for
ROLLED_OVER = (("（数据表已换新）", date(2000, 1, 1)),)


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
        """Why loading is stopped, if it is; an earlier release may have stopped it."""
        stops = unread.texts(self._client, *self._stops)
        found = next((_lost(data, key) for data, key in zip(stops, self._stops, strict=True) if data is not None), None)
        return None if found and found.days == ROLLED_OVER else found

    def learn_lost(self, lost: VisibilityLost) -> None:
        """Stop loading into the table."""
        self._client.set(keys.loading_stopped(self._table_id), codec.dump(lost, VisibilityLost))

    def learn_regained(self) -> None:
        """Resume loading: the rows are seen again."""
        self._client.delete(*self._ended_stops())

    def learn_emptied(self, now: datetime) -> None:
        """Resume loading: what was seen before `now` is no longer in the table."""
        pipe = self._client.pipeline()
        pipe.delete(*self._ended_stops(), keys.seen(self._table_id))
        pipe.set(keys.emptied(self._table_id), now.isoformat())
        pipe.execute()

    def learn_rolled_over(self, why: str) -> None:
        """Stop the release before successors, which would load newer days into this table; we go on."""
        mark = codec.dump(VisibilityLost(why, ROLLED_OVER), VisibilityLost)
        self._client.set(keys.former_stop(self._table_id), mark)

    def emptied(self) -> datetime | None:
        """When a person said that the table shows all that there is."""
        key = keys.emptied(self._table_id)
        said: Any = self._client.get(key)
        with unread.sparing():
            return unread.moment_of(said, key) if said is not None else None
        return None

    @property
    def _stops(self) -> tuple[str, str]:
        return keys.loading_stopped(self._table_id), keys.former_stop(self._table_id)

    def _ended_stops(self) -> tuple[str, ...]:
        """The stops that end when the rows are seen again: the mark of a roll-over stays."""
        key = keys.former_stop(self._table_id)
        former: Any = self._client.get(key)
        rolled_over = former is not None and _lost(former, key).days == ROLLED_OVER
        return self._stops[:1] if rolled_over else self._stops


def _lost(data: bytes, key: str) -> VisibilityLost:
    return codec.load(VisibilityLost, data, key)
