"""A ping to an outside monitor. Follows the protocol of healthchecks.io: POST the check's address, or it and `/fail`.

The address is itself the secret: it never stands in a log line or a message.
"""

from dataclasses import dataclass, field

import requests

from pipeline.core.errors import BadRequest, TransportTrouble

TIMEOUT_S = 5
HTTP_REFUSED = 400


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The address of a check."""

    url: str = field(repr=False)

    def ping(self, words: str, *, good: bool) -> None:
        """Say that all is well, or that it is not; `words` stand in the check's log.

        Raises:
            TransportTrouble: No answer.
            BadRequest: The monitor refuses the ping.
        """
        try:
            answer = requests.post(self.url if good else f"{self.url}/fail", words.encode(), timeout=TIMEOUT_S)
        except requests.RequestException as error:
            raise TransportTrouble(f"heartbeat: no answer ({type(error).__name__})") from None
        if answer.status_code >= HTTP_REFUSED:
            raise BadRequest(f"heartbeat: HTTP {answer.status_code}")
