"""Creating records so that a lost answer neither loses nor doubles them.

A create whose outcome is unknown is first looked up by key, then sent again with the same `client_token`; if that
leaves no rows either, with a new one. The token is derived from the run and the rows, so that whoever takes over
after a kill sends the same one.
"""

import hashlib
import uuid
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import structlog

from pipeline.core.errors import Retryable

T = TypeVar("T")
GENERATIONS = 3  # tokens tried for one batch
SENDS = 2  # times that one token is sent
LOOK_UP_S = 1.0  # a late effect gets so long before the look-up

log = structlog.get_logger()


def create_surely(
    rows: Sequence[T],
    send: Callable[[Sequence[T], str], object],
    absent: Callable[[Sequence[T]], Sequence[T]],
    name: str,
    pause: Callable[[float], None],
) -> None:
    """Create `rows`, each once.

    Args:
        rows: One batch.
        send: Creates a batch under a client_token.
        absent: Which of the rows the table does not hold.
        name: What the token is derived from: the same for the same rows of the same run.
        pause: Waits for so many seconds.

    Raises:
        Retryable: The outcome stayed unknown, or the service kept failing.
    """
    unknown: Retryable | None = None
    for generation in range(GENERATIONS):
        for sent in range(SENDS):
            doubtful = _send(send, rows, client_token(name, generation))
            if doubtful is None and not sent and unknown is None:
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


def client_token(name: str, generation: int) -> str:
    """A uuid v4 that names one logical write."""
    return str(uuid.UUID(bytes=hashlib.sha256(f"{name} {generation}".encode()).digest()[:16], version=4))


def batches(rows: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """`rows` in pieces of at most `size`."""
    return (rows[start : start + size] for start in range(0, len(rows), size))


def _send(send: Callable[[Sequence[T], str], object], rows: Sequence[T], token: str) -> Retryable | None:
    try:
        send(rows, token)
    except Retryable as error:
        if not error.effect_possible:
            raise
        log.warning("write_outcome_unknown", rows=len(rows), error=error.message)
        return error
    return None
