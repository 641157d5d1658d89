"""A file that is touched as long as a process does its work: a health check that costs nothing.

The worker touches it after each look of its watchdog, which needs Redis; beat with each turn of its loop.
"""

from pathlib import Path

from celery.beat import PersistentScheduler

from pipeline.settings import Settings


def beat(file: Path | None) -> None:
    """Touch the file, where there is to be one."""
    if file:
        file.touch()


class BeatingScheduler(PersistentScheduler):
    """Celery's own scheduler, with a heartbeat."""

    def tick(self, *args: object, **options: object) -> float:
        """One turn of the loop: send what is due; seconds until the next one."""
        beat(Settings.load().heartbeat_file)
        wait: float = super().tick(*args, **options)
        return wait
