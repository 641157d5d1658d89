"""Celery's consumer, which discards messages that do not unpack.

Celery unpacks messages in the worker's main thread. An error there ends the worker; the message, unacknowledged, comes
back and ends the next one.
"""

from collections.abc import Callable
from typing import Any

import structlog
from celery import Task
from celery.worker.consumer import Consumer
from celery.worker.request import Request

log = structlog.get_logger()


class WaryConsumer(Consumer):
    """Handles messages that unpack, and discards others."""

    def create_task_handler(self, *args: Any, **options: Any) -> Callable[[Any], None]:  # noqa: ANN401 Celery's signature
        """The handler of each message."""
        handle = super().create_task_handler(*args, **options)

        def handle_or_discard(message: Any) -> None:  # noqa: ANN401 Celery has no types
            if why := defect(self.app, message):
                log.error("message_discarded", why=why, queue=message.delivery_info.get("routing_key"))
                message.reject_log_error(log, self.connection_errors)
            else:
                handle(message)

        return handle_or_discard


def defect(app: Any, message: Any) -> str | None:  # noqa: ANN401 Celery has no types
    """Why a message does not unpack; `None` if it does, or if its task is unknown, which Celery discards itself."""
    try:
        request = Request(message, app=app, task=Task)
        args, kwargs, following = message.payload
        _hard, _soft = request.time_limits
    except Exception as error:  # noqa: BLE001 it concerns this message alone
        return type(error).__name__
    shapes: tuple[tuple[str, object, Any], ...] = (
        ("id", request.id, str),
        ("task", request.type, str),
        ("args", args, list),
        ("kwargs", kwargs, dict),
        ("embed", following, dict | None),
    )
    return next((f"{name} is {type(part).__name__}" for name, part, kind in shapes if not isinstance(part, kind)), None)
