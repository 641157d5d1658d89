"""A ping to an outside monitor. Follows the protocol of healthchecks.io: POST the check's address, or it and `/fail`.

The address is itself the secret: it never stands in a log line or a message.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import structlog

from pipeline.clients.http import Http
from pipeline.core.errors import BadRequest

TIMEOUT_S = 5
PATIENCE_S = 1  # a working monitor answers sooner; the end of a run waits no longer
HTTP_REDIRECT = 300

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The address of a check."""

    url: str = field(repr=False)

    def ping(self, words: str, *, good: bool) -> None:
        """Say that all is well, or that it is not; `words` stand in the check's log.

        Raises:
            TransportTrouble: No answer.
            BadRequest: The monitor refuses the ping, or wants it elsewhere.
        """
        parts = urlsplit(self.url)
        path = parts._replace(scheme="", netloc="", path=parts.path if good else f"{parts.path}/fail").geturl()
        http = Http("heartbeat", f"{parts.scheme}://{parts.netloc}")
        try:
            status = http.post_text(path, words, timeout_s=TIMEOUT_S, label="ping")
        finally:
            http.close()  # the next one is hours away
        if status >= HTTP_REDIRECT:
            raise BadRequest(f"heartbeat: HTTP {status}")


class Pings:
    """Sends pings beside the work: one at a time, and of those that wait only the newest."""

    def __init__(self) -> None:
        self._sender = ThreadPoolExecutor(max_workers=1, thread_name_prefix="heartbeat")
        self._lock = threading.Lock()
        self._newest: Future[None] | None = None

    def send(self, ping: Callable[[], None], patience_s: float = PATIENCE_S) -> None:
        """Send one, and wait a moment for its end; it goes on by itself if that takes longer.

        Raises:
            Exception: What `ping` raised within that moment; later it is logged.
        """
        with self._lock:
            if self._newest:
                self._newest.cancel()  # an older word that nobody has heard yet
            self._newest = sent = self._sender.submit(ping)
        if not wait([sent], patience_s).done:
            sent.add_done_callback(_tell)
        elif not sent.cancelled():
            sent.result()


def _tell(sent: "Future[None]") -> None:
    if not sent.cancelled() and (error := sent.exception()):
        log.error("heartbeat_broke", exc_info=error)
