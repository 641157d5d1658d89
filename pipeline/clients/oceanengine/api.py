"""The Ocean Engine envelope: token, error codes, pages.

Follows 巨量引擎 Marketing API, 返回码 and the common request format: a list or object is one query parameter of JSON
text; business errors come with HTTP 200 and `code` other than 0.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, Protocol

from pipeline.clients.http import READ_TIMEOUT_S, Answer, Http, reset_s, without_code
from pipeline.clients.oceanengine.paging import PAGE_SIZE, BeyondPages, Page, Rows, check_whole, page_of
from pipeline.clients.retry import READ, RetryPolicy
from pipeline.clients.tally import Tally
from pipeline.core.errors import (
    AccountUnavailable,
    BadRequest,
    BadResponse,
    DeadlinePassed,
    LaikeError,
    NeedsAuthorization,
    NeedsPerson,
    Retryable,
    ServerTrouble,
    Throttled,
    TokenExpired,
)
from pipeline.core.text import one_line
from pipeline.core.token import Entrance

PAGES_AT_ONCE = 8
FIRST_SERVER_CODE = 50000

# codes that do not follow the rule of their range (4xxxx: this account; 5xxxx: the server)
ERRORS: Mapping[int, type[LaikeError]] = {
    **dict.fromkeys((40003, 40104, 40108, 40109), BadRequest),
    **dict.fromkeys((40100, 40110), Throttled),
    **dict.fromkeys((40101, 40103, 40106, 40107, 40115, 40118, 40119), NeedsPerson),
    **dict.fromkeys((40102, 40105), TokenExpired),
    # 40130 is a limit of this account alone: the endpoint is not paused for the others
    **dict.fromkeys((40130, 50003, 50004, 50005), AccountUnavailable),
    51007: ServerTrouble,
}
# the cause behind a code, where its kind does not tell it; other codes that need a person mean a dead token
CAUSES: Mapping[int, str] = {
    40101: "oceanengine_app",
    40115: "auth_code",
    40118: "oceanengine_scope",
    40119: "sensitive_material",
    40130: "account_inactive",
}


class AccessTokens(Protocol):
    """Provides access tokens."""

    def current(self) -> str:
        """A valid token."""

    def renew(self, refused: str) -> str:
        """A new token in place of a refused one."""


class Limiter(Protocol):
    """Keeps calls below the rate."""

    def wait(self, endpoint: str) -> None:
        """Wait until a call to `endpoint` may be sent."""

    def pause(self, endpoint: str, seconds: float) -> None:
        """Stop all calls to `endpoint` for some seconds."""


@dataclass(frozen=True, slots=True)
class OceanEngine:
    """Calls with a token, rate limited, retried by the policy, within the time left."""

    http: Http
    tokens: AccessTokens
    limiter: Limiter
    time_left: Callable[[], float]
    entrance: Entrance  # where a person authorizes again
    policy: RetryPolicy = field(default=READ)
    tally: Tally = field(default_factory=Tally)

    def get(self, path: str, params: Mapping[str, object], token_as: str | None = None) -> dict[str, Any]:
        """`data` of a GET.

        Args:
            token_as: The query parameter that wants the token, too; no message shows it.

        Raises:
            NeedsPerson: The token is refused even after a refresh.
            LaikeError: As the code table says.
        """
        return data_of(path, self._answer(path, params, token_as))

    def get_list(self, path: str, params: Mapping[str, object]) -> list[dict[str, Any]]:
        """`data` of a GET that answers a list of rows; `BadResponse` if it is no such list."""
        answer = self._answer(path, params, None)
        found = answer.body.get("data")
        if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
            raise BadResponse(f"{path}: data is not a list of rows", request_id=answer.body.get("request_id"))
        return found

    def pages(
        self,
        path: str,
        params: Mapping[str, object],
        rows: Rows,
        identity: Sequence[str],
        *,
        stated: bool = False,
        most: int | None = None,
    ) -> list[dict[str, Any]]:
        """All rows of a list: page 1 tells the number of pages, the others are fetched at once.

        Args:
            rows: Where the rows are in `data`.
            identity: The fields that together name a row.
            stated: Believe an empty list only if `page_info` says so.
            most: Rows that the pages of this list reach.

        Raises:
            BeyondPages: There are more than `most`.
            BadResponse: The pages contradict each other.
        """
        first = self._page(path, params, rows, 1, stated=stated)
        if most is not None and first.info.total_number > most:
            raise BeyondPages(path, first.info.total_number, most)
        numbers = range(2, first.info.total_page + 1)
        with ThreadPoolExecutor(max_workers=PAGES_AT_ONCE) as pool:
            pages = [first, *pool.map(lambda number: self._page(path, params, rows, number), numbers)]
        check_whole(path, pages, identity)
        return [row for page in pages for row in page.rows]

    def count(self, path: str, params: Mapping[str, object], rows: Rows) -> int:
        """Count the rows of a list by one call; `BadResponse` if the answer is not a page."""
        return self._page(path, params, rows, 1).info.total_number

    def _page(self, path: str, params: Mapping[str, object], rows: Rows, number: int, *, stated: bool = False) -> Page:
        data = self.get(path, {**params, "page": number, "page_size": PAGE_SIZE})
        return page_of(path, data, rows, number, stated=stated)

    def _answer(self, path: str, params: Mapping[str, object], token_as: str | None) -> Answer:
        used = self.tokens.current()
        try:
            return self._retried(path, params, used, token_as)
        except TokenExpired:
            renewed = self.tokens.renew(used)
        try:
            return self._retried(path, params, renewed, token_as)
        except TokenExpired as error:
            msg = f"the access token is refused right after it was renewed: {error}"
            raise self.entrance.error(msg, code=error.code, request_id=error.request_id) from None

    def _retried(self, path: str, params: Mapping[str, object], token: str, token_as: str | None) -> Answer:
        self.tally.ask(path)
        try:
            return self.policy.run(lambda: self._once(path, params, token, token_as), self.time_left())
        except NeedsPerson as error:
            raise self.entrance.led(error) from None

    def _once(self, path: str, params: Mapping[str, object], token: str, token_as: str | None) -> Answer:
        began = perf_counter()
        self.limiter.wait(path)
        waited_s = perf_counter() - began
        if (left := self.time_left()) <= 0:
            raise DeadlinePassed(f"{path}: not called, the run's time is up")
        query, headers = _query(params), {"Access-Token": token}
        sent = query | {token_as: token} if token_as else query
        self.tally.call(path, waited_s)
        try:
            return _succeeded(
                path, self.http.call("GET", path, params=sent, headers=headers, timeout_s=min(READ_TIMEOUT_S, left))
            )
        except Throttled as error:
            self.limiter.pause(path, error.retry_after or 1)
            raise
        except BadRequest as error:
            error.add(f"request: {query}")
            raise


def data_of(path: str, answer: Answer, refused: str | None = None) -> dict[str, Any]:
    """`data` of an answer.

    Args:
        refused: The cause behind a refusal, for a call that is about no account.

    Raises:
        LaikeError: `code` is not 0.
        BadResponse: There is no `data`.
    """
    data = _succeeded(path, answer, refused).body.get("data")
    if not isinstance(data, dict):
        raise BadResponse(f"{path}: code 0 without data", request_id=answer.body.get("request_id"))
    return data


def _succeeded(path: str, answer: Answer, refused: str | None = None) -> Answer:
    if answer.code != 0:
        raise error_of(path, answer, refused)
    return answer


def error_of(path: str, answer: Answer, refused: str | None = None) -> LaikeError:
    """The error of an answer, by its `code`, else by its HTTP status; `refused` as in `data_of`."""
    code, request_id = answer.code, answer.body.get("request_id")
    if code is None:
        return without_code(path, answer, request_id)
    refusal: type[LaikeError] = NeedsPerson if refused else AccountUnavailable
    kind = ERRORS.get(code, ServerTrouble if code >= FIRST_SERVER_CODE else refusal)
    message = f"{path}: code {code}, {one_line(answer.body.get('message'))}"
    if issubclass(kind, Retryable):
        return kind(message, retry_after=reset_s(answer.headers), code=code, request_id=request_id)
    cause = CAUSES.get(code) or ((refused or NeedsAuthorization.reason) if kind is NeedsPerson else None)
    return kind(message, reason=cause, code=code, request_id=request_id)


def _query(params: Mapping[str, object]) -> dict[str, str]:
    return {
        name: json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else str(value)
        for name, value in params.items()
    }
