import math
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from pipeline.clients.http import Answer
from pipeline.clients.oceanengine.oauth import OAuth
from pipeline.core.errors import BadResponse, LaikeError, NeedsPerson, ServerTrouble, Throttled, TransportTrouble
from pipeline.core.model import CHINA
from tests.unit.pipeline.clients.stub import Plain, StubHttp, answer, data, told

NOW = datetime(2026, 2, 12, 1, 30, tzinfo=UTC)
NO_TOKENS: list[object] = ["", "a b", "a\nb", "\x1b[2J", "令牌", "\ufffd", "x" * 4097, None, 7, True, [], {}]
PAIR: Plain = {
    "access_token": "new-access",
    "refresh_token": "new-refresh",
    "expires_in": 86400,
    "refresh_token_expires_in": 2592000,
}


def refused(http: StubHttp) -> LaikeError:
    with pytest.raises(LaikeError) as caught:
        OAuth(http, "18", "canary-secret").refresh("canary-refresh", NOW)
    return caught.value


def test_a_refresh_sends_exactly_what_is_documented() -> None:
    http = StubHttp(data(**PAIR))
    OAuth(http, "1812345", "the-secret").refresh("old-refresh", NOW)
    (call,) = http.calls
    assert (call.method, call.path, call.params, call.headers) == ("POST", "/open_api/oauth2/refresh_token/", None, {})
    assert call.json == {"app_id": 1812345, "secret": "the-secret"} | {
        "grant_type": "refresh_token",
        "refresh_token": "old-refresh",
    }


def test_the_new_pair_lives_as_long_as_the_answer_says() -> None:
    pair = OAuth(StubHttp(data(**PAIR)), "18", "s").refresh("old", NOW)
    assert (pair.access_token, pair.refresh_token) == ("new-access", "new-refresh")
    assert pair.expires_at == NOW + timedelta(days=1)
    assert pair.refresh_expires_at == NOW + timedelta(days=30)
    assert (pair.expires_at.tzinfo, pair.refresh_expires_at.tzinfo) == (CHINA, CHINA)
    assert pair.generation == int(NOW.timestamp() * 1000)


@pytest.mark.parametrize("app_id", ["app-x", "²", "１２", "1" * 5000], ids=["word", "power", "wide", "long"])
def test_an_app_id_that_is_no_number_is_sent_as_it_is(app_id: str) -> None:
    http = StubHttp(data(**PAIR))
    OAuth(http, app_id, "s").refresh("old", NOW)
    assert http.calls[0].json["app_id"] == app_id


@pytest.mark.parametrize("code", [40103, 40107])
def test_a_refresh_token_that_is_used_up_needs_a_person(code: int) -> None:
    error = refused(StubHttp(answer({"code": code, "message": "no", "request_id": "r1"})))
    assert type(error) is NeedsPerson
    assert (error.code, error.request_id) == (code, "r1")
    assert "laike token url" in error.for_maintainer


@pytest.mark.parametrize(
    "failure",
    [
        TransportTrouble("no answer", effect_possible=True),
        ServerTrouble("HTTP 502", effect_possible=True),
        Throttled("HTTP 429"),
        answer({"code": 50000, "message": "busy"}),
        answer({"code": 40100, "message": "slow"}),
        answer({"error": "upstream"}, status=502),
        answer({"error": "upstream"}, status=429),
    ],
)
def test_a_refresh_is_sent_once_whatever_becomes_of_it(failure: Answer | Exception) -> None:
    http = StubHttp(failure)
    refused(http)
    assert len(http.calls) == 1


@pytest.mark.parametrize("name", ["access_token", "refresh_token"])
def test_a_pair_that_is_not_whole_is_an_error(name: str) -> None:
    for broken in ({key: value for key, value in PAIR.items() if key != name}, {**PAIR, name: None}):
        error = refused(StubHttp(data(**broken)))
        assert type(error) is BadResponse


@pytest.mark.parametrize("name", ["access_token", "refresh_token"])
@pytest.mark.parametrize("said", NO_TOKENS, ids=lambda said: f"{said!s:.9}")
def test_what_no_header_carries_is_no_token(name: str, said: object) -> None:
    for ask in (OAuth.refresh, OAuth.exchange):
        with pytest.raises(BadResponse, match="no whole pair of tokens that can be used"):
            ask(OAuth(StubHttp(data(**PAIR | {name: said})), "18", "s"), "old", NOW)


def test_a_pair_without_a_word_of_its_life_is_kept() -> None:
    tokens = {name: PAIR[name] for name in ("access_token", "refresh_token")}
    pair = OAuth(StubHttp(data(**tokens)), "18", "s").refresh("old", NOW)
    assert pair.expires_at == NOW + timedelta(days=1)
    assert pair.refresh_expires_at == NOW + timedelta(days=30)


@pytest.mark.parametrize(
    "said",
    [
        None,
        "soon",
        True,
        "",
        [],
        {"a": 1},
        "１",
        0,
        -5,
        1771000000,
        10**30,
        math.nan,
        math.inf,
        -math.inf,
        Decimal("1e999"),
    ],
)
def test_a_pair_with_a_life_that_cannot_be_is_kept_for_the_documented_one(said: object) -> None:
    lives = {"expires_in": said, "refresh_token_expires_in": said}
    pair = OAuth(StubHttp(data(**PAIR | lives)), "18", "s").refresh("old", NOW)
    assert (pair.access_token, pair.refresh_token) == ("new-access", "new-refresh")
    assert pair.expires_at == NOW + timedelta(days=1)
    assert pair.refresh_expires_at == NOW + timedelta(days=30)


@pytest.mark.parametrize(
    "http",
    [
        StubHttp(answer({"code": 40107, "message": "no"})),
        StubHttp(data(**{**PAIR, "refresh_token": "canary\nx"})),
        StubHttp(data(access_token="canary-access")),
    ],
)
def test_no_error_quotes_a_secret(http: StubHttp) -> None:
    error = refused(http)
    assert "canary" not in told(error)
