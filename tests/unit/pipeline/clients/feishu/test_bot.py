import json
import socket
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from pipeline.clients.feishu.bot import Bot, sign
from pipeline.core.errors import BadRequest, LaikeError, ServerTrouble, Throttled, TransportTrouble
from tests.unit.pipeline.clients.conftest import Serve
from tests.unit.pipeline.clients.stub import told
from tests.unit.pipeline.clients.wire import Wire, ok, reply

HOOK = "/open-apis/bot/v2/hook/canary-4711"
CARD = {"schema": "2.0", "header": {"title": "卡"}}
NOW = datetime(2026, 2, 12, 7, 0, 20, 500_000, tzinfo=UTC)
# printf '1599360473\ndemo' is the key: printf '' | openssl dgst -sha256 -mac HMAC -macopt hexkey:$KEY -binary | base64
SIGNATURE = "l1N0gAcBjdwBvGm1xMjOF0XSyaLRpR7tuO5dHfhAYc8="


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def send(server: Wire, secret: str | None = None) -> str:
    return Bot(server.url + HOOK, secret).send(CARD, NOW)


def failing(act: Callable[[], object]) -> LaikeError:
    with pytest.raises(LaikeError) as caught:
        act()
    return caught.value


def sent(server: Wire) -> tuple[str, dict[str, object]]:
    (request,) = server.requests
    head, _, body = request.partition(b"\r\n\r\n")
    return head.splitlines()[0].decode(), json.loads(body)


def test_a_card_is_posted_as_documented(serve: Serve) -> None:
    server = serve(ok())
    send(server)
    assert sent(server) == (f"POST {HOOK} HTTP/1.1", {"msg_type": "interactive", "card": CARD})


def test_what_the_bot_answers_is_returned(serve: Serve) -> None:
    assert send(serve(ok({"code": 0, "msg": "success"}))) == "code 0, success"


def test_a_secret_signs_the_message_by_the_second(serve: Serve) -> None:
    server = serve(ok())
    send(server, "demo")
    _, body = sent(server)
    stamp = str(int(NOW.timestamp()))
    assert body == {"msg_type": "interactive", "card": CARD, "timestamp": stamp, "sign": sign(stamp, "demo")}


def test_the_signature_is_that_of_an_independent_tool() -> None:
    assert sign("1599360473", "demo") == SIGNATURE


@pytest.mark.parametrize("code", [11232, 11233])
def test_a_crowded_minute_is_throttling(serve: Serve, code: int) -> None:
    error = failing(lambda: send(serve(ok({"code": code, "msg": "frequency"}))))
    assert type(error) is Throttled
    assert error.code == code


@pytest.mark.parametrize("body", [{"code": 19021, "msg": "sign match fail"}, {"code": 9499, "msg": "too big"}, {}])
def test_a_refused_card_is_told_with_the_bot_s_words(serve: Serve, body: dict[str, object]) -> None:
    error = failing(lambda: send(serve(ok(body or {"msg": "?"}))))
    assert type(error) is BadRequest
    assert str(body.get("msg", "?")) in error.message
    assert error.code == body.get("code")


def refused() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}{HOOK}"
    Bot(url, "canary-secret").send(CARD, NOW)


@pytest.mark.parametrize(
    ("pieces", "kind"),
    [
        ([], TransportTrouble),
        ([reply(200, b"<html>")], TransportTrouble),
        ([reply(500, b"<html>")], ServerTrouble),
        ([reply(429, b"<html>")], Throttled),
        ([reply(502, b'{"error": "upstream"}')], ServerTrouble),
        ([reply(429, b'{"error": "upstream"}')], Throttled),
        ([ok({"code": 19021, "msg": "no"})], BadRequest),
        ([ok({"code": 11232, "msg": "no"})], Throttled),
    ],
)
def test_no_error_tells_the_hook_or_the_secret(serve: Serve, pieces: list[bytes], kind: type[LaikeError]) -> None:
    server = serve(*pieces)
    error = failing(lambda: send(server, "canary-secret"))
    assert type(error) is kind
    assert "canary" not in told(error)
    assert len(server.requests) == 1  # a card has no idempotency key: it is not posted again


def test_a_bot_out_of_reach_is_told_without_its_hook() -> None:
    error = failing(refused)
    assert type(error) is TransportTrouble
    assert "127.0.0.1" in error.message
    assert "canary" not in told(error)
