"""Foretell when a table gets its successor, so that it is never full and people hear of it in time.

A successor begins with a month, while the table still has room for 30 days, wherever the table lasts so long. That
room takes growth, heavy days and late rows, so the announced day need not move. A day within the next two weeks is
chosen only if the table does not last longer.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from math import ceil
from types import MappingProxyType

from pipeline.core.rollover.split import Split

FORETOLD_DAYS = 45  # the longest month, and the two weeks in which people prepare
NOTICE_DAYS = 14
KEPT_PERCENT = 3  # of a table, for late rows
AMPLE_DAYS = 30  # of rows: the room that a table has left at the wanted month start
SPARE_DAYS = 2  # of rows: the least room that it has left at a wanted first day
HELD_DAYS = 1  # of rows: the least room at an announced first day; with less, the day moves
SPARE_SHARE = 4  # a spare is at most this part of a table, or a table of three days would last one
GROWTH_DAYS = 30
BUSY, BUSIEST = 0.8, 1.0  # the share of those days that add no more than a busy day, and than the busiest
HEAVY_DAYS = 4  # to expect like a heavy newest day: until the next forecast, if the server is off for three days
FAR_DAYS = 3650  # a table that lasts longer needs no successor
NOTHING: Mapping[date, int] = MappingProxyType({})
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Rate:
    """Rows that a day adds: `heavy` on each of the next four days, `busy` later; `heavy` is never less."""

    busy: int
    heavy: int

    def days(self, rows: int) -> int:
        """How many days a number of rows lasts, at most `FAR_DAYS`."""
        if not self.heavy:
            return FAR_DAYS
        if rows < self.heavy * HEAVY_DAYS:
            return max(0, rows // self.heavy)
        left = rows - self.heavy * HEAVY_DAYS
        return min(FAR_DAYS, HEAVY_DAYS + left // self.busy) if self.busy else FAR_DAYS


def rows_a_day(counts: Mapping[date, int], of_day: int, before: Mapping[date, int] = NOTHING) -> int:
    """The rows that each of the next days adds to a table: those of a busy day, or of the newest if it had more.

    Args:
        counts: Rows of the table by the day of the count.
        of_day: Rows of the newest loaded day of all accounts; 0 if unknown.
        before: The counts of the table's predecessor, which say how many rows came before the table was made.
    """
    return _rate(counts, of_day, before).heavy


def usable(cap: int) -> int:
    """How many rows a table is filled to; the rest is kept for late rows."""
    return cap * (100 - KEPT_PERCENT) // 100


def boundary(
    split: Split,
    counts: Mapping[date, int],
    cap: int,
    of_day: int,
    coming: date,
    *,
    before: Mapping[date, int] = NOTHING,
) -> date | None:
    """The first day that a successor should have; `None` without a count, or if none is needed.

    `MONTH`: the next month start, or the last day until which the table lasts, if that is earlier.
    `AUTO`, for a table that lasts two weeks: the first of these that exists.

    1. The last month start at which the table has room for 30 days more, at least two weeks ahead.
    2. The next month start until which it lasts, at least two weeks ahead.
    3. The last day until which it lasts.

    `AUTO`, for a table that does not last two weeks: the next month start if the table is half full then, else the
    last day until which it lasts.

    Args:
        cap: Rows that a table takes; 0: no limit.
        coming: The next business day that is neither loaded nor planned: no boundary comes before it.
    """
    rate = _rate(counts, of_day, before)
    return _wanted(split, counts, cap, coming, rate) if _takes_a_day(cap, rate) else None


def holds_until(
    counts: Mapping[date, int], cap: int, of_day: int, coming: date, *, before: Mapping[date, int] = NOTHING
) -> date:
    """The last first day of a successor at which the table still has room for a day."""
    if not counts or cap <= 0:
        return coming + FAR_DAYS * DAY
    rate = _rate(counts, of_day, before)
    return coming + rate.days(usable(cap) - counts[max(counts)] - _spare(HELD_DAYS, rate, cap)) * DAY


def due(first: date | None, today: date) -> bool:
    """Whether a first day is near enough to be foretold."""
    return first is not None and (first - today).days <= FORETOLD_DAYS


def settled(announced: date | None, wanted: date | None, *, holds: date, coming: date, today: date) -> date | None:
    """The first day that is foretold from now on; `None` for none.

    People prepare for an announced day, so it never moves later: a table made a few weeks early costs nothing. It
    moves earlier only if the table fills up before it. It is withdrawn if no successor is needed, or if the wanted
    day is 45 days or more after it: a wanted day often jumps by a month, which is not enough to withdraw. If it has
    passed without a new table, the coming day takes its place.

    Args:
        announced: The day that is foretold until now.
        wanted: The `boundary` of now.
        holds: `holds_until` of now.
    """
    if wanted is None or announced is None:
        return wanted if due(wanted, today) else None
    if (wanted - announced).days >= FORETOLD_DAYS:
        return None
    return max(announced if announced <= holds else min(announced, wanted), coming)


def foretold(
    announced: date | None,
    split: Split,
    counts: Mapping[date, int],
    cap: int,
    of_day: int,
    *,
    coming: date,
    today: date,
    before: Mapping[date, int] = NOTHING,
) -> date | None:
    """The first day that is foretold from now on, by the counts of now; without a count nothing changes.

    Args:
        announced: The day that is foretold until now.
    """
    if split is not Split.NONE and not counts:
        return announced
    rate = _rate(counts, of_day, before)
    if announced is None and not _takes_a_day(cap, rate):
        return None
    holds = holds_until(counts, cap, of_day, coming, before=before)
    if announced and announced <= holds:
        # It can only stay or be withdrawn. It stays while the last month has busy days, however few: otherwise it
        # would be announced and withdrawn by turns when a quiet month begins or ends.
        rate = _rate(counts, of_day, before, BUSIEST)
    wanted = _wanted(split, counts, cap, coming, rate)
    return settled(announced, wanted, holds=holds, coming=coming, today=today)


def _takes_a_day(cap: int, rate: Rate) -> bool:
    """Whether a fresh table takes a busy day; if not, a successor is no help."""
    return cap <= 0 or rate.busy <= usable(cap)


def _wanted(split: Split, counts: Mapping[date, int], cap: int, coming: date, rate: Rate) -> date | None:
    if split is Split.NONE or not counts:
        return None
    if cap <= 0:
        return _month_start(coming) if split is Split.MONTH else None
    room = usable(cap) - counts[max(counts)]
    last = rate.days(room - _spare(SPARE_DAYS, rate, cap))
    if split is Split.MONTH:
        return _next_start(coming, last)
    return None if rate.days(room) >= FAR_DAYS else _auto(coming, last, room, rate, cap)


def _rate(counts: Mapping[date, int], of_day: int, before: Mapping[date, int], share: float = BUSY) -> Rate:
    newest = max(counts, default=date.min)
    earlier = {day: gain for day, gain in _gains(before) if not counts or day < min(counts)}
    gains = [gain for day, gain in (earlier | dict(_gains(counts))).items() if (newest - day).days < GROWTH_DAYS]
    usual = sorted(gains)[:-1]  # without the largest one, which may be a backfill
    busy = ceil(usual[int((len(usual) - 1) * share)]) if usual else of_day
    return Rate(busy, max(busy, of_day))


def _gains(counts: Mapping[date, int]) -> Iterator[tuple[date, float]]:
    """The rows that each day added; those of a gap are spread over its days."""
    for earlier, later in pairwise(sorted(counts)[-GROWTH_DAYS - 1 :]):
        gain = max(0, counts[later] - counts[earlier]) / (later - earlier).days
        for ago in range(min(GROWTH_DAYS, (later - earlier).days)):
            yield later - ago * DAY, gain


def _spare(days: int, rate: Rate, cap: int) -> int:
    return min(days * rate.heavy, usable(cap) // SPARE_SHARE)


def _auto(coming: date, last: int, room: int, rate: Rate, cap: int) -> date:
    """The wanted day of a table that lasts `last` days and has room for as many rows."""
    latest = coming + last * DAY
    if last < NOTICE_DAYS:
        half_full = coming + rate.days(room - usable(cap) // 2 + rate.heavy - 1) * DAY  # a begun day counts
        return start if (start := _next_start(coming, last)) >= half_full else latest
    starts = [start for start in _month_starts(coming, last) if (start - coming).days >= NOTICE_DAYS]
    ample = rate.days(room - AMPLE_DAYS * rate.busy)
    with_ample_room = [start for start in starts if (start - coming).days <= ample]
    return [*with_ample_room[-1:], *starts[:1], latest][0]


def _next_start(coming: date, last: int) -> date:
    return min(_month_start(coming), coming + last * DAY)


def _month_starts(coming: date, last: int) -> Iterator[date]:
    start = _month_start(coming)
    while (start - coming).days <= last:
        yield start
        start = _month_start(start + DAY)


def _month_start(day: date) -> date:
    """The day itself, if a month starts with it, else the next month start."""
    return day if day.day == 1 else (day.replace(day=1) + timedelta(days=32)).replace(day=1)
