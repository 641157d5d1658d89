"""Facts about one table: fields of our columns, views, rows. Losing them costs a few calls."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

import redis

from pipeline.core.errors import Trouble
from pipeline.core.runs.views import DONE, FoundViews
from pipeline.core.table.column_changes import ColumnField
from pipeline.core.table.views import ViewState
from pipeline.state import codec, keys, unread
from pipeline.state.table.keys import found_views

TOTAL, TROUBLE = "total", "trouble"  # beside the accounts' ids, which are digits


@dataclass(frozen=True, slots=True)
class CheckedView:
    """The view of an account, and when its filter was last found right (s since the epoch)."""

    view_id: str
    checked: float


class TableFacts:
    """Facts about one table."""

    def __init__(self, client: redis.Redis, table_id: str) -> None:
        self._client, self._table_id = client, table_id

    def beside(self, table_id: str) -> "TableFacts":
        """The facts about another table of the base."""
        return TableFacts(self._client, table_id)

    def columns(self) -> dict[str, ColumnField]:
        """The field of each column, by the column's name in the settings."""
        return unread.fields(self._client, keys.columns(self._table_id), partial(codec.load, ColumnField))

    def field_ids(self) -> dict[str, str]:
        """The field id of each column, by the column's name in the settings."""
        return {name: column.field_id for name, column in self.columns().items()}

    def learn_columns(self, columns: Mapping[str, ColumnField]) -> None:
        """Remember the fields of all columns and forget earlier ones."""
        pipe = self._client.pipeline()
        pipe.delete(keys.columns(self._table_id))
        for name, column in columns.items():
            pipe.hset(keys.columns(self._table_id), name, codec.dump(column, ColumnField))
        pipe.execute()

    def views(self) -> dict[str, CheckedView]:
        """The view of each account, by account id."""
        return unread.fields(self._client, keys.views(self._table_id), partial(codec.load, CheckedView))

    def learn_view(self, account_id: str, view: CheckedView) -> None:
        """Remember the view of an account."""
        self._client.hset(keys.views(self._table_id), account_id, codec.dump(view, CheckedView))

    def forget_view(self, account_id: str) -> None:
        """Forget an account's view, so that it is made anew."""
        self._client.hdel(keys.views(self._table_id), account_id)

    def found_views(self) -> FoundViews:
        """What the last look left of the views."""
        said = unread.fields(self._client, found_views(self._table_id), _found)
        states = {name: found for name, found in said.items() if isinstance(found, ViewState)}
        total, trouble = said.get(TOTAL), said.get(TROUBLE)
        return FoundViews(
            states, total if isinstance(total, int) else 0, trouble if isinstance(trouble, Trouble) else None
        )

    def learn_found_views(self, states: Mapping[str, ViewState], total: int) -> None:
        """Remember what a look found of some accounts' views; nothing is written where it was known."""
        before = self.found_views()
        others = {one: state for one, state in before.states.items() if one not in states}
        left = {one: state for one, state in states.items() if state not in DONE}
        if before == FoundViews({**others, **left}, total):
            return
        facts: dict[Any, Any] = {TOTAL: str(total), **left}
        pipe = self._client.pipeline()
        pipe.hdel(found_views(self._table_id), TROUBLE, *states)
        pipe.hset(found_views(self._table_id), mapping=facts)
        pipe.expire(found_views(self._table_id), keys.HISTORY_TTL_S)
        pipe.execute()

    def learn_views_unchecked(self, why: Trouble) -> None:
        """Remember why views could not be checked."""
        pipe = self._client.pipeline()
        pipe.hset(found_views(self._table_id), TROUBLE, codec.dump(why, Trouble))
        pipe.expire(found_views(self._table_id), keys.HISTORY_TTL_S)
        pipe.execute()

    def rows(self) -> dict[date, int]:
        """Rows of the whole table, by the day of the count."""
        counts = unread.fields(self._client, keys.table_rows(self._table_id), unread.number_of)
        return {day: count for said, count in counts.items() if (day := unread.day_of(said))}

    def learn_rows(self, day: date, count: int, *, counted: bool) -> None:
        """Remember the rows of the whole table on a day.

        Args:
            counted: They were counted, which is good for a week; else they are an earlier count plus ours.
        """
        pipe = self._client.pipeline()
        pipe.hset(keys.table_rows(self._table_id), day.isoformat(), str(count))
        pipe.expire(keys.table_rows(self._table_id), keys.HISTORY_TTL_S)
        if counted:
            pipe.set(keys.table_counted(self._table_id), "1", ex=keys.WEEK_S)
        pipe.execute()

    def counted_lately(self) -> bool:
        """Whether the whole table's rows were counted within the last week."""
        return bool(self._client.exists(keys.table_counted(self._table_id)))


def _found(data: bytes, key: str, field: str = "") -> ViewState | Trouble | int:
    """One field of what was found of the views."""
    if field == TOTAL:
        return unread.number_of(data, key, field)
    return codec.load(Trouble, data, key, field) if field == TROUBLE else unread.parsed(ViewState, data, key, field)
