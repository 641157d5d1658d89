"""One HTTP call: on the connection that was used last, a timeout on everything, foreign errors made ours, one log line.

Nothing here repeats a request: a library's own retry may resend a POST whose answer was lost.
"""

import contextlib
import json as jsonlib
import logging
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from time import perf_counter
from typing import Any

import requests
import structlog
from urllib3.exceptions import HTTPError

from pipeline.clients.transport import trouble_of
from pipeline.core.bounds import wait_s
from pipeline.core.errors import ServerTrouble, Throttled, TransportTrouble
from pipeline.core.text import whole_characters

CONNECT_TIMEOUT_S = 5
READ_TIMEOUT_S = 20  # a report takes 2 s; a service that keeps silent holds a healing run up for so long
RESTED_S = 10  # a connection that was not used for so long may have been forgotten on the way, which tells nobody
PIECE_BYTES = 1 << 16
WAITS = ("x-ogw-ratelimit-reset", "X-RateLimit-RetryIn", "Retry-After")  # Feishu's, Ocean Engine's, anybody's
HTTP_TOO_MANY = 429
HTTP_SERVER_ERROR = 500

log = structlog.get_logger()
# the library's own lines quote the whole address, and one endpoint wants the token in its query
logging.getLogger("urllib3").setLevel(logging.ERROR)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service answered: a JSON object, whatever the HTTP status. Figures are exact (`Decimal`)."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: dict[str, Any] = field(repr=False)  # of some calls a token


class Http:
    """Calls to one service.

    Args:
        service: The service's name in logs and messages.
        base_url: Where it is, without a slash at the end.
    """

    def __init__(self, service: str, base_url: str) -> None:
        self.service = service
        self.base_url = base_url
        self._free: deque[tuple[float, requests.Session]] = deque()  # each with one connection, the last used on top

    def call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        json: object = None,
        headers: Mapping[str, str] | None = None,
        timeout_s: float = READ_TIMEOUT_S,
        label: str | None = None,
    ) -> Answer:
        """Send one request and parse its answer.

        Args:
            timeout_s: For the whole call, also when the answer drips; silence within it counts from its last piece.
            label: What stands in logs and messages instead of a path that is itself a secret.

        Raises:
            TransportTrouble: No answer, or one that is not a JSON object.
            ServerTrouble: HTTP 5xx without a JSON body.
            Throttled: HTTP 429 without a JSON body.
            BadRequest: A header holds what HTTP cannot carry.
            NeedsPerson: A certificate is not trusted, or the machine's proxy or CA settings are wrong.
        """
        what, started = f"{self.service} {method} {label or path}", perf_counter()
        response, content = self._send(
            what,
            started + timeout_s,
            method=method,
            url=self.base_url + path,
            params=params,
            json=json,
            headers=headers,
            timeout=(min(CONNECT_TIMEOUT_S, timeout_s), timeout_s),
        )
        body = _parse(content)
        self._log(method, label or path, response, body or {}, perf_counter() - started)
        if body is None:
            raise _not_an_answer(what, response)
        return Answer(response.status_code, response.headers, body)

    def _log(
        self, method: str, path: str, response: requests.Response, body: Mapping[str, Any], seconds: float
    ) -> None:
        log.debug(
            "call",
            service=self.service,
            method=method,
            path=path,
            status=response.status_code,
            code=body.get("code"),
            request_id=response.headers.get("X-Tt-Logid") or body.get("request_id"),
            ms=round(seconds * 1000),
        )

    def _send(self, what: str, until: float, **request: Any) -> tuple[requests.Response, bytes]:  # noqa: ANN401 the library's own parameters
        # the library's exceptions quote the whole address with its query, or a header: they are not chained
        session = self._take()
        try:
            response = session.request(**request, allow_redirects=False, stream=True)
            content = _content(response, until)
        except (UnicodeError, OSError, HTTPError) as error:
            trouble = trouble_of(what, self.base_url, error, session.proxies)
        else:
            self._free.append((perf_counter(), session))
            return response, content
        session.close()
        log.debug("call", service=self.service, failed=str(trouble))
        raise trouble

    def new_session(self) -> requests.Session:
        """A session with this machine's proxy and certificates."""
        session = requests.Session()
        here = session.merge_environment_settings(self.base_url, {}, None, None, None)
        session.proxies, session.verify = here["proxies"], here["verify"]
        session.trust_env = False  # else it looks for them at each call, and a netrc would replace our token
        return session

    def close(self) -> None:
        """Close the connections that nobody uses just now."""
        while self._free:
            self._free.pop()[1].close()

    def _take(self) -> requests.Session:
        """A session for one call at a time: the one used last, whatever thread that was, else a new one."""
        with contextlib.suppress(IndexError):  # none is free
            while True:
                used_at, session = self._free.pop()
                if perf_counter() - used_at < RESTED_S:
                    return session
                session.close()
        return self.new_session()


def _content(response: requests.Response, until: float) -> bytes:
    body = bytearray()
    while piece := response.raw.read1(PIECE_BYTES, decode_content=True):
        body += piece
        if perf_counter() > until:  # the library's own time-out begins anew with each piece
            response.close()
            raise requests.ReadTimeout
    return bytes(body)


def _parse(content: bytes) -> dict[str, Any] | None:
    try:
        text = content.decode("utf-8-sig")
        body = jsonlib.loads(text, parse_float=Decimal, parse_constant=_no_figure)
    except ValueError:
        return None
    return whole_characters(body, text) if isinstance(body, dict) else None


def _no_figure(name: str) -> object:
    msg = f"{name} is not JSON"
    raise ValueError(msg)


def _not_an_answer(what: str, response: requests.Response) -> ServerTrouble | Throttled | TransportTrouble:
    if response.status_code == HTTP_TOO_MANY:
        return Throttled(f"{what}: HTTP 429", retry_after=reset_s(response.headers))
    if response.status_code >= HTTP_SERVER_ERROR:
        return ServerTrouble(f"{what}: HTTP {response.status_code}", effect_possible=True)
    return TransportTrouble(
        f"{what}: HTTP {response.status_code} with a body that is no JSON object", effect_possible=True
    )


def reset_s(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait as the gateway says, if it does; the first of `WAITS` that holds a wait counts."""
    said = (wait_s(headers.get(name)) for name in WAITS)
    return next((wait for wait in said if wait is not None), None)
