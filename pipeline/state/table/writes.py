"""Count the writes into a base and the days they are about: which early readings are still valid."""

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import date
from typing import Any

import redis

from pipeline.core.errors import DeadlinePassed
from pipeline.core.model import DayRange
from pipeline.state import keys, unread
from pipeline.state.lease import Lease, hold
from pipeline.state.table.base_facts import BaseFacts
from pipeline.state.table.keys import wanted

WANTED_MS = 1000  # longer than between two looks of a waiting writer
TURN_S = 0.25  # between two looks of a writer that waits for another one of its process

# One writer of a process asks Redis for the lock of a base, the others wait for it here: the loads of many tables would
# else spend the time of the one that writes on asking.
_turns: dict[str, threading.Lock] = defaultdict(threading.Lock)


class Writes:
    """The count of writes into one base."""

    def __init__(self, client: redis.Redis, facts: BaseFacts) -> None:
        self._client, self._facts = client, facts

    @property
    def _base(self) -> str:
        return self._facts.base

    def lock(self, base: str, time_left: Callable[[], float], *, gives_way: bool) -> AbstractContextManager[Lease]:
        """The lease of a base's writer, to be waited for and held for a block.

        Args:
            base: The base's own token.
            gives_way: Take it only while no other writer waits for it.
        """
        client, others = self._client, wanted(base)
        if gives_way:
            return hold(client, keys.writer(base), time_left, give_way=lambda: bool(client.exists(others)))
        return self._in_turn(base, time_left, lambda: client.set(others, "1", px=WANTED_MS))

    @contextmanager
    def _in_turn(self, base: str, time_left: Callable[[], float], on_wait: Callable[[], object]) -> Iterator[Lease]:
        turn = _turns[base]
        mine = turn.acquire(blocking=False)
        while not mine:
            on_wait()
            mine = turn.acquire(timeout=TURN_S)
            if not mine and time_left() <= 0:
                raise DeadlinePassed(f"another load of this process kept {keys.writer(base)} until no time was left")
        try:
            with hold(self._client, keys.writer(base), time_left, on_wait=on_wait) as lease:
                yield lease
        finally:
            turn.release()

    def writes(self) -> int:
        """How many writes into the base began."""
        return self._count(keys.writes(self._base))

    def begin_writing(self, days: DayRange | None = None, table_id: str = "") -> None:
        """Count a write; early readings of these days of a table, or without days of the base, are no longer valid.

        Args:
            table_id: Without it, the days of all tables are meant.
        """
        number = int(self._client.incr(keys.writes(self._base)))
        if days:
            said = f"{days.first.isoformat()} {days.last.isoformat()} {table_id}".rstrip()
            self._client.set(keys.written(self._base, number), said, ex=keys.WRITTEN_TTL_S)

    def days_written(self, since: int, table_id: str = "") -> list[DayRange] | None:
        """The days of each write after an earlier count; `None` if any write may have touched all of them.

        Args:
            table_id: Leaves out writes into other tables.
        """
        numbers = range(since + 1, self.writes() + 1)
        said: Any = self._client.mget([keys.written(self._base, number) for number in numbers]) if numbers else []
        with unread.sparing():
            if all(said):
                found = [unread.parsed(_days, one, keys.written(self._base, 0)) for one in said]
                return [days for days, table in found if not (table and table_id) or table == table_id]
        return None

    def _count(self, key: str) -> int:
        with unread.sparing():
            said: Any = self._client.get(key)
            return 0 if said is None else unread.number_of(said, key)
        return 0

    def ended_writes(self) -> int:
        """Write count before the current or last writer began."""
        return self._count(keys.ended_writes(self._base))

    def learn_ended_writes(self) -> None:
        """Count all writes so far as ended: nobody else is writing."""
        self._client.set(keys.ended_writes(self._base), self.writes())


def _days(said: str) -> tuple[DayRange, str]:
    """The days of a write, and its table if it has one."""
    first, last, *table = said.split()
    return DayRange(date.fromisoformat(first), date.fromisoformat(last)), "".join(table)
