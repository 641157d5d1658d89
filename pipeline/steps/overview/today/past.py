"""The days before the one that the first page shows, held by a process: they change with runs only."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from pipeline.context import Context
from pipeline.core.errors import Trouble
from pipeline.core.model import DayRange
from pipeline.core.outcome import RunState, Summary
from pipeline.core.overview.today.figures import COURSE_DAYS, Past, past_of
from pipeline.state import unread

AT_REST, WHILE_RUNNING = timedelta(minutes=10), timedelta(seconds=10)  # how long what was read is good for
ENDS_HELD = 64


@dataclass(frozen=True, slots=True)
class EndIn:
    """How a run ended in one further table."""

    table: str
    failed: bool
    days: DayRange
    trouble: Trouble | None


@dataclass(frozen=True, slots=True)
class End:
    """What the page says of a run that ended, in its first table.

    Attributes:
        table: The further table, if it was in no other.
        failed: Whether nothing of it is good.
        further: How it ended in further tables.
    """

    run_id: str
    days: DayRange
    ended_at: datetime
    trouble: Trouble | None
    restated: tuple[tuple[str, date], ...]  # names of accounts, and days
    dry_run: bool
    table: str = ""
    failed: bool = False
    further: tuple[EndIn, ...] = ()


@dataclass(slots=True)
class Held:
    """What a process holds between two looks at the page, so that 1,000 accounts are not read anew each time.

    Attributes:
        clock: The time in seconds that measures the age of what is held.
    """

    clock: Callable[[], float]
    _key: object = None
    _read_at: float = 0
    _past: Past | None = None
    _ends: dict[str, End] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def past(self, ctx: Context, account_ids: Sequence[str], day: date, open_runs: Sequence[str]) -> Past:
        """The days before a day; read again when a run began or ended since, and after some minutes."""
        days = DayRange(day - timedelta(days=COURSE_DAYS - 1), day - timedelta(days=1))
        key = (ctx.chain, tuple(account_ids), days, tuple(ctx.ledger.newest(1)), tuple(open_runs))
        good_for = (WHILE_RUNNING if open_runs else AT_REST).total_seconds()
        with self._lock:
            if self._past is None or self._key != key or not 0 <= self.clock() - self._read_at < good_for:
                past = past_of(ctx.book.of(account_ids, days), days)
                if unread.left_out():  # not held: who looks next must hear of it, too
                    return past
                self._past, self._key, self._read_at = past, key, self.clock()
            return self._past

    def ends(self, ctx: Context, run_ids: Sequence[str]) -> list[End]:
        """How runs ended, in their order, without open ones; an end never changes and is read once."""
        with self._lock:
            missing = [one for one in dict.fromkeys(run_ids) if one not in self._ends]
            if len(self._ends) + len(missing) > ENDS_HELD:
                self._ends.clear()
                missing = list(dict.fromkeys(run_ids))
            self._ends |= {one.run_id: _end(one) for one in ctx.ledger.ends(missing)}
            return [self._ends[one] for one in run_ids if one in self._ends]


def _end(summary: Summary) -> End:
    names = {account.id: account.name for account in summary.accounts}
    restated = tuple((names.get(at.account_id, at.account_id), at.day) for at in summary.restatements)
    return End(
        summary.run_id,
        summary.days,
        summary.ended_at,
        summary.trouble,
        restated,
        summary.dry_run,
        table=summary.table,
        failed=_failed(summary),
        further=tuple(EndIn(one.table, _failed(one), one.days, one.trouble) for one in summary.further),
    )


def _failed(summary: Summary) -> bool:
    """Whether it failed in its own table; the state is that of all its tables."""
    if not summary.further:
        return summary.state is RunState.FAILED
    return not any(one.of_day.good for one in summary.accounts)
