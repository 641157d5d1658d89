"""When something was read: of two readings the newer one stands, and one that is too old is of no use any more.

A reading's time is Redis' clock before its first call: one clock for all workers. A stored time that is later than that
clock says nothing (the clock stepped back, a person edited 数据截至): it counts as the oldest.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from pipeline.core.model import DayRange

OLDEST = datetime.min.replace(tzinfo=UTC)
# Within a day come the next daily run and the settling run: whoever needs older figures asks the source again.
GOOD_FOR = timedelta(days=1)
# A clock that is set right moves by less while rows wait for their load, and such a reading is no word from the future.
AHEAD = timedelta(minutes=1)
EARLY_READ_GOOD_FOR = timedelta(seconds=60)


def believed(read_at: datetime | None, now: datetime) -> datetime:
    """A stored time as it counts."""
    return read_at if read_at and read_at <= now else OLDEST


def usable(read_at: datetime, now: datetime) -> bool:
    """Whether what was read then may still be written, or left as it is without asking the source again."""
    return now - GOOD_FOR <= read_at <= now + AHEAD


def still_shows(days: DayRange, written: Iterable[DayRange] | None, read_at: datetime, now: datetime) -> bool:
    """Whether an early read of the table still shows these days as they are.

    Args:
        written: Days that others wrote since; `None`: any may be among them.
    """
    if written is None or any(day in others for others in written for day in days):
        return False
    return now - read_at < EARLY_READ_GOOD_FOR
