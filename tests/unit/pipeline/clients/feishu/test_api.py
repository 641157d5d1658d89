import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pipeline.clients.feishu.api import Feishu, TenantToken
from pipeline.clients.http import Answer
from pipeline.clients.retry import READ, RetryPolicy
from pipeline.core.errors import (
    BadResponse,
    DeadlinePassed,
    NeedsPerson,
    Retryable,
    ServerTrouble,
    Throttled,
    TransportTrouble,
)
from tests.unit.pipeline.clients.feishu.test_codes import DOUBTFUL, PATH, says
from tests.unit.pipeline.clients.stub import Plain, StubHttp, answer, data, told

AUTH = "/open-apis/auth/v3/tenant_access_token/internal"
Tell = Callable[..., Any]
READS, WRITES = RetryPolicy(scale=0), RetryPolicy(blind=False, scale=0)


class Auth(StubHttp):
    """The service that gives the tenant tokens t-1, t-2 and so on."""

    def __init__(self, *answers: Answer | Exception, expire: int = 7200) -> None:
        super().__init__(*answers)
        self.given, self.expire, self.trouble = 0, expire, list[Answer | Exception]()

    def call(self, method: str, path: str, **how: Any) -> Answer:  # noqa: ANN401 as the base takes them
        if path != AUTH:
            return super().call(method, path, **how)
        self.given += 1
        self.sent = (method, how)
        trouble = self.trouble.pop(0) if self.trouble else None
        if isinstance(trouble, Exception):
            raise trouble
        return trouble or answer({"code": 0, "tenant_access_token": f"t-{self.given}", "expire": self.expire})


class Shelf:
    """Where two processes find each other's token."""

    def __init__(self) -> None:
        self.token, self.end = "", 0.0

    def get(self) -> tuple[str, float] | None:
        left = self.end - time.monotonic()
        return (self.token, left) if left > 0 else None

    def share(self, token: str, seconds: float) -> None:
        self.token, self.end = token, time.monotonic() + seconds


def token_of(http: Auth, shelf: Shelf | None = None) -> TenantToken:
    return TenantToken(http, "cli_1", "canary-secret", shelf or Shelf())


def api(http: Auth, before_write: Callable[[], None] = lambda: None, left: float = 600) -> Feishu:
    return Feishu(http, token_of(http), lambda: left, before_write, READS, WRITES)


@pytest.mark.parametrize("status", [200, 404])
@pytest.mark.parametrize("body", [{}, {"code": "0"}, {"code": False}, {"msg": "ok", "data": {}}])
def test_an_answer_without_a_code_is_no_success(body: Plain, status: int) -> None:
    with pytest.raises(BadResponse, match=f"HTTP {status} without a code"):
        api(Auth(answer(body, status=status))).read("GET", PATH)


def gateway(status: int) -> Answer:
    return answer({"error": "upstream"}, status=status)


@pytest.mark.parametrize("status", [429, 500, 502])
def test_a_read_that_a_gateway_answers_is_repeated(status: int) -> None:
    http = Auth(*[gateway(status)] * 3, data(a=1))
    assert api(http).read("GET", PATH) == {"a": 1}
    assert len(http.calls) == 4


@pytest.mark.parametrize(("status", "kind"), [(429, Throttled), (500, ServerTrouble), (502, ServerTrouble)])
def test_a_write_that_a_gateway_answers_may_be_done_and_is_not_sent_again_by_itself(
    status: int, kind: type[Retryable]
) -> None:
    http = Auth(gateway(status))
    with pytest.raises(kind) as caught:
        api(http).write("POST", PATH)
    assert (caught.value.effect_possible, len(http.calls)) == (True, 1)


@pytest.mark.parametrize("status", [429, 500])
def test_three_gateways_on_the_way_to_the_tenant_token_fail_nothing(status: int) -> None:
    http = Auth(data(a=1))
    http.trouble = [gateway(status)] * 3
    assert api(http).write("POST", PATH) == {"a": 1}


@pytest.mark.parametrize("wrong", [[1], "text", 7])
def test_data_of_another_shape_are_an_error_of_ours(wrong: object) -> None:
    with pytest.raises(BadResponse):
        list(api(Auth(answer({"code": 0, "data": wrong}))).pages("GET", PATH))


def test_a_call_carries_the_tenant_token_and_gives_data() -> None:
    http = Auth(data(a=1))
    assert api(http).read("POST", PATH, params={"p": "1"}, json={"j": 2}) == {"a": 1}
    (call,) = http.calls
    assert (call.method, call.path, call.params, call.json) == ("POST", PATH, {"p": "1"}, {"j": 2})
    assert call.headers == {"Authorization": "Bearer t-1"}
    assert http.sent == ("POST", {"json": {"app_id": "cli_1", "app_secret": "canary-secret"}})


def test_success_without_data_is_a_success_of_a_write() -> None:
    assert api(Auth(answer({"code": 0, "msg": "success"}))).write("POST", PATH) == {}


def test_one_tenant_token_serves_many_calls() -> None:
    http = Auth(data())
    feishu = api(http)
    for _ in range(3):
        feishu.read("GET", PATH)
    assert http.given == 1


@pytest.mark.parametrize(("later", "asked"), [(7200 - 601, 1), (7200 - 599, 2)])
def test_a_tenant_token_is_replaced_600_seconds_before_its_end(
    monkeypatch: pytest.MonkeyPatch, later: float, asked: int
) -> None:
    clock = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    http = Auth(data())
    token = token_of(http)
    assert token.current() == "t-1"
    clock[0] += later
    assert token.current() == f"t-{asked}"
    assert http.given == asked


def test_a_tenant_token_that_is_nearly_over_is_used_but_not_kept() -> None:
    http = Auth(data(), expire=300)
    token = token_of(http)
    assert [token.current(), token.current()] == ["t-1", "t-2"]


@pytest.mark.parametrize("expire", [7201, 10**15, 1771000000])
def test_a_tenant_token_is_kept_and_shared_no_longer_than_one_can_live(
    monkeypatch: pytest.MonkeyPatch, expire: int
) -> None:
    clock = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    shelf = Shelf()
    token = token_of(Auth(data(), expire=expire), shelf)
    assert token.current() == "t-1"
    assert shelf.get() == ("t-1", 7200 - 600)
    clock[0] += 7200 - 600
    assert token.current() == "t-2"


def test_a_token_that_others_share_for_longer_than_it_can_live_is_kept_no_longer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    shelf = Shelf()
    shelf.share("theirs", 86_400)  # as a clock of Redis that stepped back makes of it
    token = token_of(Auth(data()), shelf)
    assert token.current() == "theirs"
    shelf.token = "newer"
    clock[0] += 7200
    assert token.current() == "newer"


@pytest.mark.parametrize("expire", [None, "soon", True, float("nan")])
def test_a_tenant_token_without_a_life_is_no_whole_answer(expire: Any) -> None:  # noqa: ANN401 whatever stands there
    with pytest.raises(BadResponse, match="no expiry"):
        token_of(Auth(data(), expire=expire)).current()


@pytest.mark.parametrize("code", [99991663, 99991665, 99991661, 99991671])
@pytest.mark.parametrize("kind", ["read", "write"])
def test_a_refused_tenant_token_is_replaced_once_and_the_call_repeated(code: int, kind: str) -> None:
    http = Auth(says(code), data(a=1))
    assert getattr(api(http), kind)("POST", PATH) == {"a": 1}
    assert [call.headers["Authorization"] for call in http.calls] == ["Bearer t-1", "Bearer t-2"]


def test_a_tenant_token_that_is_refused_again_needs_a_person() -> None:
    http = Auth(says(99991663))
    with pytest.raises(NeedsPerson) as caught:
        api(http).read("GET", PATH)
    assert (len(http.calls), http.given) == (2, 2)
    assert (caught.value.code, caught.value.request_id) == (99991663, "log1")


def test_a_process_takes_the_token_that_another_one_asked_for_and_for_as_long(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    http, shelf = Auth(data()), Shelf()
    assert token_of(http, shelf).current() == "t-1"
    assert shelf.get() == ("t-1", 7200 - 600)
    clock[0] += 6500
    other = token_of(http, shelf)
    assert (other.current(), http.given) == ("t-1", 1)
    clock[0] += 100
    assert other.current() == "t-2"


def test_after_a_refusal_the_service_is_asked_for_what_others_share_may_be_dead_too() -> None:
    http, shelf = Auth(says(99991663), data(a=1)), Shelf()
    shelf.share("dead", 5000)
    token = token_of(http, shelf)
    assert token.current() == "dead"
    shelf.share("dead as well", 5000)  # of a process that asked later, before the app's secret was reset
    assert Feishu(http, token, lambda: 600, lambda: None, READS, WRITES).read("GET", PATH) == {"a": 1}
    assert (http.given, shelf.token) == (1, "t-1")
    assert token_of(http, shelf).current() == "t-1"


def test_after_a_new_one_that_was_not_refused_a_shared_one_is_taken_again(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    http, shelf = Auth(data()), Shelf()
    token = token_of(http, shelf)
    token.drop(token.current())
    assert token.current() == "t-2"
    clock[0] += 7200
    shelf.share("of another process", 5000)
    assert (token.current(), http.given) == ("of another process", 2)


def test_a_token_that_is_nearly_over_is_not_shared() -> None:
    shelf = Shelf()
    token_of(Auth(data(), expire=600), shelf).current()
    assert shelf.token == ""


def test_to_ask_is_to_call_the_service_whatever_is_known() -> None:
    http, shelf = Auth(data()), Shelf()
    shelf.share("old", 5000)
    token = token_of(http, shelf)
    token.ask()
    assert (token.current(), shelf.token, http.given) == ("t-1", "t-1", 1)


def test_only_the_token_that_was_refused_is_dropped() -> None:
    token = token_of(Auth(data()))
    token.current()
    token.drop("t-0")
    assert token.current() == "t-1"
    token.drop("t-1")
    assert token.current() == "t-2"


def test_wrong_credentials_need_a_person_and_are_not_quoted() -> None:
    http = Auth(data())
    http.trouble = [says(10014)]
    with pytest.raises(NeedsPerson) as caught:
        api(http).read("GET", PATH)
    assert http.calls == []
    assert "LAIKE_FEISHU_APP_SECRET" in caught.value.for_maintainer
    assert "canary" not in told(caught.value)


@pytest.mark.parametrize(
    "body", [{"expire": 7200}, {"tenant_access_token": "t"}, {"tenant_access_token": 7, "expire": 9}]
)
def test_an_answer_without_a_token_or_its_end_is_an_error(body: Plain) -> None:
    http = Auth(data())
    http.trouble = [answer({"code": 0, **body})]
    with pytest.raises(BadResponse):
        api(http).read("GET", PATH)


@pytest.mark.parametrize("token", ["", "a b", "a\nb", "\x1b[2J", "令牌", "x" * 4097], ids=lambda said: f"{said:.9}")
def test_what_no_header_carries_is_no_tenant_token(token: str) -> None:
    http = Auth(data())
    http.trouble = [answer({"code": 0, "tenant_access_token": token, "expire": 7200})]
    with pytest.raises(BadResponse, match="no token"):
        api(http).read("GET", PATH)
    assert http.calls == []


def test_asking_for_a_token_is_repeated_also_on_the_way_to_a_write() -> None:
    http = Auth(data(a=1))
    http.trouble = [TransportTrouble("no answer", effect_possible=True), says(5000)]
    assert api(http).write("POST", PATH) == {"a": 1}
    assert (http.given, len(http.calls)) == (3, 1)


@pytest.mark.parametrize("first", [says(code) for code in DOUBTFUL] + [TransportTrouble("cut", effect_possible=True)])
def test_a_write_that_may_have_had_its_effect_is_sent_once_and_a_read_again(first: Answer | Exception) -> None:
    http = Auth(first, data(a=1))
    with pytest.raises(Retryable) as caught:
        api(http).write("POST", PATH)
    assert caught.value.effect_possible
    assert len(http.calls) == 1
    http = Auth(first, data(a=1))
    assert api(http).read("POST", PATH) == {"a": 1}


@pytest.mark.parametrize("first", [says(1254290), says(1254607), says(1254040), TransportTrouble("refused")])
def test_a_write_that_was_refused_is_sent_again(first: Answer | Exception) -> None:
    http = Auth(first, data(a=1))
    assert api(http).write("POST", PATH) == {"a": 1}
    assert len(http.calls) == 2


def test_before_each_attempt_to_write_and_never_before_a_read_the_writer_is_asked() -> None:
    asked: list[int] = []
    http = Auth(data(total=0))
    feishu = api(http, lambda: asked.append(len(http.calls)))
    feishu.read("POST", PATH)
    list(feishu.pages("POST", PATH))
    assert asked == []
    http.answers = [says(1254290), says(99991663), data()]
    feishu.write("POST", PATH)
    assert asked == [2, 3, 4]


def test_a_writer_that_has_lost_its_lock_sends_nothing() -> None:
    def lost() -> None:
        raise Retryable("the lock was lost")

    http = Auth(data())
    with pytest.raises(Retryable, match="lost"):
        api(http, lost).write("POST", PATH)
    assert http.calls == []


@pytest.mark.parametrize(("left", "read_s", "write_s"), [(600.0, 20, 15), (18.0, 18, 15), (4.0, 4, 4)])
def test_a_call_may_last_as_long_as_there_is_time(left: float, read_s: float, write_s: float) -> None:
    http = Auth(data())
    feishu = api(http, left=left)
    feishu.read("GET", PATH)
    feishu.write("POST", PATH)
    assert [call.timeout_s for call in http.calls] == [read_s, write_s]


@pytest.mark.parametrize("kind", ["read", "write"])
def test_nothing_is_sent_after_the_time_is_up(kind: str) -> None:
    http, asked = Auth(data()), list[int]()
    with pytest.raises(DeadlinePassed):
        getattr(api(http, lambda: asked.append(1), left=0), kind)("POST", PATH)
    assert (http.calls, asked) == ([], [])


def test_a_read_that_stays_down_is_tried_as_often_as_the_policy_says() -> None:
    http = Auth(says(1254290))
    with pytest.raises(Throttled):
        api(http).read("GET", PATH)
    assert len(http.calls) == READ.attempts


A, B, C = {"id": "a"}, {"id": "b"}, {"id": "c"}


def test_the_first_page_is_asked_for_before_anybody_wants_an_item() -> None:
    http = Auth(data(items=[A], has_more=False))
    items = api(http).pages("POST", PATH)
    end = time.monotonic() + 5
    while not http.calls and time.monotonic() < end:
        time.sleep(0.01)
    assert len(http.calls) == 1
    assert list(items) == [A]
    assert len(http.calls) == 1


def test_all_items_of_all_pages_come_in_their_order() -> None:
    http = Auth(
        data(items=[A], has_more=True, page_token="p2", total=3),
        data(items=[B], has_more=True, page_token="p3", total=3),
        data(items=[C], has_more=False, total=3),
    )
    asked = {"page_size": "1"}
    assert list(api(http).pages("POST", PATH, params=asked, json={"f": 1})) == [A, B, C]
    assert [call.params for call in http.calls] == [asked, asked | {"page_token": "p2"}, asked | {"page_token": "p3"}]
    assert [call.json for call in http.calls] == [{"f": 1}] * 3
    assert asked == {"page_size": "1"}


@pytest.mark.parametrize(
    "empty", [{"total": 0, "has_more": False}, {"items": [], "total": 0}, {"items": None, "total": 0}]
)
def test_an_empty_list_is_empty(empty: Plain) -> None:
    assert list(api(Auth(data(**empty))).pages("GET", PATH)) == []


def test_a_list_without_a_total_is_taken_as_it_comes() -> None:
    pages = [data(items=[A], has_more=True, page_token="p2"), data(items=[B], has_more=False)]
    assert list(api(Auth(*pages)).pages("GET", PATH)) == [A, B]


def page(*items: Plain, more: bool = True, **facts: object) -> Answer:
    return data(items=list(items), has_more=more, **facts)


SUSPICIOUS = {
    "has_more without a page_token": [page(A, total=2)],
    "has_more with an empty page_token": [page(A, page_token="", total=2)],
    "has_more with a page_token that is no text": [page(A, page_token=7, total=2)],
    "a page_token repeated": [page(A, page_token="p", total=9), page(B, page_token="p", total=9)],
    "a page_token repeated later": [page(A, page_token=token, total=9) for token in ("p", "q", "p")],
    "a total that changes": [page(A, page_token="p", total=2), page(B, more=False, total=3)],
    "a total that is left out once": [page(A, page_token="p", total=2), page(B, more=False)],
    "a total that is not reached": [page(A, more=False, total=2)],
    "a total that is exceeded": [page(A, B, more=False, total=1)],
    "an empty page that is not the last": [page(page_token="p", total=1), page(A, more=False, total=1)],
    "nothing although there is a total": [data(total=5)],
    "nothing at all": [data()],
    "items of which nobody says whether they are all": [data(items=[A])],
}


@pytest.mark.parametrize("pages", SUSPICIOUS.values(), ids=SUSPICIOUS.keys())
def test_a_suspicious_page_is_an_error_and_never_the_end(pages: list[Answer]) -> None:
    with pytest.raises(BadResponse):
        list(api(Auth(*pages)).pages("GET", PATH))


def pages_without_end(**facts: object) -> Iterator[Answer]:
    return (
        page(*([] if facts.get("empty") else [A]), page_token=f"p{n}", total=facts.get("total")) for n in range(200)
    )


class Endless(Auth):
    """Answers each call with the next of a list that has no end."""

    def __init__(self, pages: Iterator[Answer]) -> None:
        super().__init__()
        self.pages = pages

    def call(self, method: str, path: str, **how: Any) -> Answer:  # noqa: ANN401 as the original
        """The next page."""
        self.answers = [next(self.pages)]
        return super().call(method, path, **how)


@pytest.mark.parametrize(
    ("pages", "calls", "hidden"),
    [
        (pages_without_end(empty=True, total=3), 1, False),
        (pages_without_end(total=3), 5, False),  # the next page is always asked for ahead
        (pages_without_end(total=3), 5, True),
        (pages_without_end(), 51, False),
        (pages_without_end(empty=True, total=3), 51, True),
    ],
    ids=["empty", "more than the total", "more than the total of what is hidden", "no total", "all hidden"],
)
def test_pages_without_end_are_an_error_before_they_cost_the_run(
    pages: Iterator[Answer],
    calls: int,
    hidden: bool,  # noqa: FBT001 a table
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("pipeline.clients.feishu.api.PAGES_MAX", 50)
    http = Endless(pages)
    with pytest.raises(BadResponse):
        list(api(http).pages("GET", PATH, hidden=hidden))
    assert len(http.calls) <= calls
