"""A file that is touched as long as a process does its work: a health check that costs nothing.

The worker touches it after each look of its watchdog, which needs Redis; beat with each turn of its loop. Beat also
gives a sign in Redis, where doctor looks for it.
"""

from functools import cache
from pathlib import Path

import structlog
from celery.beat import PersistentScheduler

from pipeline import settings_roles
from pipeline.state.beat import BeatSigns
from pipeline.state.store import StoreTrouble, connect

log = structlog.get_logger()


def beat(file: Path | None) -> None:
    """Touch the file, where there is to be one."""
    if file:
        file.touch()


class BeatingScheduler(PersistentScheduler):
    """Celery's own scheduler, with a heartbeat."""

    def tick(self, *args: object, **options: object) -> float:
        """One turn of the loop: send what is due; seconds until the next one."""
        beat(settings_roles.load().heartbeat_file)
        wait: float = super().tick(*args, **options)
        try:
            _signs().give()
        except StoreTrouble as error:  # its file is touched all the same: the loop turns
            log.warning("no_sign_of_beat", error=type(error).__name__)
        return wait


@cache
def _signs() -> BeatSigns:
    return BeatSigns(connect(settings_roles.load().redis_address))
