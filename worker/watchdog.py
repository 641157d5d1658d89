"""The watchdog: a thread in every worker that sends again what a silent run lacks.

Redelivery is slow, and a message that was taken and not yet registered is lost. Steps give signs of life; a run without
one for `LAIKE_WATCHDOG_S`, and with nothing in the queues, gets its missing steps sent again by one worker. So does a
run that is past its deadline and not loaded, one that has ended and owes its views, and the daily run if beat's message
was lost.
"""

import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import structlog
from celery import bootsteps, current_app

from pipeline.context import Context
from pipeline.core.outcome import Run
from pipeline.state.store import StoreTrouble
from pipeline.steps.overview.signs import give_sign
from pipeline.steps.runs.alive import is_silent
from pipeline.steps.runs.due import owing, waits_too_long
from pipeline.steps.runs.plan import daily_is_lost
from worker.dispatch import BACKFILL, QUEUES, send_due, send_views
from worker.heartbeat import beat
from worker.process import context
from worker.unforeseen import each_open_run, tells_errors

DAILY = tuple(name for name in QUEUES if name != BACKFILL)  # while messages wait here, a run is not forgotten
LOOKS = 3  # within `LAIKE_WATCHDOG_S`

log = structlog.get_logger()


class Watchdog(bootsteps.StartStopStep):
    """Starts and stops the thread with the worker."""

    requires = ("celery.worker.components:Timer",)

    def __init__(self, parent: Any, **options: Any) -> None:  # noqa: ANN401 Celery has no types
        super().__init__(parent, **options)
        self._stop = threading.Event()

    def start(self, parent: Any) -> None:  # noqa: ANN401, ARG002 Celery's signature
        """Start the thread."""
        threading.Thread(target=self._look_on, name="watchdog", daemon=True).start()

    def stop(self, parent: Any) -> None:  # noqa: ANN401, ARG002 Celery's signature
        """Stop the thread."""
        self._stop.set()

    def _look_on(self) -> None:
        ctx = context()
        with suppress(StoreTrouble):  # the next look signs again
            give_sign(ctx)  # at once: pages say that nobody works where no worker signed
        while not self._stop.wait(ctx.settings.watchdog_s / LOOKS):
            look_and_beat(ctx)


def look_and_beat(ctx: Context) -> None:
    """Look once, sign, and touch the heartbeat file. No error ends the thread: nothing would start it again."""
    try:
        with tells_errors(ctx, "后台检查出错"):
            look(ctx)
        give_sign(ctx)
        beat(ctx.settings.heartbeat_file)
    except Exception as error:  # noqa: BLE001 told already, or passing by itself
        log.warning("watchdog_failed", error=type(error).__name__)  # it looks again soon


def look(ctx: Context) -> None:
    """Send what silent or late runs lack; one worker at a time takes each."""
    each_open_run(ctx, lambda run_id: _look_after(ctx, run_id))
    for ended in owing(ctx):
        _look_after_views(ctx, ended)
    if daily_is_lost(ctx) and not _waiting(ctx, DAILY) and _take_over(ctx, "daily"):
        current_app.send_task("laike.daily")
        log.warning("daily_was_lost")


def _look_after(ctx: Context, run_id: str) -> None:
    if (_forgotten(ctx, run_id) or waits_too_long(ctx, run_id)) and _take_over(ctx, run_id):
        steps = send_due(ctx, run_id)
        log.warning("run_was_silent", run=run_id, sent=[str(step) for step in steps])


def _look_after_views(ctx: Context, run: Run) -> None:
    if is_silent(ctx, run.run_id) and not _waiting(ctx, _queues(run)) and _take_over(ctx, run.run_id):
        send_views(ctx, run)
        log.warning("views_were_silent", run=run.run_id)


def _forgotten(ctx: Context, run_id: str) -> bool:
    """Whether a run is silent, and not because its steps wait in the queues."""
    return is_silent(ctx, run_id) and not _waiting(ctx, _queues(ctx.ledger.run(run_id)))


def _queues(run: Run) -> Sequence[str]:
    """The queues in which its steps may wait."""
    return QUEUES if run.backfill else DAILY


def _take_over(ctx: Context, run_id: str) -> bool:
    return ctx.pulse.watch(run_id, ctx.settings.watchdog_s)


def _waiting(ctx: Context, queues: Sequence[str]) -> int:
    lengths: Any = [ctx.client.llen(queue) for queue in queues]
    return sum(lengths)
