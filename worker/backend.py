"""Celery's result backend and events, without secrets and without subscriptions.

Exceptions and traces of tasks, which Flower shows, are redacted; refused tasks have no trace. Runs are followed through
the ledger, and nothing waits for a result by `get()`: subscriptions would be one more connection in every process, and
an error at the exit of a short-lived one.
"""

import sys
from typing import Any

from celery.app.events import Events
from celery.backends.redis import RedisBackend
from celery.events.dispatcher import EventDispatcher

from pipeline.core.errors import WrongInput
from pipeline.core.redaction import redacted_in
from pipeline.state.store import SPOKEN


class QuietRedisBackend(RedisBackend):
    """Stores results; does not listen for them."""

    def _get_pool(self, **params: Any) -> Any:  # noqa: ANN401 Celery's signature
        return super()._get_pool(**params | SPOKEN)

    def prepare_exception(self, exc: Any, serializer: Any = None) -> Any:  # noqa: ANN401 Celery's signature
        """An exception as it is stored."""
        return redacted_in(super().prepare_exception(exc, serializer))

    def store_result(self, task_id: str, result: Any, state: str, traceback: Any = None, **more: Any) -> Any:  # noqa: ANN401 Celery's signature
        """Store a result, or an exception with its trace."""
        trace = None if isinstance(result, WrongInput) else redacted_in(traceback)
        return super().store_result(task_id, result, state, trace, **more)

    def on_task_call(self, producer: Any, task_id: str) -> None:  # noqa: ANN401 Celery's signature
        """Do nothing when a task is sent."""

    def remove_pending_result(self, result: Any) -> Any:  # noqa: ANN401 Celery's signature
        """Forget a result; while the interpreter exits there is no connection to unsubscribe on."""
        return result if sys.is_finalizing() else super().remove_pending_result(result)


class QuietDispatcher(EventDispatcher):
    """Sends events, without secrets in what failed."""

    def send(self, type: str, **fields: Any) -> Any:  # noqa: A002, ANN401 Celery's signature
        """Send an event."""
        told = {name: redacted_in(fields[name]) for name in ("exception", "traceback", "result") if name in fields}
        if str(fields.get("exception")).startswith(f"{WrongInput.__name__}("):
            told["traceback"] = None
        return super().send(type, **fields | told)


class QuietEvents(Events):
    """Celery's events, sent by our dispatcher."""

    dispatcher_cls = "worker.backend:QuietDispatcher"
