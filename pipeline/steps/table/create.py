"""Create rows, each once, also where the answer to a create is lost.

A create whose outcome is unknown is first looked up by key, then sent again with the same `client_token`; if that
leaves no rows either, with a new one. The token is derived from the plan and the rows: after a kill, the process
that takes over sends the same one. If Redis was lost and the run is planned again under the same name, it is a new one.
"""

import hashlib
import uuid
from collections.abc import Sequence
from typing import Protocol, TypeVar

import structlog

from pipeline.core.errors import BadResponse, LaikeError, Retryable

T = TypeVar("T")
GENERATIONS = 3  # tokens tried for one batch
SENDS = 2  # times that one token is sent
LOOK_UP_S = 1.0  # a late effect gets so long before the look-up

log = structlog.get_logger()


class Creation(Protocol[T]):
    """Creates rows of one kind and looks them up."""

    def name(self, rows: Sequence[T]) -> str:
        """Names the write: the same for the same rows of the same plan, and for no others."""

    def send(self, rows: Sequence[T], token: str) -> None:
        """Create the rows under a client_token."""

    def absent(self, rows: Sequence[T]) -> Sequence[T]:
        """Look up which of the rows the table does not hold."""

    def pause(self, seconds: float) -> None:
        """Wait."""


def create_surely(creation: Creation[T], rows: Sequence[T], *, again: bool = False) -> None:
    """Create one batch of rows, each once.

    Args:
        again: They may have been sent before: an answer alone then proves nothing, and they are looked up.

    Raises:
        Retryable: The outcome stayed unknown, or the service kept failing.
    """
    name, unknown = creation.name(rows), None
    for generation in range(GENERATIONS):
        for sent in range(SENDS):
            doubtful = _send(creation, rows, client_token(name, generation))
            if doubtful is None and not (sent or unknown or again):
                return
            unknown = doubtful or unknown
            creation.pause(LOOK_UP_S)
            missing = creation.absent(rows)
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


def _send(creation: Creation[T], rows: Sequence[T], token: str) -> LaikeError | None:
    """The error of a send whose outcome is unknown."""
    try:
        creation.send(rows, token)
    except (Retryable, BadResponse) as error:
        if not error.effect_possible:
            raise
        log.warning("write_outcome_unknown", rows=len(rows), error=error.message)
        return error
    return None
