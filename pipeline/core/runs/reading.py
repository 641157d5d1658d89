"""The time of a reading: the newer of two readings counts, and one that is too old is not used.

A reading's time is Redis' clock before its first call: one clock for all workers. A stored time later than that clock
(the clock stepped back, a person edited 数据截至) counts as the oldest.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from pipeline.core.model import DayRange

OLDEST = datetime.min.replace(tzinfo=UTC)
# The next daily and settling run come within a day: figures older than that are fetched again.
GOOD_FOR = timedelta(days=1)
# A clock that is corrected moves by less while rows wait for their load.
AHEAD = timedelta(minutes=1)
EARLY_READ_GOOD_FOR = timedelta(seconds=60)


def believed(read_at: datetime | None, now: datetime) -> datetime:
    """A stored time, or the oldest one if it is later than now."""
    return read_at if read_at and read_at <= now else OLDEST


def usable(read_at: datetime, now: datetime) -> bool:
    """Whether figures read at that time may be used without fetching them again."""
    return now - GOOD_FOR <= read_at <= now + AHEAD


def still_shows(days: DayRange, written: Iterable[DayRange] | None, read_at: datetime, now: datetime) -> bool:
    """Whether an early read still shows these days; `written` are days written since, `None` if any may be."""
    if written is None or any(day in others for others in written for day in days):
        return False
    return now - read_at < EARLY_READ_GOOD_FOR
