"""Check, before worker or beat begins, that the state in Redis is of this release."""

import sys
import time
from collections.abc import Callable

import structlog

from pipeline.core.errors import DeadlinePassed, NewerState, StoreUnreachable, WrongRelease
from pipeline.redis_address import RedisAddress
from pipeline.settings import Settings
from pipeline.state.schema import Schema
from pipeline.state.store import PATIENT_TRIES, connect, ours
from worker.process import context

AGAIN_S = 2.0  # between two looks: for old workers to stop, for Redis to come back
PING_S = 1.0  # a worker that lives answers in milliseconds
FAILED = 3  # exit code

log = structlog.get_logger()


def open_worker(workers: Callable[[float], object]) -> None:
    """Bring the state to this release; wait for workers of an older one to stop, and for Redis.

    Args:
        workers: Returns the answers of living workers within so many seconds; this one is not among them yet.

    Raises:
        SystemExit: The state is of a newer release.
    """
    ctx = context()
    _patiently(lambda: ctx.schema.bring_up(lambda: bool(workers(PING_S))), ctx.settings.redis_address)


def open_beat(settings: Settings) -> None:
    """End (`SystemExit`) if the state is of a newer release; an older one is brought up by the workers."""
    _patiently(Schema(connect(settings.redis_address, PATIENT_TRIES)).is_ours, settings.redis_address)


def _patiently(look: Callable[[], object], address: RedisAddress) -> None:
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
