"""The form of the state in Redis, marked by a number: an older form is upgraded, a newer one refused.

Form 1 (no mark) keeps coverage by account. Form 2 keeps it by table and account, so that another table does not
inherit it.
"""

import time
from collections.abc import Callable, Iterator
from typing import Any

import redis
import structlog

from pipeline.core.errors import NewerState, WrongRelease
from pipeline.state import keys, unread
from pipeline.state.lease import hold

FORM = 2  # what this release reads and writes
PATIENCE_S = 60.0  # another process copies for some seconds at most
SCANNED = 1000  # keys per answer of SCAN
_TABLELESS = {keys.tableless_coverage: keys.coverage, keys.tableless_day_states: keys.day_states}

log = structlog.get_logger()


class Schema:
    """Reads the mark, and upgrades an older form."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    def is_ours(self) -> bool:
        """Whether Redis has this release's form; without a mark it may be older. `NewerState` if it is newer."""
        said: Any = self._client.get(keys.SCHEMA)
        mark = 0 if said is None else unread.number_of(said, keys.SCHEMA)
        if mark < FORM:
            return False
        if mark > FORM:
            msg = f"Redis holds the state of a newer release (form {mark}, this one knows {FORM}): run that one"
            raise NewerState(msg)
        return True

    def bring_up(self, workers_answer: Callable[[], bool]) -> None:
        """Upgrade Redis to the form of this release; what an older release reads stays.

        Args:
            workers_answer: Whether any worker is alive. Asked only before a copy: it is one of an older release.

        Raises:
            NewerState: It has the form of a newer release.
            WrongRelease: A worker or command of an older release still runs.
            DeadlinePassed: Another process upgraded for too long.
        """
        if self.is_ours():
            return
        end = time.monotonic() + PATIENCE_S
        with hold(self._client, keys.SCHEMA_LOCK, lambda: end - time.monotonic()):
            if self.is_ours():
                return
            if self.holds_tableless():
                self._ensure_alone(workers_answer)
                self._settle_or_ask()
            self._client.set(keys.SCHEMA, str(FORM))
            log.info("schema_marked", form=FORM)

    def owner(self) -> str | None:
        """The table of keys and rows of 同步状态 that name no table."""
        found: Any = self._client.get(keys.HISTORY_TABLE)
        return None if found is None else unread.text_of(found, keys.HISTORY_TABLE)

    def unclear(self) -> tuple[str, ...] | None:
        """The candidates for `owner` while a person must choose; `None`: no choice is open."""
        found: Any = self._client.get(keys.HISTORY_UNCLEAR)
        return None if found is None else tuple(unread.text_of(found, keys.HISTORY_UNCLEAR).split())

    def settle(self, table_id: str) -> None:
        """Copy state without a table to this table, unless the table has its own.

        The original stays, so that going back to the earlier release loses only what is newer.
        """
        for old, new in self._pairs(table_id):
            self._copy(old, new)
            account_id = new.removeprefix(keys.coverage(table_id, "")).removeprefix(keys.day_states(table_id, ""))
            self._client.hdel(keys.day_states(table_id, account_id), *keys.LINES)  # they do not know what was copied
        pipe = self._client.pipeline()
        pipe.set(keys.HISTORY_TABLE, table_id)
        pipe.delete(keys.HISTORY_UNCLEAR)
        pipe.execute()
        log.info("history_settled", table=table_id)

    def tables_seen(self) -> tuple[str, ...]:
        """Tables in which our rows were seen."""
        begin, end = keys.seen("\n").split("\n")
        names = (name.removeprefix(begin).removesuffix(end) for name in self._names(keys.seen("*")))
        return tuple(sorted(names))

    def holds_tableless(self) -> bool:
        """Whether an older release left state without a table."""
        return any(True for old in _TABLELESS for _ in self._names(old("*")))

    def _ensure_alone(self, workers_answer: Callable[[], bool]) -> None:
        """Refuse to upgrade while old workers run: they use the old keys and would load days again."""
        working = any(True for pattern in (keys.step("*", "*"), keys.writer("*")) for _ in self._names(pattern))
        if working or workers_answer():
            msg = "a worker or command of an older release is still at work: stop it first, then start this one"
            raise WrongRelease(msg)

    def _settle_or_ask(self) -> None:
        tables = [owner] if (owner := self.owner()) else self.tables_seen()
        if len(tables) == 1:
            self.settle(tables[0])
        else:
            self._client.set(keys.HISTORY_UNCLEAR, " ".join(tables))
            log.error("history_unclear", tables=list(tables))

    def _pairs(self, table_id: str) -> Iterator[tuple[str, str]]:
        for old, new in _TABLELESS.items():
            begin = old("")
            yield from ((name, new(table_id, name.removeprefix(begin))) for name in self._names(old("*")))

    def _copy(self, old: str, new: str) -> None:
        days: Any = self._client.hgetall(old)
        lives: Any = self._client.pttl(old)
        pipe = self._client.pipeline()
        for day, value in days.items():
            pipe.hsetnx(new, day, value)
        if lives > 0:
            pipe.pexpire(new, lives)
        pipe.execute()

    def _names(self, pattern: str) -> Iterator[str]:
        found: Any = self._client.scan_iter(match=pattern, count=SCANNED)
        return (name.decode() for name in found)
