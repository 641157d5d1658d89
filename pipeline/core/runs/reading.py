"""When something was read: of two readings the newer one stands, and one that is too old is of no use any more.

A reading's time is Redis' clock before its first call: one clock for all workers. A stored time that is later than that
clock says nothing (the clock stepped back, a person edited 数据截至): it counts as the oldest.
"""

from datetime import UTC, datetime, timedelta

OLDEST = datetime.min.replace(tzinfo=UTC)
# Within a day come the next daily run and the settling run: whoever needs older figures asks the source again.
GOOD_FOR = timedelta(days=1)
# A clock that is set right moves by less while rows wait for their load, and such a reading is no word from the future.
AHEAD = timedelta(minutes=1)


def believed(read_at: datetime | None, now: datetime) -> datetime:
    """A stored time as it counts."""
    return read_at if read_at and read_at <= now else OLDEST


def usable(read_at: datetime, now: datetime) -> bool:
    """Whether what was read then may still be written, or left as it is without asking the source again."""
    return now - GOOD_FOR <= read_at <= now + AHEAD
