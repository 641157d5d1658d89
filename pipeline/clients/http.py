"""The HTTP client for all calls: services, the group's bot, an outside monitor.

A call uses the connection used last, ends by the clock, bounds the body, follows no redirect, sends no netrc, maps
foreign errors to ours and logs one line. It uses the machine's proxy and certificates.
Nothing here repeats a request: a library's own retry may resend a POST whose answer was lost.
"""

import contextlib
import logging
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from time import perf_counter
from typing import Any

import requests
import structlog

from pipeline.clients.body import ENCODING, BodySpace, Unfit, body_of, parse
from pipeline.clients.transport import FOREIGN, check_headers, trouble_of
from pipeline.clients.wall_clock import TimedAdapter, within
from pipeline.core.bounds import wait_s
from pipeline.core.errors import BadResponse, LaikeError, ServerTrouble, Throttled, TransportTrouble

CONNECT_TIMEOUT_S = 5
READ_TIMEOUT_S = 20  # a report takes 2 s; a silent service delays recovery by this much
RESTED_S = 10  # a connection idle for longer may have been dropped on the way without notice
WAITS = ("x-ogw-ratelimit-reset", "X-RateLimit-RetryIn", "Retry-After")  # Feishu's, Ocean Engine's, the standard one
HTTP_TOO_MANY = 429
HTTP_SERVER_ERROR = 500
REDIRECTS = range(300, 400)

log = structlog.get_logger()
# the library's own lines quote the whole address, and one endpoint wants the token in its query
logging.getLogger("urllib3").setLevel(logging.ERROR)


@dataclass(frozen=True, slots=True)
class Answer:
    """A JSON object that a service answered, with any HTTP status. Figures are exact (`Decimal`)."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: dict[str, Any] = field(repr=False)  # may hold a token

    @property
    def code(self) -> int | None:
        """The service's own code, 0 for success; `None` if a gateway answered instead."""
        code = self.body.get("code")
        return code if type(code) is int else None


class _Session(requests.Session):
    """A session that follows no redirect: the library would read its whole body, unbounded."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Follow nothing."""


class Http:
    """Calls to one service; `base_url` has no slash at the end."""

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
            timeout_s: For the whole call, from the name's look-up to the last byte of the body.
            label: Replaces a secret path in logs and messages.

        Raises:
            TransportTrouble: No answer, a redirect, or no JSON object.
            ServerTrouble: HTTP 5xx without a JSON body.
            Throttled: HTTP 429 without a JSON body.
            BadResponse: A body that is too large, has too many values, or is nested too deeply.
            BadRequest: A header holds what HTTP cannot carry.
            NeedsPerson: A certificate is not trusted, or the machine's proxy or CA settings are wrong.
        """
        what, started = f"{self.service} {method} {label or path}", perf_counter()
        check_headers(what, headers or {})
        request = {"method": method, "url": self.base_url + path, "params": params, "json": json, "headers": headers}
        with BodySpace() as space:
            response, content = self._send(what, timeout_s, space, **request)
            body, unfit = _parsed(content)
        self._log(method, label or path, response, body or {}, perf_counter() - started)
        if body is None or response.status_code in REDIRECTS:  # not the service's, whatever the body says
            raise _not_an_answer(what, response, unfit)
        return Answer(response.status_code, response.headers, body)

    def post_text(self, path: str, words: str, *, timeout_s: float, label: str) -> int:
        """Send a text; the HTTP status of the answer, whose body may be anything. Raises as `call` does."""
        started, headers = perf_counter(), {"Content-Type": "text/plain; charset=utf-8"}
        request = {"method": "POST", "url": self.base_url + path, "data": words.encode(), "headers": headers}
        with BodySpace() as space:
            response, _ = self._send(f"{self.service} POST {label}", timeout_s, space, **request)
        self._log("POST", label, response, {}, perf_counter() - started)
        return response.status_code

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

    def _send(
        self,
        what: str,
        timeout_s: float,
        space: BodySpace,
        **request: Any,  # noqa: ANN401 the library's parameters
    ) -> tuple[requests.Response, bytearray]:
        # not chained: the library's exceptions quote the whole address with its query, or a header
        session, patience = self._take(), (min(CONNECT_TIMEOUT_S, timeout_s), timeout_s)
        try:
            with within(timeout_s):
                response = session.request(**request, timeout=patience, allow_redirects=False, stream=True)
                with contextlib.ExitStack() as unread:
                    unread.callback(response.close)  # an unread body holds its connection
                    content = body_of(response, space)
                    unread.pop_all()
        except Unfit as error:
            trouble: LaikeError = _not_an_answer(what, response, str(error))
        except FOREIGN as error:
            trouble = trouble_of(what, self.base_url, error, session.proxies)
        else:
            self._free.append((perf_counter(), session))
            return response, content
        session.close()
        log.debug("call", service=self.service, failed=str(trouble))
        raise trouble

    def new_session(self) -> requests.Session:
        """A session with this machine's proxy and certificates."""
        session, adapter = _Session(), TimedAdapter()
        session.mount("https://", adapter)
        session.mount("http://", adapter)
        session.headers["Accept-Encoding"] = ENCODING
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))  # keep no cookies
        here = session.merge_environment_settings(self.base_url, {}, None, None, None)
        session.proxies, session.verify = here["proxies"], here["verify"]
        session.trust_env = False  # do not look for them at each call, nor let a netrc replace our token
        return session

    def close(self) -> None:
        """Close idle connections."""
        while self._free:
            self._free.pop()[1].close()

    def _take(self) -> requests.Session:
        """A session for one call: the idle one used last, by whatever thread, else a new one."""
        with contextlib.suppress(IndexError):  # none is free
            while True:
                used_at, session = self._free.pop()
                if perf_counter() - used_at < RESTED_S:
                    return session
                session.close()
        return self.new_session()


def _parsed(content: bytearray) -> tuple[dict[str, Any] | None, str | None]:
    """The JSON object in a body, or why it was not parsed."""
    try:
        return parse(content), None
    except Unfit as error:
        return None, str(error)


def _not_an_answer(
    what: str, response: requests.Response, unfit: str | None
) -> ServerTrouble | Throttled | BadResponse | TransportTrouble:
    if response.status_code == HTTP_TOO_MANY:
        return Throttled(f"{what}: HTTP 429", retry_after=reset_s(response.headers))
    if response.status_code >= HTTP_SERVER_ERROR:
        return ServerTrouble(f"{what}: HTTP {response.status_code}", effect_possible=True)
    if unfit:
        return BadResponse(f"{what}: HTTP {response.status_code} with {unfit}")
    why = ", a redirect" if response.status_code in REDIRECTS else " with a body that is no JSON object"
    return TransportTrouble(f"{what}: HTTP {response.status_code}{why}", effect_possible=True)


def without_code(path: str, answer: Answer, request_id: str | None) -> ServerTrouble | Throttled | BadResponse:
    """The error of an answer without a usable `code`: a gateway's, told by its HTTP status.

    A gateway's answer does not tell what the service did: a write must be looked up.
    """
    what = f"{path}: HTTP {answer.status} without a code"
    if answer.status == HTTP_TOO_MANY:
        wait = reset_s(answer.headers)
        return Throttled(what, retry_after=wait, effect_possible=True, request_id=request_id)
    if answer.status >= HTTP_SERVER_ERROR:
        return ServerTrouble(what, effect_possible=True, request_id=request_id)
    return BadResponse(what, request_id=request_id)


def reset_s(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, from the first header of `WAITS` that holds a wait; `None`: none does."""
    said = (wait_s(headers.get(name)) for name in WAITS)
    return next((wait for wait in said if wait is not None), None)
