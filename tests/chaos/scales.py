"""Weighs workers while they work."""

import re
import threading
import time
from pathlib import Path

import psutil

from tests.workers import Member

MEMORY_MIB = 150  # a worker's limit, whatever the work

# how workers hold memory where they are meant to run
ALLOCATOR = dict(re.findall(r"(MALLOC_\w+)=(\d+)", Path("Dockerfile").read_text("utf-8")))


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
