"""The Feishu envelope: tenant token, error codes, pages.

Follows 飞书开放平台: 自建应用获取 tenant_access_token, 通用错误码, 频控策略. `code` in the body says
whether a call succeeded: the same code comes with different HTTP statuses.
"""

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol, TypeVar

from pydantic import BaseModel, ValidationError

from pipeline.clients.http import READ_TIMEOUT_S, Answer, Http, reset_s
from pipeline.clients.retry import READ, WRITE, RetryPolicy
from pipeline.clients.tally import Tally
from pipeline.core.errors import (
    BadRequest,
    BadResponse,
    BatchTooLarge,
    ColumnVanished,
    DeadlinePassed,
    LaikeError,
    NeedsPerson,
    NotFoundYet,
    Retryable,
    RowRefused,
    RowVanished,
    ServerTrouble,
    TableFull,
    Throttled,
    TokenExpired,
)

TENANT_TOKEN = "/open-apis/auth/v3/tenant_access_token/internal"  # noqa: S105 a path
TOKEN_MARGIN_S = 600  # the official SDK drops a token so long before its end
NOT_READY_WAIT_S = 3  # 1254607: earlier work is still being done; seconds, not milliseconds
REQUEST_SHOWN = 500  # characters of a refused request that its error shows; payloads hold no secret
HTTP_REFUSED = 400
WRITE_TIMEOUT_S = 15  # with room below the writer lock's lease

ERRORS: Mapping[int, type[LaikeError]] = {
    **dict.fromkeys((99991400, 1254290, 1254291, 1254607, 1254036), Throttled),
    **dict.fromkeys((99991663, 99991665, 99991661, 99991671), TokenExpired),
    **dict.fromkeys((2200, 1500, 5000, 1254002, 1254608, *range(1255001, 1255007), 1255040), ServerTrouble),
    **dict.fromkeys((1254040, 1254041, 1254042, 1254044), NotFoundYet),
    1254043: RowVanished,
    **dict.fromkeys((1254024, 1254045), ColumnVanished),
    **dict.fromkeys((1254015, 1254026, *range(1254060, 1254070), 1254072, 1254074, 1254130), RowRefused),
    1254104: BatchTooLarge,
    1254103: TableFull,
    **dict.fromkeys((10014, 10015, 99991543, 99991662, 99991664, 99991672, 99991673, 99991676, 99991679), NeedsPerson),
    **dict.fromkeys((91403, 99991401, 99991403, 1254301, 1254302, 1254304, 1254306), NeedsPerson),
    **dict.fromkeys((*range(1254003, 1254007), 1254009, 1254100, 1254101, 1254105), NeedsPerson),
    131001: ServerTrouble,
    **dict.fromkeys((131005, 131006), NeedsPerson),
}
# these may have carried a write out although they say no; the others above refuse it
_EFFECT_POSSIBLE = {2200, 1500, 5000, 1254002, 1254608, *range(1255001, 1255007), 1255040}
_ADVICE = {
    **dict.fromkeys((10014, 10015, 99991543), "请检查 LAIKE_FEISHU_APP_ID 和 LAIKE_FEISHU_APP_SECRET。"),
    **dict.fromkeys((99991672, 99991676, 99991679), "请在飞书开放平台为应用补充多维表格权限并发布版本。"),
    **dict.fromkeys((91403, 1254302, 1254304), "请在多维表格「…」→「更多」→「添加文档应用」中给应用「可管理」权限。"),
    99991403: "飞书租户本月 API 调用量已用完: 请升级版本或等到下月 1 日。",
    1254101: "数据表的视图已达上限 200 个 (含他人的个人视图): 请删除不用的视图。",
    131005: "多维表格和知识库中都找不到它: 请从浏览器复制多维表格的完整网址, 填入 LAIKE_BITABLE_APP_TOKEN。",
    131006: "应用无权查看该知识库节点: 请在知识库「成员设置」中添加应用, 并在多维表格中给它「可管理」权限。",
    99991401: "请把服务器 IP 加入飞书应用的 IP 白名单。",
    **dict.fromkeys((1254003, 1254004), "请检查 LAIKE_BITABLE_APP_TOKEN 和 LAIKE_BITABLE_TABLE_ID。"),
}


M = TypeVar("M", bound=BaseModel)


class _Page(BaseModel):
    items: list[dict[str, Any]] | None = None
    has_more: bool | None = None
    page_token: str | None = None
    total: int | None = None


class Shared(Protocol):
    """Where processes find each other's token."""

    def known(self) -> tuple[str, float] | None:
        """A token and for how many seconds it may still be used."""

    def share(self, token: str, seconds: float) -> None:
        """Let the others use a token for so long."""


class TenantToken:
    """The app's token, kept until shortly before its end, here and for the other processes.

    Two that ask at the same time get the same one, so that nobody waits for a lock; asking costs time, no quota.
    """

    def __init__(self, http: Http, app_id: str, app_secret: str, shared: Shared) -> None:
        self._http, self._app_id, self._secret, self._shared = http, app_id, app_secret, shared
        self._lock = threading.Lock()
        self._token, self._good_until = "", 0.0
        self._was_refused = False  # then those that others share may be dead, too

    def current(self) -> str:
        """A token to use now.

        Raises:
            NeedsPerson: The app's id or secret is wrong.
        """
        with self._lock:
            if time.monotonic() >= self._good_until:
                self._take(None if self._was_refused else self._shared.known())
            return self._token

    def ask(self) -> None:
        """Ask the service for a token, whatever is known: the check of the app's id and secret.

        Raises:
            NeedsPerson: The app's id or secret is wrong.
        """
        with self._lock:
            self._fetch()

    def drop(self, refused: str) -> None:
        """Forget a token that was refused."""
        with self._lock:
            if self._token == refused:
                self._was_refused, self._good_until = True, 0.0

    def _take(self, known: tuple[str, float] | None) -> None:
        if known:
            self._keep(*known)
        else:
            self._fetch()

    def _keep(self, token: str, seconds: float) -> None:
        self._token, self._good_until, self._was_refused = token, time.monotonic() + seconds, False

    def _fetch(self) -> None:
        body = {"app_id": self._app_id, "app_secret": self._secret}
        answer = self._http.call("POST", TENANT_TOKEN, json=body)
        if answer.body.get("code") != 0:
            raise error_of(TENANT_TOKEN, answer)
        token, expire = answer.body.get("tenant_access_token"), answer.body.get("expire")
        if not isinstance(token, str) or not isinstance(expire, int):
            raise BadResponse(f"{TENANT_TOKEN}: no token or no expiry in the answer")
        seconds = max(0, expire - TOKEN_MARGIN_S)
        self._keep(token, seconds)
        if seconds:
            self._shared.share(token, seconds)


@dataclass(frozen=True, slots=True)
class Feishu:
    """Calls with the tenant token, repeated by the policies, within the time left."""

    http: Http
    token: TenantToken
    time_left: Callable[[], float]
    before_write: Callable[[], None] = field(default=lambda: None)
    reads: RetryPolicy = field(default=READ)
    writes: RetryPolicy = field(default=WRITE)
    spent: Callable[[], None] = field(default=lambda: None)  # called for each call that costs quota
    tally: Tally = field(default_factory=Tally)

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
            Retryable: With `effect_possible`, when the change may or may not have been made; it is not sent again.
        """
        return self._retried(self.writes, method, path, params, json)

    def pages(
        self, method: str, path: str, *, params: Mapping[str, str] | None = None, json: object = None
    ) -> Iterator[dict[str, Any]]:
        """All items of a list that is paged by `page_token`; the next page is on its way while those of one are used.

        Raises:
            BadResponse: The total changes or is not reached, a page_token repeats, an answer contradicts itself; it may
                come after the last item, so nothing is to be done with them before the end.
        """
        came = 0
        totals: set[object] = set()
        tokens: set[str] = set()
        asked = dict(params or {})
        answer = self.read(method, path, params=asked, json=json)
        with ThreadPoolExecutor(max_workers=1) as ahead:
            while True:
                page = parsed(_Page, answer, path)
                if page.has_more is None and page.total is None:
                    raise BadResponse(f"{path}: code 0 without a list")
                came += len(page.items or [])
                totals.add(page.total)
                if not page.has_more:
                    yield from page.items or []
                    break
                asked = {**asked, "page_token": _next_token(path, page, tokens)}
                coming = ahead.submit(self.read, method, path, params=asked, json=json)
                yield from page.items or []
                answer = coming.result()
        if len(totals) != 1 or not totals <= {None, came}:
            raise BadResponse(f"{path}: total is {totals} but {came} items came")

    def _retried(
        self, policy: RetryPolicy, method: str, path: str, params: Mapping[str, str] | None, body: object
    ) -> dict[str, Any]:
        timeout_s = READ_TIMEOUT_S if policy.blind else WRITE_TIMEOUT_S

        def attempt() -> dict[str, Any]:
            # asking for a token changes nothing, so it is repeated as a read also on the way to a write
            token = self.reads.run(self.token.current, self.time_left())
            self.tally.ask()
            once = partial(self._once, token, timeout_s, method, path, params=params, json=body)
            return policy.run(once, self.time_left())

        with contextlib.suppress(TokenExpired):  # the refused token was dropped: the next one is new
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
        if answer.body.get("code") == 0:
            return _data(path, answer)
        error = error_of(path, answer)
        if isinstance(error, TokenExpired):
            self.token.drop(token)
        if isinstance(error, BadRequest):
            error.add(f"request: {json.dumps(payload, ensure_ascii=False)[:REQUEST_SHOWN]}")
        raise error


def parsed(kind: type[M], data: object, path: str) -> M:
    """A part of an answer, as what was promised.

    Raises:
        BadResponse: It is not that.
    """
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        wrong = ", ".join(sorted({".".join(map(str, item["loc"])) for item in error.errors()}))
        raise BadResponse(f"{path}: the answer lacks what was promised or has it in another shape: {wrong}") from None


def error_of(path: str, answer: Answer) -> LaikeError:
    """The error that an answer's `code` stands for."""
    body, request_id = answer.body, answer.headers.get("X-Tt-Logid")
    code = body.get("code")
    if not isinstance(code, int):
        return BadResponse(f"{path}: HTTP {answer.status} without a code", request_id=request_id)
    kind = ERRORS.get(code, BadRequest)
    message = f"{path}: code {code}, {body.get('msg')}"
    if issubclass(kind, Retryable):
        wait = NOT_READY_WAIT_S if code == 1254607 else reset_s(answer.headers)  # noqa: PLR2004 see the table
        effect = code in _EFFECT_POSSIBLE
        return kind(message, retry_after=wait, effect_possible=effect, code=code, request_id=request_id)
    return kind(message, what_to_do=_ADVICE.get(code), code=code, request_id=request_id)


def _data(path: str, answer: Answer) -> dict[str, Any]:
    data = answer.body.get("data") or {}
    if not isinstance(data, dict):
        raise BadResponse(f"{path}: data is no object", request_id=answer.headers.get("X-Tt-Logid"))
    return data


def _next_token(path: str, page: _Page, seen: set[str]) -> str:
    if not page.page_token or page.page_token in seen:
        raise BadResponse(f"{path}: has_more without a new page_token")
    seen.add(page.page_token)
    return page.page_token
