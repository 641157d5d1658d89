"""What looks after open runs: in every worker, a thread that sends again what a silent run lacks.

Redelivery brings back what a killed worker held, but slowly, and not everything: a message that was taken and not yet
registered is gone. Steps give signs of life; a run without one for `LAIKE_WATCHDOG_S`, with nothing in the queues, gets
its first missing steps sent again, by one worker at a time.
"""

import threading
from typing import Any

import structlog
from celery import bootsteps
from redis.exceptions import RedisError

from pipeline.context import Context
from pipeline.core.errors import LaikeError
from worker.dispatch import send_due
from worker.process import context

WAITED_FOR = ("control", "load", "fetch")  # while messages wait here, somebody will take them
LOOKS = 3  # in the time after which a run counts as silent

log = structlog.get_logger()


class Watchdog(bootsteps.StartStopStep):
    """Starts and stops the thread with the worker."""

    requires = ("celery.worker.components:Timer",)

    def __init__(self, parent: Any, **options: Any) -> None:  # noqa: ANN401 Celery has no types
        super().__init__(parent, **options)
        self._stop = threading.Event()

    def start(self, parent: Any) -> None:  # noqa: ANN401, ARG002 Celery's signature
        """Begin to look."""
        threading.Thread(target=self._look_on, name="watchdog", daemon=True).start()

    def stop(self, parent: Any) -> None:  # noqa: ANN401, ARG002 Celery's signature
        """Look no more."""
        self._stop.set()

    def _look_on(self) -> None:
        ctx = context()
        while not self._stop.wait(ctx.settings.watchdog_s / LOOKS):
            try:
                look(ctx)
            except (RedisError, LaikeError) as error:
                log.warning("watchdog_failed", error=type(error).__name__)  # it looks again soon


def look(ctx: Context) -> None:
    """Send what silent runs lack, each by one worker at a time."""
    for run_id in ctx.ledger.open_runs():
        if ctx.ledger.silent_s(run_id) < ctx.settings.watchdog_s or _waiting(ctx):
            continue
        if ctx.ledger.watch(run_id, ctx.settings.watchdog_s):
            steps = send_due(ctx, run_id)
            log.warning("run_was_silent", run=run_id, sent=[str(step) for step in steps])


def _waiting(ctx: Context) -> int:
    lengths: Any = [ctx.client.llen(queue) for queue in WAITED_FOR]
    return sum(lengths)
