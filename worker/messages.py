"""What was read from a queue and is no message is discarded, before it ends the worker that read it.

kombu takes everything in a queue for an envelope of its own. What it cannot open goes through all of its loop as an
exception, and that ends the worker.
"""

from typing import Any

import structlog
from kombu.transport import redis as transport
from kombu.utils.json import loads

log = structlog.get_logger()


def install() -> None:
    """Let nothing but messages reach the consumers of a queue. Harmless when called twice."""
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
    """What keeps kombu from making a message of what was read, if anything does."""
    try:
        made: Any = transport.Channel.Message(envelope, channel=next(filter(None, connection.channels), None))
    except Exception as error:  # noqa: BLE001 whatever it is, it concerns this message alone
        return type(error).__name__
    return None if isinstance(made.delivery_tag, str) else "no delivery tag"


def _loads_or_none(text: str) -> Any:  # noqa: ANN401 any JSON
    try:
        return loads(text)
    except Exception:  # noqa: BLE001 as above
        return None  # which is no envelope
