"""Writing records: in batches as large as the service takes, without the rows that it refuses, each once.

A create whose outcome is unknown is first looked up by key, then sent again with the same `client_token`; if that
leaves no rows either, with a new one. The token is derived from the plan and the rows: whoever takes over after a kill
sends the same one, and a run of the same name that was planned anew, since Redis was lost, another.
"""

import hashlib
import uuid
from collections.abc import Callable, Iterator, Sequence
from typing import Generic, TypeVar

import structlog

from pipeline.clients.feishu.records import BatchSize
from pipeline.core.errors import BadResponse, BatchTooLarge, LaikeError, Retryable, RowRefused, RowVanished

T = TypeVar("T")
GENERATIONS = 3  # tokens tried for one batch
SENDS = 2  # times that one token is sent
ROUNDS = 3  # readings after which a table that keeps changing under us is given up
LOOK_UP_S = 1.0  # a late effect gets so long before the look-up
BISECTING_CALLS_MAX = 40  # two bad rows among 1,000 are found; where more are bad it is no matter of single rows

log = structlog.get_logger()


def create_surely(
    rows: Sequence[T],
    send: Callable[[Sequence[T], str], object],
    absent: Callable[[Sequence[T]], Sequence[T]],
    name: str,
    pause: Callable[[float], None],
    *,
    again: bool = False,
) -> None:
    """Create `rows`, each once.

    Args:
        rows: One batch.
        send: Creates a batch under a client_token.
        absent: Which of the rows the table does not hold.
        name: What the token is derived from: the same for the same rows of the same plan, and for no other one.
        pause: Waits for so many seconds.
        again: Whether they may have been sent before: then an answer alone proves nothing, and they are looked up.

    Raises:
        Retryable: The outcome stayed unknown, or the service kept failing.
    """
    unknown: LaikeError | None = None
    for generation in range(GENERATIONS):
        for sent in range(SENDS):
            doubtful = _send(send, rows, client_token(name, generation))
            if doubtful is None and not (sent or unknown or again):
                return
            unknown = doubtful or unknown
            pause(LOOK_UP_S)
            missing = absent(rows)
            if not missing:
                return
            if len(missing) < len(rows):  # somebody else wrote some of them
                rows, name = missing, f"{name} {len(missing)}"
                break
    msg = f"{len(rows)} rows are still not there after {GENERATIONS} client tokens: {unknown}"
    raise Retryable(msg, effect_possible=True)


def until_known(work: Callable[[], T], pause: Callable[[float], None]) -> T:
    """What `work` returns, which is done again while the outcome of its writes is unknown.

    Args:
        work: Reads, decides, writes; done again it finds what is left to do.
        pause: Waits for so many seconds.

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


def client_token(name: str, generation: int) -> str:
    """A uuid v4 that names one logical write."""
    return str(uuid.UUID(bytes=hashlib.sha256(f"{name} {generation}".encode()).digest()[:16], version=4))


def batches(rows: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """`rows` in pieces of at most `size`."""
    return (rows[start : start + size] for start in range(0, len(rows), size))


def write_batches(rows: Sequence[T], size: BatchSize, write: Callable[[Sequence[T]], object]) -> None:
    """Write all rows, as many at once as the service takes.

    Raises:
        BatchTooLarge: It does not even take the smaller size.
    """
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
    """Finds the rows that the service refuses, within a number of calls, and lets the others be written.

    Attributes:
        calls: Calls that it took so far, the refused ones included.
        refused: Rows that are not written, and why; also those for which no call was left.
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
        """What to write instead; nothing where it is one row, or where the calls would not suffice for the rest."""
        if len(batch) == 1 or self.calls + waiting + 2 > BISECTING_CALLS_MAX:
            self.refused += [(row, error) for row in batch]
            return []
        middle = len(batch) // 2
        return [batch[middle:], batch[:middle]]


def _send(send: Callable[[Sequence[T], str], object], rows: Sequence[T], token: str) -> LaikeError | None:
    try:
        send(rows, token)
    except (Retryable, BadResponse) as error:
        if not error.effect_possible:
            raise
        log.warning("write_outcome_unknown", rows=len(rows), error=error.message)
        return error
    return None
