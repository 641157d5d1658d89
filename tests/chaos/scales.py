"""Weighs workers while they work."""

import threading
import time

import psutil

from tests.crew import Member

MEMORY_MIB = 150  # a worker's limit, whatever the work


class Scales:
    """The most memory that any of its workers was seen to hold, in MiB."""

    def __init__(self) -> None:
        self.most = 0.0

    def watch(self, member: Member) -> None:
        """Weigh a worker for as long as it lives, in a thread of its own."""
        threading.Thread(target=self._weigh, args=[member], daemon=True).start()

    def _weigh(self, member: Member) -> None:
        while member.alive:
            try:
                self.most = max(self.most, member.rss_mib())
            except psutil.NoSuchProcess:
                return  # it died just now
            time.sleep(0.2)
