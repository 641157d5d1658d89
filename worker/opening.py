"""What worker and beat look at before they begin: whether what lies in Redis is of this release."""

import sys
import time
from collections.abc import Callable

import structlog

from pipeline.core.errors import DeadlinePassed, NewerState, StoreUnreachable, WrongRelease
from pipeline.state.store import ours
from worker.process import context

AGAIN_S = 2.0  # between two looks: for old workers to stop, for Redis to come back
PING_S = 1.0  # a worker that lives answers in milliseconds
FAILED = 3  # exit code

log = structlog.get_logger()


def open_worker(workers: Callable[[float], object]) -> None:
    """Return when the state is of this release; wait for workers of an older one to stop, and for Redis.

    Args:
        workers: What the living workers answer within so many seconds; we are not among them yet.

    Raises:
        SystemExit: The state is of a newer release.
    """
    _patiently(lambda: context().schema.bring_up(lambda: bool(workers(PING_S))))


def open_beat() -> None:
    """Return unless the state is of a newer release; an older one's is the workers' matter.

    Raises:
        SystemExit: It is of a newer one.
    """
    _patiently(context().schema.is_ours)


def _patiently(look: Callable[[], object]) -> None:
    address = context().settings.redis_address
    while True:
        try:
            with ours(address):
                look()
        except NewerState as error:
            sys.stderr.write(f"error: {error.message}\n")
            sys.exit(FAILED)
        except WrongRelease as error:
            log.warning("waiting_for_old_release", error=error.message)
        except (StoreUnreachable, DeadlinePassed) as error:
            log.warning("state_out_of_reach", why=error.message)
        else:
            return
        time.sleep(AGAIN_S)
