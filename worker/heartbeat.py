"""A file that is touched while a process does its work: a cheap health check.

The worker touches it after each look of its watchdog, which needs Redis; beat with each turn of its loop. Beat also
leaves a sign in Redis, for doctor.
"""

from functools import cache
from pathlib import Path

import structlog
from celery.beat import PersistentScheduler

from pipeline import settings_roles
from pipeline.outgoing import guarded
from pipeline.state.beat import BeatSigns
from pipeline.state.store import StoreTrouble, connect
from worker.process import require_file

log = structlog.get_logger()
_untouched: set[Path] = set()  # files whose failure was logged


def beat(file: Path | None) -> None:
    """Touch the heartbeat file, if one is set. A failure is logged once."""
    if not file:
        return
    try:
        file.touch()
    except OSError as error:
        if file not in _untouched:
            log.error("heartbeat_file_not_touched", file=str(file), why=error.strerror or type(error).__name__)
        _untouched.add(file)
    else:
        _untouched.discard(file)


class BeatingScheduler(PersistentScheduler):
    """Celery's own scheduler, with a heartbeat."""

    def setup_schedule(self) -> None:
        """Open the file of its last times; if that fails, the process ends with a sentence."""
        with guarded():
            require_file("LAIKE_BEAT_FILE", Path(self.schedule_filename))
        super().setup_schedule()

    def tick(self, *args: object, **options: object) -> float:
        """One turn of the loop: send what is due; seconds until the next one."""
        beat(settings_roles.load().heartbeat_file)
        wait: float = super().tick(*args, **options)
        try:
            _signs().give()
        except StoreTrouble as error:  # the file is touched all the same: the loop turns
            log.warning("no_sign_of_beat", error=type(error).__name__)
        return wait


@cache
def _signs() -> BeatSigns:
    return BeatSigns(connect(settings_roles.load().redis_address))
