"""The result backend: Celery's own, without a subscription for every task that is sent.

Nobody here waits for a result by `get()`: runs are followed through the ledger. The subscription would be one more
connection in each process and an error at the exit of a short-lived one.
"""

import sys
from typing import Any

from celery.backends.redis import RedisBackend

from pipeline.state.store import SPOKEN


class QuietRedisBackend(RedisBackend):
    """Stores results; does not listen for them."""

    def _get_pool(self, **params: Any) -> Any:  # noqa: ANN401 Celery's signature
        return super()._get_pool(**params | SPOKEN)

    def on_task_call(self, producer: Any, task_id: str) -> None:  # noqa: ANN401 Celery's signature
        """Do nothing when a task is sent."""

    def remove_pending_result(self, result: Any) -> Any:  # noqa: ANN401 Celery's signature
        """Let go of a result; while the interpreter ends there is no connection left to say so on."""
        return result if sys.is_finalizing() else super().remove_pending_result(result)
