"""Unforeseen errors: tell the group, and keep one run's from the others."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog
from kombu.exceptions import OperationalError

from pipeline.context import Context
from pipeline.core.errors import Busy, LaikeError, Retryable
from pipeline.state.store import StoreTrouble
from pipeline.steps.telling.unforeseen import put_aside_if_unreadable, tell_error

log = structlog.get_logger()


@contextmanager
def tells_errors(
    ctx: Context, title: str, told: type[LaikeError] | tuple[type[LaikeError], ...] = ()
) -> Iterator[None]:
    """Tell the group of an error in the block, once a day for each cause, and raise it.

    Errors that pass (an outage of Redis or of a service, another process at the same step) and those of the kinds
    `told` are only raised.
    """
    try:
        yield
    except (Busy, Retryable, OperationalError, StoreTrouble):
        raise
    except told:
        raise
    except Exception as error:
        log.exception("told", title=title)
        tell_error(ctx, title, error)
        raise


def each_open_run(ctx: Context, look: Callable[[str], None]) -> None:
    """Look after each open run; an unreadable one is put aside, any other error is told."""
    for run_id in ctx.ledger.open_runs():
        try:
            look(run_id)
        except (OperationalError, StoreTrouble):
            raise  # the broker or Redis is away, whatever the run
        except Exception as error:
            if not put_aside_if_unreadable(ctx, run_id):
                log.exception("run_not_looked_after", run=run_id)
                tell_error(ctx, f"{run_id} 无法继续", error)


@contextmanager
def swallows_errors(ctx: Context, title: str) -> Iterator[None]:
    """Tell the group of an error in the block, and go on: the watchdog sends what is missing."""
    try:
        yield
    except OperationalError as error:
        log.warning("not_sent", error=type(error).__name__)
    except StoreTrouble:
        raise
    except Exception as error:
        log.exception("told", title=title)
        tell_error(ctx, title, error)
