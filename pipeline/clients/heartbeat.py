"""Ping an outside monitor. Follows the protocol of healthchecks.io: POST to the check's address, or that and `/fail`.

The address is the secret: it is in no log line and no message.
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
PATIENCE_S = 1  # a working monitor answers sooner; a run waits no longer
HTTP_REDIRECT = 300

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The address of a check."""

    url: str = field(repr=False)

    def ping(self, words: str, *, good: bool) -> None:
        """Report success or failure; `words` go to the check's log.

        Raises:
            TransportTrouble: No answer.
            BadRequest: The monitor refuses or redirects the ping.
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
    """Sends pings in a thread, one at a time; a newer ping replaces one that waits."""

    def __init__(self) -> None:
        self._sender = ThreadPoolExecutor(max_workers=1, thread_name_prefix="heartbeat")
        self._lock = threading.Lock()
        self._newest: Future[None] | None = None

    def send(self, ping: Callable[[], None], patience_s: float = PATIENCE_S) -> None:
        """Send one and wait up to `patience_s`; it continues in its thread if it takes longer.

        Raises:
            Exception: What `ping` raised while we waited; a later error is logged.
        """
        with self._lock:
            if self._newest:
                self._newest.cancel()
            self._newest = sent = self._sender.submit(ping)
        if not wait([sent], patience_s).done:
            sent.add_done_callback(_log_error)
        elif not sent.cancelled():
            sent.result()


def _log_error(sent: "Future[None]") -> None:
    if not sent.cancelled() and (error := sent.exception()):
        log.error("heartbeat_broke", exc_info=error)
