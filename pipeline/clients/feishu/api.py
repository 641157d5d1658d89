"""The Feishu envelope: tenant token, success and error, pages.

Follows 飞书开放平台: 自建应用获取 tenant_access_token. `code` in the body tells whether a call succeeded: the same code
comes with different HTTP statuses.
"""

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from pydantic import BaseModel, ValidationError

from pipeline.clients.feishu.codes import error_of
from pipeline.clients.http import READ_TIMEOUT_S, Answer, Http
from pipeline.clients.retry import READ, WRITE, RetryPolicy
from pipeline.clients.tally import Tally
from pipeline.core.bounds import number
from pipeline.core.errors import BadRequest, BadResponse, DeadlinePassed, NeedsPerson, TokenExpired
from pipeline.core.redaction import hold_passing
from pipeline.core.token import is_token

TENANT_TOKEN = "/open-apis/auth/v3/tenant_access_token/internal"  # noqa: S105 a path
TOKEN_LIFE_S = 7200  # the longest that a token lives
TOKEN_MARGIN_S = 600  # the official SDK drops a token this long before its end
REQUEST_SHOWN = 500  # characters of a refused request that its error shows; payloads hold no secret
LARGEST_PAGE, SMALLEST_PAGE = 500, 20  # 查询记录: page_size at most 500; large rows fit in fewer (1254030)
PAGES_MAX = 10_000  # four times the smallest pages of the largest table
HTTP_REFUSED = 400
WRITE_TIMEOUT_S = 15  # well below the writer lock's lease

M = TypeVar("M", bound=BaseModel)


class _Page(BaseModel):
    items: list[dict[str, Any]] | None = None
    has_more: bool | None = None
    page_token: str | None = None
    total: int | None = None


class PageSize:
    """Records on one page of a search: the documented maximum, fewer once the service refuses it."""

    def __init__(self) -> None:
        self.now = LARGEST_PAGE

    def refused(self) -> None:
        """Ask for fewer from now on."""
        self.now = max(SMALLEST_PAGE, self.now // 5)


class Shared(Protocol):
    """Shares tokens between processes."""

    def get(self) -> tuple[str, float] | None:
        """A shared token and the seconds that it may still be used."""

    def share(self, token: str, seconds: float) -> None:
        """Share a token for some seconds."""


class TenantToken:
    """The app's token, kept until shortly before its end and shared with other processes.

    Two processes that ask at once get the same token, so that they need no lock; asking costs time, no quota.
    """

    def __init__(self, http: Http, app_id: str, app_secret: str, shared: Shared) -> None:
        self._http, self._app_id, self._secret, self._shared = http, app_id, app_secret, shared
        self._lock = threading.Lock()
        self._token, self._good_until = "", 0.0
        self._was_refused = False  # then a shared one may be dead, too

    def current(self) -> str:
        """A valid token; `NeedsPerson` if the app's id or secret is wrong."""
        with self._lock:
            if time.monotonic() >= self._good_until:
                shared = None if self._was_refused else self._shared.get()
                if shared:
                    self._keep(*shared)
                else:
                    self._fetch()
            return self._token

    def ask(self) -> None:
        """Ask the service for a token even if one is at hand; `NeedsPerson` if the app's id or secret is wrong."""
        with self._lock:
            self._fetch()

    def drop(self, refused: str) -> None:
        """Forget a token that was refused."""
        with self._lock:
            if self._token == refused:
                self._was_refused, self._good_until = True, 0.0

    def _keep(self, token: str, seconds: float) -> None:
        hold_passing(token)
        kept = min(seconds, TOKEN_LIFE_S)
        self._token, self._good_until, self._was_refused = token, time.monotonic() + kept, False

    def _fetch(self) -> None:
        body = {"app_id": self._app_id, "app_secret": self._secret}
        answer = self._http.call("POST", TENANT_TOKEN, json=body)
        if answer.code != 0:
            raise error_of(TENANT_TOKEN, answer)
        token, expire = answer.body.get("tenant_access_token"), number(answer.body.get("expire"))
        if not isinstance(token, str) or not is_token(token) or expire is None:
            raise BadResponse(f"{TENANT_TOKEN}: no token or no expiry in the answer")
        seconds = max(0.0, min(expire, TOKEN_LIFE_S) - TOKEN_MARGIN_S)
        self._keep(token, seconds)
        if seconds:
            self._shared.share(token, seconds)


@dataclass(frozen=True, slots=True)
class Feishu:
    """Calls with the tenant token, retried by the policies, within the time left."""

    http: Http
    token: TenantToken
    time_left: Callable[[], float]
    before_write: Callable[[], None] = field(default=lambda: None)
    reads: RetryPolicy = field(default=READ)
    writes: RetryPolicy = field(default=WRITE)
    spent: Callable[[], None] = field(default=lambda: None)  # called for each call that costs quota
    tally: Tally = field(default_factory=Tally)
    page_size: PageSize = field(default_factory=PageSize)

    def read(
        self, method: str, path: str, *, params: Mapping[str, str] | None = None, json: object = None
    ) -> dict[str, Any]:
        """`data` of a call that changes nothing."""
        return self._retried(self.reads, method, path, params, json)

    def write(
        self, method: str, path: str, *, params: Mapping[str, str] | None = None, json: object = None
    ) -> dict[str, Any]:
        """`data` of a call that changes something.

        Raises:
            Retryable: With `effect_possible`: the change may have been made; it is not sent again.
        """
        return self._retried(self.writes, method, path, params, json)

    def pages(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        json: object = None,
        hidden: bool = False,
    ) -> Iterator[dict[str, Any]]:
        """All items of a list that is paged by `page_token`, each page fetched in a thread while the last is used.

        Args:
            hidden: The total may count items that we are not shown.

        Raises:
            BadResponse: The total changes or is not reached, a page_token repeats, the pages have no end, an answer
                contradicts itself; it may come after the last item: act on no item before the end.
        """
        ahead = ThreadPoolExecutor(max_workers=1)

        def ask(**page_token: str) -> "Future[dict[str, Any]]":
            return ahead.submit(self.read, method, path, params={**(params or {}), **page_token}, json=json)

        return _items(path, ask(), ask, hidden=hidden)

    def _retried(
        self, policy: RetryPolicy, method: str, path: str, params: Mapping[str, str] | None, body: object
    ) -> dict[str, Any]:
        timeout_s = READ_TIMEOUT_S if policy.blind else WRITE_TIMEOUT_S

        def attempt() -> dict[str, Any]:
            # asking for a token changes nothing: it is retried as a read, also before a write
            token = self.reads.run(self.token.current, self.time_left())
            self.tally.ask(path)

            def once() -> dict[str, Any]:
                return self._once(token, timeout_s, method, path, params=params, json=body)

            return policy.run(once, self.time_left())

        with contextlib.suppress(TokenExpired):  # the refused token was dropped: the next is new
            return attempt()
        try:
            return attempt()
        except TokenExpired as error:
            msg = f"a new tenant token is refused: {error}"
            raise NeedsPerson(msg, code=error.code, request_id=error.request_id) from None

    def _once(self, token: str, timeout_s: float, method: str, path: str, **payload: Any) -> dict[str, Any]:  # noqa: ANN401 JSON
        if (left := self.time_left()) <= 0:
            raise DeadlinePassed(f"{path}: not called, the run's time is up")
        if timeout_s == WRITE_TIMEOUT_S:
            self.before_write()
        headers = {"Authorization": f"Bearer {token}"}
        self.tally.call(path)
        answer = self.http.call(method, path, headers=headers, timeout_s=min(timeout_s, left), **payload)
        if answer.status < HTTP_REFUSED:  # 4xx and 5xx cost nothing
            self.spent()
        if answer.code == 0:
            return _data(path, answer)
        error = error_of(path, answer)
        if isinstance(error, TokenExpired):
            self.token.drop(token)
        if isinstance(error, BadRequest):
            error.add(f"request: {json.dumps(payload, ensure_ascii=False)[:REQUEST_SHOWN]}")
        raise error


def parsed(kind: type[M], data: object, path: str) -> M:
    """Parse a part of an answer; `BadResponse` if parts are missing or malformed."""
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        wrong = ", ".join(sorted({".".join(map(str, item["loc"])) for item in error.errors()}))
        raise BadResponse(f"{path}: the answer lacks what was promised or has it in another shape: {wrong}") from None


def _items(
    path: str, coming: "Future[dict[str, Any]]", ask: Callable[..., "Future[dict[str, Any]]"], *, hidden: bool
) -> Iterator[dict[str, Any]]:
    came = 0
    totals: set[int | None] = set()
    tokens: set[str] = set()
    while True:
        page = parsed(_Page, coming.result(), path)
        if page.has_more is None and page.total is None:
            raise BadResponse(f"{path}: code 0 without a list")
        came += len(page.items or [])
        totals.add(page.total)
        if page.total is not None and came > page.total:
            raise BadResponse(f"{path}: total is {page.total} but {came} items came")
        if page.has_more:
            if not page.items and not hidden:  # all items of a page may be hidden
                raise BadResponse(f"{path}: has_more after a page without items")
            coming = ask(page_token=_next_token(path, page, tokens))
        yield from page.items or []
        if not page.has_more:
            break
    if len(totals) != 1 or not _adds_up(next(iter(totals)), came, hidden=hidden):
        raise BadResponse(f"{path}: total is {totals} but {came} items came")


def _adds_up(total: int | None, came: int, *, hidden: bool) -> bool:
    return total in (None, came) or (hidden and total is not None and total > came)


def _data(path: str, answer: Answer) -> dict[str, Any]:
    data = answer.body.get("data") or {}
    if not isinstance(data, dict):
        raise BadResponse(f"{path}: data is no object", request_id=answer.headers.get("X-Tt-Logid"))
    return data


def _next_token(path: str, page: _Page, seen: set[str]) -> str:
    if not page.page_token or page.page_token in seen:
        raise BadResponse(f"{path}: has_more without a new page_token")
    if len(seen) >= PAGES_MAX:
        raise BadResponse(f"{path}: more than {PAGES_MAX} pages")
    seen.add(page.page_token)
    return page.page_token
