"""Discard what is read from a queue and is not a message.

kombu takes everything in a queue for one of its envelopes. Its exception for what it cannot open ends the worker.
"""

from typing import Any

import structlog
from kombu.transport import redis as transport
from kombu.utils.json import loads

log = structlog.get_logger()


def install() -> None:
    """Let only messages reach the consumers of a queue. Harmless when called twice."""
    module: Any = transport
    guarded = module.Transport
    if getattr(guarded, "laike_discards", False):
        return
    deliver = guarded._deliver  # noqa: SLF001 the one way to a consumer

    def deliver_messages(self: Any, envelope: Any, queue: str) -> None:  # noqa: ANN401 kombu has no types
        if why := defect(self, envelope):
            log.error("message_discarded", queue=queue, why=why)  # it has left the queue already
        else:
            deliver(self, envelope, queue)

    guarded._deliver = deliver_messages  # noqa: SLF001
    module.loads = _loads_or_none
    guarded.laike_discards = True


def defect(connection: Any, envelope: object) -> str | None:  # noqa: ANN401 kombu has no types
    """Why kombu cannot make a message of what was read; `None` if it can."""
    try:
        made: Any = transport.Channel.Message(envelope, channel=next(filter(None, connection.channels), None))
    except Exception as error:  # noqa: BLE001 it concerns this message alone
        return type(error).__name__
    return None if isinstance(made.delivery_tag, str) else "no delivery tag"


def _loads_or_none(text: str) -> Any:  # noqa: ANN401 any JSON
    try:
        return loads(text)
    except Exception:  # noqa: BLE001 as above
        return None  # which is no envelope
