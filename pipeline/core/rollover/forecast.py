"""Foretell when a table gets its successor, so that it is never full and people hear of it in time.

A first day is foretold at the start of a month, while the table still has room for 30 days more: that room takes
growth, heavy days and late rows, and the day that people were told need not move. A day within the next two weeks is
chosen only if the table does not last longer.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from math import ceil
from types import MappingProxyType

from pipeline.core.rollover.split import Split

FORETOLD_DAYS = 45  # the longest month, and the two weeks in which people prepare
NOTICE_DAYS = 14
KEPT_PERCENT = 3  # of a table, for late rows
AMPLE_DAYS = 30  # of rows: what a table still takes at the month start that is wanted
SPARE_DAYS = 2  # of rows: what it still takes at any first day that is wanted
GROWTH_SHARE = 7  # one day of seven that it lasts is left, since the growth may grow
HELD_DAYS = 1  # of rows: what it must still take at a first day that people were told
SPARE_SHARE = 4  # a spare is at most this part of a table, or a table of three days would last one
GROWTH_DAYS = 30
USUAL, BUSY = 0.5, 0.8  # the share of those days that add less
GROWTH_KNOWN = 7  # days: with fewer, a backfill would be taken for the usual growth
HEAVY_DAYS = 7  # that rows are expected to come like on a heavy newest day; if they do come, the median learns it
FAR_DAYS = 3650  # a table that lasts longer needs no successor
NOTHING: Mapping[date, int] = MappingProxyType({})
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Rate:
    """Rows that a day adds: `usual`, and `heavy` for the next days, at least as many."""

    usual: int
    heavy: int

    def days(self, rows: int) -> int:
        """How many days a number of rows lasts, at most `FAR_DAYS`."""
        if not self.heavy:
            return FAR_DAYS
        if rows < self.heavy * HEAVY_DAYS:
            return max(0, rows // self.heavy)
        left = rows - self.heavy * HEAVY_DAYS
        return min(FAR_DAYS, HEAVY_DAYS + left // self.usual) if self.usual else FAR_DAYS


def rows_a_day(counts: Mapping[date, int], of_day: int, before: Mapping[date, int] = NOTHING) -> int:
    """The rows that each of the next days adds to a table.

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
    """The first day that a successor should have; `None` without a count, or where none is needed.

    `AUTO`: the last month start at which the table has room for 30 days more, else the next one until which it
    lasts, two weeks off at least. Where it lasts two weeks but until no such month start, the last day until which it
    lasts; where it does not last two weeks, the next month start if it is half full then, or that last day.
    `MONTH`: the next month start, or the last day until which the table lasts.

    Args:
        cap: Rows that a table takes; 0: no limit.
        coming: The next business day that is neither loaded nor planned: no boundary comes before it.
    """
    return _wanted(split, counts, cap, coming, _rate(counts, of_day, before))


def holds_until(
    counts: Mapping[date, int], cap: int, of_day: int, coming: date, *, before: Mapping[date, int] = NOTHING
) -> date:
    """The last first day of a successor with which the table does not fill up."""
    if not counts or cap <= 0:
        return coming + FAR_DAYS * DAY
    rate = _rate(counts, of_day, before)
    return coming + rate.days(usable(cap) - counts[max(counts)] - _spare(HELD_DAYS, rate, cap)) * DAY


def due(first: date | None, today: date) -> bool:
    """Whether a first day is near enough to be foretold."""
    return first is not None and (first - today).days <= FORETOLD_DAYS


def settled(announced: date | None, wanted: date | None, *, holds: date, coming: date, today: date) -> date | None:
    """The first day that is foretold from now on; `None` for none, also where an announced one is withdrawn.

    People prepare for a day that they were told, so it stays while the table lasts until it. It moves to an earlier
    one only if the table does not, and never to a later one: a table that is made a few weeks early costs nothing. It
    is withdrawn if what is wanted now is so much later that even on the announced day it would not be foretold yet:
    the forecast of most tables jumps by a month when the growth changes a little.

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
    """The first day that is foretold from now on, by the counts of now; an unknown growth changes nothing.

    Args:
        announced: The day that is foretold until now.
    """
    if split is not Split.NONE and not counts:
        return announced
    holds = holds_until(counts, cap, of_day, coming, before=before)
    # An announced day is withdrawn only if the busier days of the month foretell so late a day, too: that takes some
    # quiet weeks, while a wavering median would announce and withdraw by turns.
    share = BUSY if announced and announced <= holds else USUAL
    wanted = _wanted(split, counts, cap, coming, _rate(counts, of_day, before, share))
    return settled(announced, wanted, holds=holds, coming=coming, today=today)


def _wanted(split: Split, counts: Mapping[date, int], cap: int, coming: date, rate: Rate) -> date | None:
    if split is Split.NONE or not counts:
        return None
    if cap <= 0:
        return _month_start(coming) if split is Split.MONTH else None
    if rate.usual > usable(cap):  # a fresh table would not take a day
        return None
    room = usable(cap) - counts[max(counts)]
    last = rate.days(room - _spare(SPARE_DAYS, rate, cap))
    last -= last // GROWTH_SHARE
    if split is Split.MONTH:
        return _next_start(coming, last)
    return None if rate.days(room) >= FAR_DAYS else _auto(coming, last, room, rate, cap)


def _rate(counts: Mapping[date, int], of_day: int, before: Mapping[date, int], share: float = USUAL) -> Rate:
    newest = max(counts, default=date.min)
    earlier = {day: gain for day, gain in _gains(before) if not counts or day < min(counts)}
    gains = [gain for day, gain in (earlier | dict(_gains(counts))).items() if (newest - day).days < GROWTH_DAYS]
    usual = ceil(_quantile(sorted(gains), share)) if gains else 0
    if len(gains) < GROWTH_KNOWN and of_day:
        usual = of_day
    return Rate(usual, max(usual, of_day))


def _gains(counts: Mapping[date, int]) -> Iterator[tuple[date, float]]:
    """The rows that each day added; those of a gap are spread over its days."""
    for earlier, later in pairwise(sorted(counts)[-GROWTH_DAYS - 1 :]):
        gain = max(0, counts[later] - counts[earlier]) / (later - earlier).days
        for ago in range(min(GROWTH_DAYS, (later - earlier).days)):
            yield later - ago * DAY, gain


def _quantile(gains: Sequence[float], share: float) -> float:
    return gains[min(len(gains) - 1, int(len(gains) * share))]


def _spare(days: int, rate: Rate, cap: int) -> int:
    return min(days * rate.heavy, usable(cap) // SPARE_SHARE)


def _auto(coming: date, last: int, room: int, rate: Rate, cap: int) -> date:
    """The wanted day of a table that lasts `last` days and has room for as many rows."""
    latest = coming + last * DAY
    if last < NOTICE_DAYS:  # a table that lasts so short is not cut to its first half for a month's sake
        half_full = coming + rate.days(room - usable(cap) // 2) * DAY
        return start if (start := _next_start(coming, last)) >= half_full else latest
    starts = [start for start in _month_starts(coming, last) if (start - coming).days >= NOTICE_DAYS]
    ample = rate.days(room - AMPLE_DAYS * rate.usual)
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
