import json
import math
import threading
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from pipeline.clients.http import Answer
from pipeline.clients.oceanengine.api import ERRORS, OceanEngine, data_of, error_of
from pipeline.clients.retry import READ, RetryPolicy
from pipeline.core.errors import (
    AccountUnavailable,
    BadRequest,
    BadResponse,
    DeadlinePassed,
    LaikeError,
    NeedsPerson,
    ServerTrouble,
    Throttled,
    TokenExpired,
    TransportTrouble,
)
from pipeline.core.token import Entrance
from tests.unit.pipeline.clients.stub import Plain, StubHttp, answer, data

PATH = "/open_api/v3.0/local/report/promotion/get/"
QUICK = RetryPolicy(attempts=READ.attempts, scale=0)
Params = dict[str, object]


class Tokens:
    """Hands out one token until it is renewed."""

    def __init__(self) -> None:
        self.token, self.refused = "t1", list[str]()

    def current(self) -> str:
        return self.token

    def renew(self, refused: str) -> str:
        self.refused.append(refused)
        self.token = f"t{len(self.refused) + 1}"
        return self.token


class Calm:
    """A limiter that lets everybody through and notes who came."""

    def __init__(self) -> None:
        self.waits, self.pauses = list[str](), list[tuple[str, float]]()

    def wait(self, endpoint: str) -> None:
        self.waits.append(endpoint)

    def pause(self, endpoint: str, seconds: float) -> None:
        self.pauses.append((endpoint, seconds))


def api(http: StubHttp, time_left: Callable[[], float] = lambda: 600) -> tuple[OceanEngine, Tokens, Calm]:
    tokens, limiter = Tokens(), Calm()
    return (
        OceanEngine(http, tokens, limiter, time_left, Entrance("https://ad.example/oauth.html"), QUICK),
        tokens,
        limiter,
    )


def says(code: int, message: str = "words", **headers: str) -> Answer:
    return answer({"code": code, "message": message, "request_id": "r1"}, headers)


def failing(http: StubHttp) -> LaikeError:
    with pytest.raises(LaikeError) as caught:
        api(http)[0].get(PATH, {})
    return caught.value


# 巨量引擎, 返回码: the code, what it means to us.
CODES = {
    AccountUnavailable: [40000, 40001, 40002, 40130, 40200, 40201, 40300, 40301, 40900, 41234, 50003, 50004, 50005, 7],
    BadRequest: [40003, 40104, 40108, 40109],
    Throttled: [40100, 40110],
    NeedsPerson: [40101, 40103, 40106, 40107, 40115, 40118, 40119],
    TokenExpired: [40102, 40105],
    ServerTrouble: [50000, 50001, 50002, 51007, 51010, 59999],
}
TABLE = [(code, kind) for kind, codes in CODES.items() for code in codes]


@pytest.mark.parametrize(("code", "kind"), TABLE)
def test_each_code_is_its_own_kind_of_trouble(code: int, kind: type[LaikeError]) -> None:
    error = error_of(PATH, says(code, "账户不存在"))
    assert type(error) is kind
    assert (error.code, error.request_id) == (code, "r1")
    assert PATH in error.message
    assert f"code {code}, 账户不存在" in error.message


def test_the_table_here_names_every_code_of_the_table_there() -> None:
    assert set(ERRORS) <= {code for code, _ in TABLE}
    assert all(dict(TABLE)[code] is kind for code, kind in ERRORS.items())


def test_a_token_that_a_person_must_renew_says_how() -> None:
    assert "laike token url" in error_of(PATH, says(40103)).for_maintainer
    assert "laike token url" not in error_of(PATH, says(40300)).for_maintainer


def test_a_wrong_app_and_a_missing_permission_are_not_mended_by_another_token() -> None:
    assert "LAIKE_OCEANENGINE_SECRET" in error_of(PATH, says(40101)).for_maintainer
    assert "权限" in error_of(PATH, says(40118)).what_to_do
    assert "敏感物料" in error_of(PATH, says(40119)).what_to_do


def test_an_account_without_activity_that_is_limited_costs_nobody_else_and_says_so() -> None:
    oceanengine, _, limiter = api(StubHttp(says(40130)))
    with pytest.raises(AccountUnavailable) as caught:
        oceanengine.get(PATH, {})
    assert "不影响其他账户" in caught.value.what_to_do
    assert limiter.pauses == []


@pytest.mark.parametrize("header", ["x-ogw-ratelimit-reset", "X-RateLimit-RetryIn"])
def test_throttling_says_how_long_when_the_service_does(header: str) -> None:
    error = error_of(PATH, says(40110, **{header: "300"}))
    assert isinstance(error, Throttled)
    assert error.retry_after == 300


@pytest.mark.parametrize("body", [{}, {"code": "0"}, {"code": None}, {"code": False}, {"message": "OK", "data": {}}])
def test_an_answer_without_a_code_is_no_success(body: Plain) -> None:
    with pytest.raises(BadResponse, match="without a code"):
        data_of(PATH, answer(body))


@pytest.mark.parametrize("status", [429, 500, 502])
def test_a_read_that_a_gateway_answers_is_repeated(status: int) -> None:
    gateway = answer({"error": "upstream"}, {"Retry-After": "4"}, status=status)
    http = StubHttp(*[gateway] * 3, data(a=1))
    oceanengine, _, limiter = api(http)
    assert oceanengine.get(PATH, {}) == {"a": 1}
    assert len(http.calls) == 4
    assert limiter.pauses == [(PATH, 4)] * 3 * (status == 429)


@pytest.mark.parametrize("body", [{"code": 0}, {"code": 0, "data": None}, {"code": 0, "data": []}])
def test_success_without_data_is_no_success(body: Plain) -> None:
    with pytest.raises(BadResponse, match="without data"):
        data_of(PATH, answer({**body, "request_id": "r1"}))


def test_a_get_sends_the_token_and_each_list_or_object_as_one_json_text() -> None:
    http = StubHttp(data(x=1))
    params: Params = {
        "n": 7600000000000000001,
        "day": date(2026, 2, 1),
        "metrics": ["消耗", "b"],
        "filtering": {"a": 1},
    }
    assert api(http)[0].get(PATH, params) == {"x": 1}
    (call,) = http.calls
    assert (call.method, call.path, call.json) == ("GET", PATH, None)
    assert call.headers == {"Access-Token": "t1"}
    assert call.params == {"n": "7600000000000000001", "day": "2026-02-01"} | {
        "metrics": '["消耗", "b"]',
        "filtering": '{"a": 1}',
    }


def test_each_attempt_waits_for_its_slot_first() -> None:
    http = StubHttp(says(50000), TransportTrouble("no answer", effect_possible=True), data())
    oceanengine, _, limiter = api(http)
    oceanengine.get(PATH, {})
    assert len(http.calls) == 3
    assert limiter.waits == [PATH] * 3
    assert limiter.pauses == []


@pytest.mark.parametrize(("headers", "seconds"), [({}, 1), ({"x-ogw-ratelimit-reset": "12"}, 12)])
def test_throttling_pauses_the_endpoint_for_everybody(headers: dict[str, str], seconds: float) -> None:
    oceanengine, _, limiter = api(StubHttp(says(40100, **headers), data()))
    oceanengine.get(PATH, {})
    assert limiter.pauses == [(PATH, seconds)]


def test_http_429_without_json_pauses_the_endpoint_for_everybody() -> None:
    oceanengine, _, limiter = api(StubHttp(Throttled("HTTP 429", retry_after=4), data()))
    oceanengine.get(PATH, {})
    assert limiter.pauses == [(PATH, 4)]


def test_a_refused_token_is_renewed_once_and_the_call_repeated() -> None:
    http = StubHttp(says(40102), data(x=1))
    oceanengine, tokens, _ = api(http)
    assert oceanengine.get(PATH, {}) == {"x": 1}
    assert tokens.refused == ["t1"]
    assert [call.headers["Access-Token"] for call in http.calls] == ["t1", "t2"]


def test_a_token_that_is_refused_again_needs_a_person() -> None:
    http = StubHttp(says(40105))
    oceanengine, tokens, _ = api(http)
    with pytest.raises(NeedsPerson) as caught:
        oceanengine.get(PATH, {})
    assert tokens.refused == ["t1"]
    assert len(http.calls) == 2
    assert (caught.value.code, caught.value.request_id) == (40105, "r1")
    assert "laike token exchange" in caught.value.for_maintainer
    assert caught.value.link == "https://ad.example/oauth.html"
    assert "t1" not in str(caught.value).replace("promotion", "")


def test_nothing_is_sent_after_the_time_is_up() -> None:
    http = StubHttp(data())
    with pytest.raises(DeadlinePassed):
        api(http, lambda: 0.0)[0].get(PATH, {})
    assert http.calls == []


@pytest.mark.parametrize(("left", "timeout_s"), [(600.0, 20), (4.5, 4.5)])
def test_a_call_may_last_as_long_as_there_is_time(left: float, timeout_s: float) -> None:
    http = StubHttp(data())
    api(http, lambda: left)[0].get(PATH, {})
    assert http.calls[0].timeout_s == timeout_s


def test_a_server_that_stays_down_is_tried_as_often_as_the_policy_says() -> None:
    http = StubHttp(says(50000))
    assert type(failing(http)) is ServerTrouble
    assert len(http.calls) == READ.attempts


@pytest.mark.parametrize("code", [40003, 40002, 40118])
def test_what_a_repetition_does_not_heal_is_sent_once(code: int) -> None:
    http = StubHttp(says(code))
    failing(http)
    assert len(http.calls) == 1


class Pages(StubHttp):
    """Serves rows in pages of 100; `lie` may change each page before it goes out."""

    def __init__(self, rows: int, lie: Callable[[int, Plain], None] = lambda _number, _data: None) -> None:
        super().__init__()
        self.rows, self.lie, self.lock = [{"id": n, "day": "d"} for n in range(rows)], lie, threading.Lock()

    def call(self, method: str, path: str, **how: Any) -> Answer:  # noqa: ANN401 as the base takes them
        with self.lock:
            self.answers = [data()]
            super().call(method, path, **how)
        number = int(how["params"]["page"])
        total = len(self.rows)
        info = {"page": number, "page_size": 100, "total_number": total, "total_page": math.ceil(total / 100)}
        made: Plain = {"list": self.rows[(number - 1) * 100 : number * 100], "page_info": info}
        self.lie(number, made)
        return data(**made)


def read(http: StubHttp) -> list[Plain]:
    return api(http)[0].pages(PATH, {"a": "b"}, "list", ("id", "day"))


@pytest.mark.parametrize("rows", [0, 1, 100, 101, 250, 1000])
def test_all_rows_of_all_pages_come_in_their_order(rows: int) -> None:
    http = Pages(rows)
    assert [row["id"] for row in read(http)] == list(range(rows))
    asked = sorted(int((call.params or {})["page"]) for call in http.calls)
    assert asked == list(range(1, max(1, math.ceil(rows / 100)) + 1))
    assert {(call.params or {})["page_size"] for call in http.calls} == {"100"}
    assert {(call.params or {})["a"] for call in http.calls} == {"b"}


def test_rows_that_are_absent_from_an_empty_page_are_none() -> None:
    assert read(Pages(0, lambda _, page: page.pop("list"))) == []


def on(number: int, **changes: Any) -> Callable[[int, Plain], None]:  # noqa: ANN401 what a page may say
    """A lie on one page: keys of `page_info`, or of the page itself; `None` removes."""

    def lie(page: int, made: Plain) -> None:
        for name, value in changes.items() if page == number else ():
            target = made["page_info"] if name in made["page_info"] else made
            target.update({name: value})
            if value is None:
                del target[name]

    return lie


def lists(**facts: object) -> list[Plain]:
    return api(StubHttp(data(**facts)))[0].pages(PATH, {}, "list", ("id",))


NOTHING = {"page": 1, "page_size": 100, "total_number": 0}
EMPTY = {
    "[] on no page": {"list": [], "page_info": {**NOTHING, "total_page": 0}},
    "[] on one page": {"list": [], "page_info": {**NOTHING, "total_page": 1}},
    "null on no page": {"list": None, "page_info": {**NOTHING, "total_page": 0}},
    "null on one page": {"list": None, "page_info": {**NOTHING, "total_page": 1}},
    "absent on no page": {"page_info": {**NOTHING, "total_page": 0}},
    "absent on one page": {"page_info": {**NOTHING, "total_page": 1}},
    "[] without page_info": {"list": []},
    "null without page_info": {"list": None},
    "[] with page_info null": {"list": [], "page_info": None},
}


@pytest.mark.parametrize("answer", EMPTY.values(), ids=EMPTY.keys())
def test_a_list_without_rows_is_none_whatever_its_shape(answer: Plain) -> None:
    assert lists(**answer) == []


PROMISED = {
    "rows without page_info": {"list": [{"id": 1}]},
    "rows with page_info null": {"list": [{"id": 1}], "page_info": None},
    "rows although there are none": {"list": [{"id": 1}], "page_info": {**NOTHING, "total_page": 1}},
    "no rows although there is one": {"list": [], "page_info": {**NOTHING, "total_number": 1, "total_page": 1}},
    "null although there is one": {"list": None, "page_info": {**NOTHING, "total_number": 1, "total_page": 1}},
    "nothing on two pages": {"list": [], "page_info": {**NOTHING, "total_page": 2}},
    "neither rows nor page_info": {},
    "another list": {"accounts": []},
}


@pytest.mark.parametrize("answer", PROMISED.values(), ids=PROMISED.keys())
def test_rows_without_a_word_on_the_whole_or_a_word_without_rows_is_an_error(answer: Plain) -> None:
    with pytest.raises(BadResponse):
        lists(**answer)


@pytest.mark.parametrize("answer", EMPTY.values(), ids=EMPTY.keys())
def test_where_there_were_rows_before_only_a_clear_word_is_believed(answer: Plain) -> None:
    made = api(StubHttp(data(**answer)))[0]
    if answer.get("page_info"):
        assert made.pages(PATH, {}, "list", ("id",), stated=True) == []
    else:
        with pytest.raises(BadResponse):
            made.pages(PATH, {}, "list", ("id",), stated=True)


ROW = {"id": 7, "day": "d"}
SUSPICIOUS = {
    "no page_info": on(1, page_info=None),
    "no page_info later": on(3, page_info=None),
    "page_info of another shape": on(1, page_info=[1]),
    "no page number": on(2, page=None),
    "no total": on(1, total_number=None),
    "another page than asked for": on(2, page=1),
    "a total that changes": on(3, total_number=251),
    "a total that changes with its pages": on(3, total_number=301, total_page=4),
    "fewer pages than the total needs": on(1, total_page=2),
    "more pages than the total needs": on(1, total_page=4),
    "no total_page": on(1, total_page=None),
    "fewer rows than promised": on(3, list=[ROW]),
    "more rows than promised": on(2, list=[{"id": n, "day": "e"} for n in range(101)]),
    "an empty page in the middle": on(2, list=[]),
    "no rows in the middle": on(2, list=None),
    "a page repeated": on(2, list=[{"id": n, "day": "d"} for n in range(100)]),
    "a row that comes twice": on(3, list=[ROW] * 50),
    "rows that are no list": on(1, list={"a": 1}),
    "rows that are no objects": on(1, list=[1] * 100),
}


@pytest.mark.parametrize("lie", SUSPICIOUS.values(), ids=SUSPICIOUS.keys())
def test_a_suspicious_page_is_an_error_and_never_the_end(lie: Callable[[int, Plain], None]) -> None:
    with pytest.raises(BadResponse):
        read(Pages(250, lie))


def test_a_row_of_another_day_is_another_row() -> None:
    rows = [{"id": 7, "day": "d"}, {"id": 7, "day": "e"}]
    http = StubHttp(data(list=rows, page_info={"page": 1, "total_number": 2, "total_page": 1}))
    assert read(http) == rows


def test_an_error_on_a_later_page_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    http = Pages(250)
    whole = http.call

    def broken(method: str, path: str, **how: Any) -> Answer:  # noqa: ANN401 as the base takes them
        return says(40002) if how["params"]["page"] == "3" else whole(method, path, **how)

    monkeypatch.setattr(http, "call", broken)
    with pytest.raises(AccountUnavailable):
        read(http)


def test_no_error_quotes_the_token_or_the_parameters() -> None:
    http = StubHttp(says(40102))
    oceanengine, tokens, _ = api(http)
    tokens.token = "canary"
    with pytest.raises(NeedsPerson) as caught:
        oceanengine.get(PATH, {"secret": "canary"})
    assert "canary" not in json.dumps([str(caught.value), repr(caught.value.trouble())])
