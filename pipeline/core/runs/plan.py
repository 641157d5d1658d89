"""Which days a run covers, what it is called, and until when it may take."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import TypeVar

from pipeline.core.errors import WrongInput
from pipeline.core.model import CHINA, Account, AccountDay, DayRange, blocks, china_day
from pipeline.core.outcome import Run, RunKind, RunState
from pipeline.core.text import shortened

T = TypeVar("T")
BATCH_ACCOUNTS = 200  # report calls of a batch
BATCH_ACCOUNT_DAYS = 1400  # and days of accounts, whose outcomes are kept one by one
BATCH_ROWS = 7000  # as far as they can be foreseen: a worker holds several batches at a time
BLOCK_DAYS = 30  # days of one report call: the look-back never costs a second one
REPORT_ROWS_A_PAGE = 100  # the largest page_size of the report endpoints
DEADLINE_FLOOR_S = 300
ENDING_S = 60  # views, status table and card come after the deadline
RESTATED_DAYS = 30  # so long figures may still be corrected
BACK_OFFS_MAX = 10  # 2¹⁰ hours are longer than anything is owed
DAYS_MAX = 4000  # of a range that is looked at: more than ten years
OLDEST_DAYS = 365  # the report endpoints serve no older day


def yesterday(now: datetime) -> date:
    """The newest closed business day."""
    return china_day(now) - timedelta(days=1)


def window(now: datetime, lookback_days: int) -> DayRange:
    """Yesterday and the days before it that are read again, `lookback_days` in all."""
    newest = yesterday(now)
    return DayRange(newest - timedelta(days=lookback_days - 1), newest)


def correctable(days: DayRange, now: datetime) -> DayRange:
    """Days of which one account report tells, `days` among them: as far back as figures are still corrected."""
    oldest = china_day(now) - timedelta(days=OLDEST_DAYS)
    return DayRange(min(days.first, max(oldest, days.last - timedelta(days=RESTATED_DAYS - 1))), days.last)


def closed_day(day: date, now: datetime) -> DayRange:
    """Exactly one business day that is over.

    Raises:
        WrongInput: The day is not over yet, or older than the API serves.
    """
    newest = yesterday(now)
    oldest = china_day(now) - timedelta(days=OLDEST_DAYS)
    if not oldest <= day <= newest:
        msg = f"{day} cannot be loaded: allowed are {oldest} to {newest} (yesterday, Asia/Shanghai)"
        raise WrongInput(msg)
    return DayRange(day, day)


def choose_accounts(known: Mapping[str, str], chosen: Sequence[str]) -> tuple[Account, ...]:
    """The accounts of a run: all that are known, or those that were asked for by id.

    Accounts of one name are told apart by the last four digits of their id.

    Raises:
        WrongInput: An id that is not known.
    """
    if unknown := [one for one in chosen if one not in known]:
        listed = ", ".join(f"{number} ({name})" for number, name in known.items())
        msg = f"unknown account {shortened(', '.join(unknown))}; known are {listed}"
        raise WrongInput(msg)
    names = told_apart(known)
    return tuple(Account(number, names[number]) for number in known if not chosen or number in chosen)


def told_apart(known: Mapping[str, str]) -> dict[str, str]:
    """A name of its own for each account: equal ones get the last four digits of the id, or all where those agree."""
    names = {}
    for number, name in known.items():
        others = [other for other, same in known.items() if same == name and other != number]
        ending = number if any(other[-4:] == number[-4:] for other in others) else number[-4:]
        names[number] = f"{name} ({ending})" if others else name
    return names


def deadline_s(accounts: int, days: int, rate: float, wanted: float | None) -> float:
    """Seconds that a run may take: as set, else the larger of 300 and twice its calls over the rate."""
    calls = accounts * max(1, math.ceil(days / REPORT_ROWS_A_PAGE))
    return wanted if wanted is not None else max(DEADLINE_FLOOR_S, 2 * calls / rate)


def batches_deadline_s(batches: Sequence[Run], rate: float, wanted: float | None) -> float:
    """Seconds that a backfill may take: what each of its batches may."""
    return sum(deadline_s(len(batch.accounts), len(batch.days), rate, wanted) for batch in batches)


def manual_suffix(now: datetime) -> str:
    """What tells a run that a person asked for from the scheduled one, and from another of the same minute."""
    return f"{now.astimezone(CHINA):%m%d%H%M%S%f}"[:-3]


def scheduled_id(kind: RunKind, day: date) -> str:
    """The id of the daily or settling run of a day: a day has one of each."""
    return f"{kind.prefix}{day}"


def is_attempt_at(run: Run, wanted: Run) -> bool:
    """Whether a backfill is of the same days and accounts, into the same table, as the one that is wanted."""
    same = (run.days, run.accounts) == (wanted.days, wanted.accounts)
    return same and run.table_id in ("", wanted.table_id)


def past_days(start: date, end: date, now: datetime) -> DayRange:
    """A range of closed days, `end` included.

    Raises:
        WrongInput: It ends before it starts, is not over yet, or is older than the API serves.
    """
    if end < start:
        msg = f"the range ends before it starts: {start} .. {end}"
        raise WrongInput(msg)
    return DayRange(closed_day(start, now).first, closed_day(end, now).last)


def over(start: date, end: date, now: datetime) -> DayRange:
    """A range of days that are over, `end` included, however long ago: the table may hold them.

    Raises:
        WrongInput: It ends before it starts, is not over yet, or is of more than `DAYS_MAX` days.
    """
    if end < start:
        msg = f"the range ends before it starts: {start} .. {end}"
        raise WrongInput(msg)
    if end > (newest := yesterday(now)):
        msg = f"{end} is not over yet: the last day that is, is {newest} (yesterday, Asia/Shanghai)"
        raise WrongInput(msg)
    return bounded(start, end)


def bounded(start: date, end: date) -> DayRange:
    """A range of days, `end` included, that a person may wait for.

    Raises:
        WrongInput: It ends before it starts, or is of more than `DAYS_MAX` days.
    """
    if end < start:
        msg = f"the range ends before it starts: {start} .. {end}"
        raise WrongInput(msg)
    if (count := (end - start).days + 1) > DAYS_MAX:
        msg = f"{start} .. {end} are {count} days: at most {DAYS_MAX} are taken at once"
        raise WrongInput(msg)
    return DayRange(start, end)


def catch_up_due(starts: Sequence[datetime], now: datetime) -> bool:
    """Whether a day that is still owed may be tried again: after 1, 2, 4, … hours, so that a dead account costs little.

    Args:
        starts: When runs of that day began; what began later than now, before the clock stepped back, counts as none.
    """
    past = [start for start in starts if start <= now]
    if not past:
        return True
    return now - max(past) >= timedelta(hours=2 ** min(len(past) - 1, BACK_OFFS_MAX)) - timedelta(minutes=5)


def owed_from(now: datetime, daily_at: time, deadline_s: float) -> datetime:
    """From when on yesterday is owed: the daily run of today had its time."""
    return datetime.combine(china_day(now), daily_at, CHINA) + timedelta(seconds=deadline_s)


def daily_is_late(now: datetime, daily_at: time, patience_s: float, deadline_s: float) -> bool:
    """Whether today's daily run ought to have begun by now; from when yesterday is owed on it is catch_up's matter."""
    begins = datetime.combine(china_day(now), daily_at, CHINA)
    return begins + timedelta(seconds=patience_s) <= now < owed_from(now, daily_at, deadline_s)


def fullest(rows: Mapping[AccountDay, int]) -> int:
    """How many rows a day may have: the sum of each account's fullest day."""
    most: dict[str, int] = {}
    for at, count in rows.items():
        most[at.account_id] = max(count, most.get(at.account_id, 0))
    return sum(most.values())


def follows_on(run: Run, batch: int) -> bool:
    """Whether a run has a batch of that number that covers the days of the one before it.

    The table is searched by days, so the read-back of the one before brings the rows of this one, too.
    """
    cut = parts(run)
    return 0 < batch < len(cut) and cut[batch].days == cut[batch - 1].days


def parts(run: Run) -> tuple[Run, ...]:
    """A run cut into batches: few enough accounts, and of these so many days that a batch stays small.

    Rather fewer days than fewer accounts: the table is searched by days, so that each batch of a block reads the rows
    of all accounts. The last days make the smallest batch: nothing goes on beside its read-back.
    """
    groups = _even(run.accounts, BATCH_ACCOUNTS)
    most = _days_a_batch(len(groups[0]), run.rows_a_day * len(groups[0]) // len(run.accounts)) if groups else BLOCK_DAYS
    cut = [(block, group) for block in blocks(run.days, most) for group in groups]
    left = [one for n, one in enumerate(cut) if n not in run.loaded]  # an older plan's batches keep their numbers
    return tuple(_part(run, n, block, group) for n, (block, group) in enumerate(left))


def places(part: Run) -> dict[AccountDay, Account]:
    """Every account and day of a batch."""
    return {AccountDay(account.id, day): account for account in part.accounts for day in part.days}


def _part(run: Run, batch: int, days: DayRange, accounts: tuple[Account, ...]) -> Run:
    oldest = days.first == run.days.first  # days before the run's are looked at with these, and by no other batch
    return replace(run, batch=batch, days=days, accounts=accounts, restatements=run.restatements and oldest)


def _days_a_batch(accounts: int, rows_a_day: int) -> int:
    fit = min(BATCH_ACCOUNT_DAYS // accounts, BATCH_ROWS // max(1, rows_a_day))
    return max(1, min(BLOCK_DAYS, fit))


def _even(items: Sequence[T], most: int) -> list[tuple[T, ...]]:
    """Groups of at most `most`, all about as large."""
    count = math.ceil(len(items) / most)
    size = math.ceil(len(items) / count) if count else 1
    return [tuple(items[n : n + size]) for n in range(0, len(items), size)]


def state_of_open(run: Run, now: datetime, *, alive: bool) -> RunState:
    """The state of a run without an end: running until its deadline, and past it while it gives signs of life."""
    in_time = now <= run.deadline + timedelta(seconds=ENDING_S)
    return RunState.RUNNING if alive or in_time else RunState.INTERRUPTED
