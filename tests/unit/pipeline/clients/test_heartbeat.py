"""A ping is a call as any other, and nobody waits for a monitor that hangs."""

import base64
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from pipeline.clients.heartbeat import Heartbeat, Pings
from pipeline.core.errors import BadRequest, BadResponse, LaikeError, TransportTrouble
from tests.unit.pipeline.clients.conftest import Serve
from tests.unit.pipeline.clients.stub import told
from tests.unit.pipeline.clients.wire import Wire, reply

CHECK = "/canary-4711"


def ping(server: Wire, address: str = "", *, good: bool = True) -> None:
    Heartbeat(f"{address or server.url}{CHECK}").ping("ok: 7 of 7 是", good=good)


def failing(server: Wire) -> LaikeError:
    with pytest.raises(LaikeError) as caught:
        ping(server)
    assert "canary" not in told(caught.value)
    return caught.value


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.mark.parametrize(("good", "path"), [(True, CHECK), (False, f"{CHECK}/fail")])
def test_a_ping_is_text_and_its_answer_may_be_any(serve: Serve, path: str, *, good: bool) -> None:
    server = serve(reply(200, b"OK"))
    ping(server, good=good)
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(f"POST {path} HTTP/1.1\r\n".encode())
    assert b"text/plain" in head
    assert body.decode() == "ok: 7 of 7 是"


def test_what_stands_after_the_path_stays_behind_fail(serve: Serve) -> None:
    server = serve(reply(200, b"OK"))
    Heartbeat(f"{server.url}{CHECK}?create=1").ping("bad", good=False)
    assert server.requests[0].startswith(f"POST {CHECK}/fail?create=1 ".encode())


@pytest.mark.parametrize("status", [301, 307])
def test_a_ping_is_not_posted_again_to_another_host(serve: Serve, status: int) -> None:
    elsewhere = serve(reply(200, b"OK"))
    server = serve(reply(status, b"", {"Location": f"{elsewhere.url}/stolen"}))
    assert type(failing(server)) is BadRequest
    assert elsewhere.requests == []


def test_a_ping_carries_no_password_of_a_netrc(serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password canary\n", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(netrc))
    server = serve(reply(200, b"OK"))
    ping(server)
    assert b"authorization" not in server.requests[0].lower()


def test_a_password_in_the_address_is_sent_and_not_told(serve: Serve) -> None:
    server = serve(reply(200, b"OK"))
    ping(server, server.url.replace("://", "://me:canary@"))
    assert b"\r\nAuthorization: Basic " + base64.b64encode(b"me:canary") in server.requests[0]
    with pytest.raises(TransportTrouble) as caught:
        ping(server, "http://me:canary@127.0.0.1:1")
    assert "127.0.0.1:1" in caught.value.message
    assert "canary" not in told(caught.value)


def test_a_monitor_that_drips_is_given_up(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.clients.heartbeat.TIMEOUT_S", 0.2)
    server = serve(b"HTTP/1.1 200 OK\r\n", *[b"X: x\r\n"] * 100, b"\r\n", pause_s=0.02)
    assert type(failing(server)) is TransportTrouble
    assert server.sent < 100


def test_a_monitor_that_answers_without_end_is_given_up(serve: Serve) -> None:
    server = serve(b"HTTP/1.1 200 OK\r\n\r\n", *[b"x" * (1 << 20)] * 100)
    assert type(failing(server)) is BadResponse
    assert server.sent < 100


def test_who_ends_a_run_does_not_wait_for_a_monitor_that_hangs_and_the_newest_word_is_sent_in_the_end() -> None:
    hangs, said, ended = threading.Event(), list[int](), threading.Event()
    pings = Pings()

    def word(number: int) -> None:
        hangs.wait(20)
        said.append(number)
        if number == 16:
            ended.set()

    for number in range(17):  # more than there are threads
        pings.send(lambda number=number: word(number), patience_s=0.01)  # type: ignore[misc]
    assert said == []
    assert threading.active_count() < 16
    hangs.set()
    assert ended.wait(20)
    assert said == [0, 16]


def test_who_waits_with_a_word_that_is_replaced_goes_on() -> None:
    hangs, pings = threading.Event(), Pings()
    pings.send(lambda: _done(hangs), patience_s=0.01)
    with ThreadPoolExecutor() as pool:
        replaced = [pool.submit(pings.send, lambda: None, 20) for _ in range(8)]
        hangs.set()
    assert [one.result() for one in replaced] == [None] * 8


def _done(event: threading.Event) -> None:
    assert event.wait(20)


def test_what_breaks_a_ping_is_told_soon_or_late() -> None:
    go_on, pings = threading.Event(), Pings()

    def broken() -> None:
        assert go_on.wait(20)
        raise ZeroDivisionError

    with capture_logs() as logs:
        pings.send(broken, patience_s=0.01)
        go_on.set()
        with pytest.raises(ZeroDivisionError):
            pings.send(broken, patience_s=20)
    assert [line["event"] for line in logs] == ["heartbeat_broke"]
