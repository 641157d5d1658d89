"""Write records: in batches as large as the service takes, without the rows that it refuses."""

from collections.abc import Callable, Iterator, Sequence
from typing import Generic, TypeVar

import structlog

from pipeline.clients.feishu.records import BatchSize
from pipeline.core.errors import BadResponse, BatchTooLarge, Retryable, RowRefused, RowVanished
from pipeline.steps.table.create import LOOK_UP_S

T = TypeVar("T")
ROUNDS = 3  # readings after which a table that keeps changing under us is given up
BISECTING_CALLS_MAX = 40  # enough to find two bad rows among 1,000; more bad rows have another cause

log = structlog.get_logger()


def until_known(work: Callable[[], T], pause: Callable[[float], None]) -> T:
    """Do `work` again while the outcome of its writes is unknown.

    Args:
        work: Reads, decides, writes; done again it finds what is left to do.

    Raises:
        LaikeError: The outcome stayed unknown, or as `work` says.
    """
    for left in reversed(range(ROUNDS)):
        try:
            return work()
        except (RowVanished, Retryable, BadResponse) as error:
            if not left or not (isinstance(error, RowVanished) or error.effect_possible):
                raise
            log.warning("read_again", error=error.message)
            pause(LOOK_UP_S)
    raise AssertionError


def batches(rows: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """`rows` in pieces of at most `size`."""
    return (rows[start : start + size] for start in range(0, len(rows), size))


def write_batches(rows: Sequence[T], size: BatchSize, write: Callable[[Sequence[T]], object]) -> None:
    """Write all rows, as many at once as the service takes; `BatchTooLarge` if it refuses the smaller size, too."""
    start = 0
    while start < len(rows):
        batch = rows[start : start + size.now]
        try:
            write(batch)
        except BatchTooLarge:
            if not size.refused(len(batch)):
                raise
        else:
            start += len(batch)


class Bisection(Generic[T]):
    """Finds the rows that the service refuses, within a number of calls, and writes the others.

    Attributes:
        calls: Calls that it took so far, the refused ones included.
        refused: Rows not written, and why; also those for which no call was left.
    """

    def __init__(self, calls: int = 0) -> None:
        self.calls = calls
        self.refused: list[tuple[T, RowRefused]] = []

    def write(self, rows: Sequence[T], write: Callable[[Sequence[T]], object]) -> None:
        """Write a batch without its refused rows."""
        waiting, searching = [rows], False
        while waiting:
            batch = waiting.pop()
            self.calls += searching
            try:
                write(batch)
            except RowRefused as error:
                self.calls += not searching
                searching = True
                waiting += self._halves(batch, error, len(waiting))

    def _halves(self, batch: Sequence[T], error: RowRefused, waiting: int) -> list[Sequence[T]]:
        """What to write instead; nothing if it is one row, or the calls left do not suffice."""
        if len(batch) == 1 or self.calls + waiting + 2 > BISECTING_CALLS_MAX:
            self.refused += [(row, error) for row in batch]
            return []
        middle = len(batch) // 2
        return [batch[middle:], batch[:middle]]
