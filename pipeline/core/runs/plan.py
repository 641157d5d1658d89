"""A run's days, accounts, name, deadline and batches."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import TypeVar

from pipeline.core.errors import WrongInput
from pipeline.core.model import CHINA, Account, AccountDay, DayRange, blocks, china_day, grouped
from pipeline.core.outcome import Run, RunState
from pipeline.core.run_kind import RunKind
from pipeline.core.text import shortened

T = TypeVar("T")
BATCH_ACCOUNTS = 200  # report calls of a batch
BATCH_ACCOUNT_DAYS = 1400  # each has an outcome of its own
BATCH_ROWS = 7000  # expected rows: a worker holds several batches at a time
BLOCK_DAYS = 30  # days of one report call: the look-back never costs a second one
REPORT_ROWS_A_PAGE = 100  # the largest page_size of the report endpoints
DEADLINE_FLOOR_S = 300
ENDING_S = 60  # views, status table and card come after the deadline
RESTATED_DAYS = 30  # figures may be corrected for as long
BACK_OFFS_MAX = 10  # 2¹⁰ hours are longer than anything is owed
DAYS_MAX = 4000  # of a range that is looked at: more than ten years
OLDEST_DAYS = 365  # the report endpoints serve no older day


def yesterday(now: datetime) -> date:
    """The newest closed business day."""
    return china_day(now) - timedelta(days=1)


def window(now: datetime, lookback_days: int) -> DayRange:
    """Yesterday and the days before it, `lookback_days` in all."""
    newest = yesterday(now)
    return DayRange(newest - timedelta(days=lookback_days - 1), newest)


def correctable(days: DayRange, now: datetime) -> DayRange:
    """The days of one account report: `days`, and before them those whose figures may still be corrected."""
    oldest = china_day(now) - timedelta(days=OLDEST_DAYS)
    return DayRange(min(days.first, max(oldest, days.last - timedelta(days=RESTATED_DAYS - 1))), days.last)


def closed_day(day: date, now: datetime) -> DayRange:
    """Exactly one business day; `WrongInput` if it is not over yet, or older than the API serves."""
    newest = yesterday(now)
    oldest = china_day(now) - timedelta(days=OLDEST_DAYS)
    if not oldest <= day <= newest:
        raise WrongInput(f"{day} cannot be loaded: allowed are {oldest} to {newest} (yesterday, Asia/Shanghai)")
    return DayRange(day, day)


def choose_accounts(known: Mapping[str, str], chosen: Sequence[str]) -> tuple[Account, ...]:
    """The accounts of a run: all, or those chosen by id.

    Accounts of one name are told apart by the last four digits of their id.

    Raises:
        WrongInput: An id is unknown.
    """
    if unknown := [one for one in chosen if one not in known]:
        listed = ", ".join(f"{account_id} ({name})" for account_id, name in known.items())
        raise WrongInput(f"unknown account {shortened(', '.join(unknown))}; known are {listed}")
    names = told_apart(known)
    return tuple(Account(one, names[one]) for one in known if not chosen or one in chosen)


def told_apart(known: Mapping[str, str]) -> dict[str, str]:
    """A unique name for each account: equal names get the last four digits of the id, or all if those agree too."""
    names, alike = {}, grouped((name, account_id) for account_id, name in known.items())
    for account_id, name in known.items():
        others = [other for other in alike[name] if other != account_id]
        ending = account_id if any(other[-4:] == account_id[-4:] for other in others) else account_id[-4:]
        names[account_id] = f"{name} ({ending})" if others else name
    return names


def deadline_s(accounts: int, days: int, rate: float, wanted: float | None) -> float:
    """Seconds a run may take: as set, else the larger of 300 and twice its calls over the rate."""
    calls = accounts * max(1, math.ceil(days / REPORT_ROWS_A_PAGE))
    return wanted if wanted is not None else max(DEADLINE_FLOOR_S, 2 * calls / rate)


def batches_deadline_s(batches: Sequence[Run], rate: float, wanted: float | None) -> float:
    """Seconds a backfill may take: the sum over its batches."""
    return sum(deadline_s(len(batch.accounts), len(batch.days), rate, wanted) for batch in batches)


def manual_suffix(now: datetime) -> str:
    """The suffix of a run by hand: its time to the millisecond."""
    return f"{now.astimezone(CHINA):%m%d%H%M%S%f}"[:-3]


def scheduled_id(kind: RunKind, day: date) -> str:
    """The id of the one daily or settling run of a day."""
    return f"{kind.prefix}{day}"


def backfill_id(days: DayRange, suffix: str = "") -> str:
    """The id of a backfill; without a suffix, how the ids of all backfills of these days begin."""
    return f"{RunKind.BACKFILL.prefix}{days.first}-{days.last}-{suffix}"


def is_attempt_at(run: Run, wanted: Run) -> bool:
    """Whether a backfill has the days, accounts and tables of the wanted one."""
    same = (run.days, run.accounts) == (wanted.days, wanted.accounts)
    others = [(one.table, one.days, one.accounts, one.table_id) for one in run.further]
    same &= others == [(one.table, one.days, one.accounts, one.table_id) for one in wanted.further]
    return same and run.table_id in ("", wanted.table_id)


def past_days(start: date, end: date, now: datetime) -> DayRange:
    """Closed days, `end` included; `WrongInput` if they are reversed, not over yet, or older than the API serves."""
    if end < start:
        raise WrongInput(f"the range ends before it starts: {start} .. {end}")
    return DayRange(closed_day(start, now).first, closed_day(end, now).last)


def over(start: date, end: date, now: datetime) -> DayRange:
    """A range of closed days of any age, `end` included: the table may hold them.

    Raises:
        WrongInput: It ends before it starts, is not over yet, or has more than `DAYS_MAX` days.
    """
    if start <= end and end > (newest := yesterday(now)):
        raise WrongInput(f"{end} is not over yet: the last day that is, is {newest} (yesterday, Asia/Shanghai)")
    return bounded(start, end)


def bounded(start: date, end: date) -> DayRange:
    """A range, `end` included; `WrongInput` if it ends before it starts, or has more than `DAYS_MAX` days."""
    if end < start:
        raise WrongInput(f"the range ends before it starts: {start} .. {end}")
    if (count := (end - start).days + 1) > DAYS_MAX:
        raise WrongInput(f"{start} .. {end} are {count} days: at most {DAYS_MAX} are taken at once")
    return DayRange(start, end)


def catch_up_due(starts: Sequence[datetime], now: datetime) -> bool:
    """Whether a day may be tried again: 1, 2, 4, … hours after its runs began, not counting times in the future."""
    past = [start for start in starts if start <= now]
    if not past:
        return True
    return now - max(past) >= timedelta(hours=2 ** min(len(past) - 1, BACK_OFFS_MAX)) - timedelta(minutes=5)


def daily_begins(now: datetime, daily_at: time) -> datetime:
    """When today's daily run begins."""
    return datetime.combine(china_day(now), daily_at, CHINA)


def owed_from(now: datetime, daily_at: time, deadline_s: float) -> datetime:
    """When yesterday becomes owed: at the deadline of today's daily run."""
    return daily_begins(now, daily_at) + timedelta(seconds=deadline_s)


def daily_is_late(now: datetime, daily_at: time, patience_s: float, deadline_s: float) -> bool:
    """Whether today's daily run should have begun, but catch_up is not yet responsible."""
    begins = daily_begins(now, daily_at)
    return begins + timedelta(seconds=patience_s) <= now < owed_from(now, daily_at, deadline_s)


def fullest(rows: Mapping[AccountDay, int]) -> int:
    """How many rows a day may have: the sum of each account's fullest day."""
    most: dict[str, int] = {}
    for at, count in rows.items():
        most[at.account_id] = max(count, most.get(at.account_id, 0))
    return sum(most.values())


def follows_on(run: Run, batch: int) -> bool:
    """Whether a batch covers the days of the one before it, in the same table.

    The table is searched by days: the read-back of the earlier batch also brings the rows of this one.
    """
    cut = parts(run)
    if not 0 < batch < len(cut):
        return False
    return (cut[batch].table, cut[batch].days) == (cut[batch - 1].table, cut[batch - 1].days)


def tables_of(run: Run) -> tuple[Run, ...]:
    """A run by its tables, each with its own days, accounts and trouble."""
    return tuple(replace(one, further=(), several=True) for one in (run, *run.further)) if run.further else (run,)


def parts(run: Run) -> tuple[Run, ...]:
    """Cut a run into batches, each of one table, rather by days than by accounts.

    A table is searched by days: each batch of a block of days reads the rows of all accounts. The last days make the
    smallest batch: nothing else runs beside its read-back.
    """
    cut = [one for table in tables_of(run) for one in _cut(table)]
    left = [one for n, one in enumerate(cut) if n not in run.loaded]  # batches of an older plan keep their numbers
    return tuple(_part(table, n, block, group) for n, (table, block, group) in enumerate(left))


def of_one_table(cut: Sequence[Run], part: Run) -> list[Run]:
    """The batches of a batch's table."""
    return [one for one in cut if one.table == part.table]


def _cut(run: Run) -> list[tuple[Run, DayRange, tuple[Account, ...]]]:
    """The days and accounts of each batch in one table."""
    if run.halted:
        return []
    groups = _even(run.accounts, BATCH_ACCOUNTS)
    most = _days_a_batch(len(groups[0]), run.rows_a_day * len(groups[0]) // len(run.accounts)) if groups else BLOCK_DAYS
    return [(run, block, group) for block in blocks(run.days, most) for group in groups]


def places(part: Run) -> dict[AccountDay, Account]:
    """Every account and day of a batch."""
    return {AccountDay(account.id, day): account for account in part.accounts for day in part.days}


def _part(run: Run, batch: int, days: DayRange, accounts: tuple[Account, ...]) -> Run:
    oldest = days.first == run.days.first  # only this batch looks at days before the run's
    return replace(run, batch=batch, days=days, accounts=accounts, restatements=run.restatements and oldest)


def _days_a_batch(accounts: int, rows_a_day: int) -> int:
    fit = min(BATCH_ACCOUNT_DAYS // accounts, BATCH_ROWS // max(1, rows_a_day))
    return max(1, min(BLOCK_DAYS, fit))


def _even(items: Sequence[T], most: int) -> list[tuple[T, ...]]:
    """Groups of at most `most`, of about equal size."""
    count = math.ceil(len(items) / most)
    size = math.ceil(len(items) / count) if count else 1
    return [tuple(items[n : n + size]) for n in range(0, len(items), size)]


def state_of_open(run: Run, now: datetime, *, alive: bool) -> RunState:
    """The state of a run without an end: running until its deadline, and past it while it gives signs of life."""
    in_time = now <= run.deadline + timedelta(seconds=ENDING_S)
    return RunState.RUNNING if alive or in_time else RunState.INTERRUPTED
