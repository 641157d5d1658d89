"""Small things remembered about the base, so that a daily run need not ask again. Losing them costs a few calls."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import redis

from pipeline.core.model import AccountDay, DayRange
from pipeline.state import codec, keys


@dataclass(frozen=True, slots=True)
class KnownView:
    """An account's view: its id, and when its filter was last found right (s since the epoch)."""

    view_id: str
    checked: float


@dataclass(frozen=True, slots=True)
class KnownRow:
    """A row of the 同步状态 table: its record id, and a digest of what was written into it."""

    record_id: str
    digest: str


@dataclass(frozen=True, slots=True)
class KnownColumn:
    """The field that a column was last written into: its id, and its name at that time.

    `since`: Where it took the place of another one: what was read before then was not written into it.
    """

    field_id: str
    name: str
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Unseen:
    """Why loading into a table is stopped, and by account name and day the rows that could not be read back."""

    why: str
    days: tuple[tuple[str, date], ...] = ()


class Memory:
    """What is known of one base and one of its tables.

    Args:
        base: The base's token as it was set: its own, or that of a wiki node.
        app_id: The app at Feishu by which we write.
    """

    def __init__(self, client: redis.Redis, base: str, table_id: str, app_id: str = "") -> None:
        self._client, self._given, self._table_id, self._app_id = client, base, table_id, app_id
        self._app_token: str | None = None

    def beside(self, table_id: str) -> "Memory":
        """What is known of another table of the base."""
        return self if table_id == self._table_id else Memory(self._client, self._given, table_id, self._app_id)

    def app_token(self) -> str | None:
        """The base's own token, once it was found; it never changes."""
        if self._app_token is None:
            self._app_token = _text(self._client.get(keys.app_token(self._given)))
        return self._app_token

    def learn_app_token(self, app_token: str) -> None:
        """Remember the base's own token."""
        self._client.set(keys.app_token(self._given), app_token)
        self._app_token = app_token

    @property
    def _base(self) -> str:
        return self.app_token() or self._given

    def writes(self) -> int:
        """How often somebody began to write into the base."""
        return int(self._client.get(keys.writes(self._base)) or 0)

    def begin_writing(self, days: DayRange | None = None) -> None:
        """Tell early readers what may be out of date by now: all that they read, or no more than rows of some days."""
        number = int(self._client.incr(keys.writes(self._base)))
        if days:
            said = f"{days.first.isoformat()} {days.last.isoformat()}"
            self._client.set(keys.written(self._base, number), said, ex=keys.WRITTEN_TTL_S)

    def days_written(self, since: int) -> list[DayRange] | None:
        """The days about which each write after an earlier count was; `None` where one may have been about all."""
        numbers = range(since + 1, self.writes() + 1)
        said: Any = self._client.mget([keys.written(self._base, number) for number in numbers]) if numbers else []
        return [_days(one) for one in said] if all(said) else None

    def ended_writes(self) -> int:
        """The count of writes when whoever writes just now, or wrote last, had not begun."""
        return int(self._client.get(keys.ended_writes(self._base)) or 0)

    def learn_ended_writes(self) -> None:
        """Nobody else writes just now: what was written so far is there."""
        self._client.set(keys.ended_writes(self._base), self.writes())

    def creator(self) -> str | None:
        """Who the table says created our rows; another app had another name there, which is not ours."""
        creator, app_id = map(_text, self._client.mget([keys.creator(self._base), keys.creator_app(self._base)]))
        return creator if app_id in (None, self._app_id) else None

    def learn_creator(self, creator: str) -> None:
        """Remember who the table says created a row that we know to be ours."""
        self._client.mset({keys.creator(self._base): creator, keys.creator_app(self._base): self._app_id})

    def zone(self) -> str | None:
        """The base's time zone, as of the last day."""
        return _text(self._client.get(keys.zone(self._base)))

    def learn_zone(self, zone: str) -> None:
        """Remember the base's time zone for a day."""
        self._client.set(keys.zone(self._base), zone, ex=keys.DAY_S)

    def status_table(self) -> str | None:
        """The id of the 同步状态 table."""
        return _text(self._client.get(keys.status_table(self._table_id)))

    def learn_status_table(self, table_id: str) -> None:
        """Remember the id of the 同步状态 table."""
        self._client.set(keys.status_table(self._table_id), table_id)

    def status_rows(self, places: Sequence[str]) -> dict[str, KnownRow]:
        """The rows of the 同步状态 table at these places; one that is not known is absent."""
        if not places:
            return {}
        found: Any = self._client.hmget(keys.status_rows(self._table_id), places)
        return {place: codec.load(KnownRow, data) for place, data in zip(places, found, strict=True) if data}

    def learn_status_rows(self, rows: Mapping[str, KnownRow]) -> None:
        """Remember rows of the 同步状态 table."""
        pipe = self._client.pipeline()
        for place, row in rows.items():
            pipe.hset(keys.status_rows(self._table_id), place, codec.dump(row, KnownRow))
        pipe.expire(keys.status_rows(self._table_id), keys.HISTORY_TTL_S)
        pipe.execute()

    def forget_status_rows(self, record_ids: Collection[str]) -> None:
        """Forget what these rows of the 同步状态 table were about: they are about to carry something else."""
        known: Any = self._client.hgetall(keys.status_rows(self._table_id))
        gone = [at for at, data in known.items() if codec.load(KnownRow, data).record_id in record_ids]
        if gone:
            self._client.hdel(keys.status_rows(self._table_id), *gone)

    def forget_status(self) -> None:
        """Forget the 同步状态 table: it is not as we remember it."""
        self._client.delete(keys.status_table(self._table_id), keys.status_rows(self._table_id))

    def columns(self) -> dict[str, KnownColumn]:
        """The field of each column, by the column's name in the settings."""
        found: Any = self._client.hgetall(keys.columns(self._table_id))
        return {name.decode(): codec.load(KnownColumn, data) for name, data in found.items()}

    def learn_columns(self, columns: Mapping[str, KnownColumn]) -> None:
        """Remember the fields of all columns; what was known before is forgotten."""
        pipe = self._client.pipeline()
        pipe.delete(keys.columns(self._table_id))
        for name, column in columns.items():
            pipe.hset(keys.columns(self._table_id), name, codec.dump(column, KnownColumn))
        pipe.execute()

    def views(self) -> dict[str, KnownView]:
        """The view of each account, by account id."""
        found: Any = self._client.hgetall(keys.views(self._table_id))
        return {account_id.decode(): codec.load(KnownView, data) for account_id, data in found.items()}

    def learn_view(self, account_id: str, view: KnownView) -> None:
        """Remember which view is an account's, and when its filter was last found right."""
        self._client.hset(keys.views(self._table_id), account_id, codec.dump(view, KnownView))

    def forget_view(self, account_id: str) -> None:
        """Forget an account's view, so that it is looked for and made anew."""
        self._client.hdel(keys.views(self._table_id), account_id)

    def rows(self) -> dict[date, int]:
        """How many rows the whole table had, by the day on which they were counted."""
        counts: Any = self._client.hgetall(keys.table_rows(self._table_id))
        return {date.fromisoformat(day.decode()): int(count) for day, count in counts.items()}

    def learn_rows(self, day: date, count: int, *, counted: bool) -> None:
        """Remember how many rows the whole table has on a day, as `counted` or as an earlier count and ours make.

        A count is good for a week, whatever is added to it.
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

    def told(self, day: date, what: str) -> bool:
        """Whether a trouble outside of runs was told on a day."""
        return bool(self._client.exists(keys.told(day.isoformat(), what)))

    def learn_told(self, day: date, what: str) -> None:
        """Remember that a trouble outside of runs was told on a day."""
        self._client.set(keys.told(day.isoformat(), what), "1", ex=2 * keys.DAY_S)

    def forget_told(self, day: date, what: str) -> None:
        """A trouble that was told on a day is over: when it comes again it is told again."""
        self._client.delete(keys.told(day.isoformat(), what))

    def unsent(self, now: datetime) -> list[str]:
        """Runs of the last day whose card could not be sent, the newest first."""
        self._client.zremrangebyscore(keys.UNSENT_CARDS, "-inf", now.timestamp() - keys.DAY_S)
        found: Any = self._client.zrevrange(keys.UNSENT_CARDS, 0, -1)
        return [run_id.decode() for run_id in found]

    def learn_unsent(self, run_id: str, now: datetime) -> None:
        """Remember that a run's card is to be tried again; since when stands."""
        self._client.zadd(keys.UNSENT_CARDS, {run_id: now.timestamp()}, nx=True)
        self._client.expire(keys.UNSENT_CARDS, keys.DAY_S)

    def forget_unsent(self, run_id: str) -> None:
        """A run's card need not be tried again."""
        self._client.zrem(keys.UNSENT_CARDS, run_id)

    def quiet(self) -> list[str]:
        """Runs that told nobody what only they saw, the newest first."""
        found: Any = self._client.zrevrange(keys.QUIET_RUNS, 0, -1)
        return [run_id.decode() for run_id in found]

    def learn_quiet(self, run_id: str, now: datetime) -> None:
        """Remember that what a run saw is to be told by the next one that tells."""
        self._client.zadd(keys.QUIET_RUNS, {run_id: now.timestamp()})
        self._client.expire(keys.QUIET_RUNS, keys.NEWS_TTL_S)

    def forget_quiet(self, run_ids: Sequence[str]) -> None:
        """What these runs saw was told."""
        if run_ids:
            self._client.zrem(keys.QUIET_RUNS, *run_ids)


def place(at: AccountDay) -> str:
    """How an account's day is named among the status rows."""
    return f"{at.account_id} {at.day.isoformat()}"


def _days(said: bytes) -> DayRange:
    first, last = said.decode().split()
    return DayRange(date.fromisoformat(first), date.fromisoformat(last))


def _text(value: object) -> str | None:
    return value.decode() if isinstance(value, bytes) else None
