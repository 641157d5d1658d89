"""A call ends by one clock, whatever drips, on the way there and on the way back."""

import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest

from pipeline.clients.http import Http
from pipeline.core.errors import TransportTrouble
from tests.tls import Front, _carry
from tests.unit.pipeline.clients.conftest import Connect, Serve
from tests.unit.pipeline.clients.wire import Wire, ok

SHORT_S, PAUSE_S, PIECES = 0.2, 0.02, 100  # what drips would be whole after two seconds
TLS_S = 1.0  # a handshake takes its time on a machine that has much to do
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
HEAD = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n"
BODY = b'{"code": 0}'
DRIPS: dict[str, Sequence[bytes]] = {
    "the status line": [b"HTTP/1.1 200 ", *[b"K"] * PIECES, b"\r\nConnection: close\r\n\r\n", BODY],
    "a header": [HEAD % len(BODY) + b"X: ", *[b"x"] * PIECES, b"\r\n\r\n", BODY],
    "what says to go on": [*[b"HTTP/1.1 100 Continue\r\n\r\n"] * PIECES, HEAD % len(BODY) + b"\r\n", BODY],
    "the body": [HEAD % (len(BODY) + PIECES) + b"\r\n", *[b" "] * PIECES, BODY],
    "a chunk's size": [CHUNKED, b"b;", *[b"x"] * PIECES, b"\r\n%s\r\n0\r\n\r\n" % BODY],
    "what comes after the chunks": [CHUNKED, b"b\r\n%s\r\n0\r\n" % BODY, *[b"X: x\r\n"] * PIECES, b"\r\n"],
}


def late(http: Http, timeout_s: float = SHORT_S, **what: object) -> TransportTrouble:
    with pytest.raises(TransportTrouble) as caught:
        http.call("POST", "/a", timeout_s=timeout_s, **what)  # type: ignore[arg-type]
    return caught.value


@pytest.fixture
def secured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Wire], str]]:
    """Puts TLS before a server."""
    with ExitStack() as stack:

        def made(server: Wire) -> str:
            front = Front(server.server_address[1], tmp_path)
            stack.callback(front.close)
            monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(front.ca))
            return f"https://127.0.0.1:{front.port}"

        yield made


@pytest.mark.parametrize("what", DRIPS)
def test_an_answer_that_drips_is_given_up_when_the_time_is_up(serve: Serve, connect: Connect, what: str) -> None:
    server = serve(*DRIPS[what], pause_s=PAUSE_S)
    assert late(connect(server.url)).effect_possible
    assert server.sent < PIECES


@pytest.mark.parametrize("what", ["a header", "the body"])
def test_so_it_is_over_tls(serve: Serve, connect: Connect, secured: Callable[[Wire], str], what: str) -> None:
    server = serve(*DRIPS[what], pause_s=PAUSE_S)
    assert late(connect(secured(server)), TLS_S).effect_possible
    assert server.sent < PIECES


def test_a_call_over_tls_is_answered(serve: Serve, connect: Connect, secured: Callable[[Wire], str]) -> None:
    http = connect(secured(serve(ok({"code": 0, "words": "x" * 200_000}))))
    assert len(http.call("POST", "/a", json={"a": "x" * 200_000}).body["words"]) == 200_000


def through(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, proxy)


def test_a_call_over_tls_is_answered_through_a_proxy(
    serve: Serve, connect: Connect, secured: Callable[[Wire], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(ok({"code": 0, "words": "x" * 200_000}))
    url = secured(server)
    with socket.create_server(("127.0.0.1", 0)) as ear:
        threading.Thread(target=_relay, args=[ear, int(url.rpartition(":")[2])]).start()
        through(monkeypatch, f"http://127.0.0.1:{ear.getsockname()[1]}")
        monkeypatch.delenv("NO_PROXY")
        http = connect(url)
        assert len(http.call("POST", "/a", json={"a": 1}).body["words"]) == 200_000
        http.close()
    assert server.requests[0].endswith(b'{"a": 1}')


def _relay(ear: socket.socket, port: int) -> None:
    """A proxy for one connection."""
    caller, _ = ear.accept()
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += caller.recv(1 << 16)
    assert head.startswith(b"CONNECT 127.0.0.1:%d " % port)
    called = socket.create_connection(("127.0.0.1", port))
    caller.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    threading.Thread(target=_carry, args=(caller, called)).start()
    _carry(called, caller)


def test_a_proxy_whose_answer_to_connect_drips_is_given_up(
    serve: Serve, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = serve(b"HTTP/1.1 200 OK\r\n", *[b"X: x\r\n"] * PIECES, b"\r\n", pause_s=PAUSE_S)
    through(monkeypatch, proxy.url)
    late(connect("https://service.invalid"))
    assert proxy.requests[0].startswith(b"CONNECT service.invalid:443 ")
    assert proxy.sent < PIECES


def test_a_handshake_that_drips_is_given_up(serve: Serve, connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    record = b"\x16\x03\x03\x40\x00"  # of 16 KiB that never come whole
    proxy = serve(b"HTTP/1.1 200 OK\r\n\r\n", record, *[b"x"] * PIECES, pause_s=PAUSE_S)
    through(monkeypatch, proxy.url)
    late(connect("https://service.invalid"))
    assert proxy.sent < PIECES


def resolving(monkeypatch: pytest.MonkeyPatch, port: int, *addresses: str) -> str:
    """An address of a service whose name has these addresses."""
    real = socket.getaddrinfo
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    def answered(host: str, *rest: Any, **more: Any) -> object:  # noqa: ANN401 as the original
        return found if host == "service.example" else real(host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", answered)
    monkeypatch.setenv("NO_PROXY", "service.example,127.0.0.1")
    return f"http://service.example:{port}"


@pytest.fixture
def deaf() -> Iterator[int]:
    """A port, of every address of this machine, whose queue of callers is full: connecting takes for ever."""
    with socket.socket() as ear, ExitStack() as callers:
        ear.bind(("0.0.0.0", 0))  # noqa: S104 to be there under several addresses
        ear.listen(0)
        for _ in range(3):
            caller = callers.enter_context(socket.socket())
            caller.settimeout(0)
            caller.connect_ex(("127.0.0.1", ear.getsockname()[1]))
        yield ear.getsockname()[1]


def test_all_addresses_of_a_name_share_the_time(connect: Connect, deaf: int, monkeypatch: pytest.MonkeyPatch) -> None:
    url = resolving(monkeypatch, deaf, *(f"127.0.0.{last}" for last in (1, 2, 3, 4)))
    called, real = list[object](), socket.socket.connect

    def noted(self: socket.socket, address: Any) -> None:  # noqa: ANN401 as the original
        called.append(address)
        real(self, address)

    monkeypatch.setattr(socket.socket, "connect", noted)
    error = late(connect(url))
    assert not error.effect_possible
    assert len(called) == 1


def test_an_address_that_refuses_makes_room_for_the_next(
    serve: Serve, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(ok())  # only at 127.0.0.1
    url = resolving(monkeypatch, server.server_address[1], "127.0.0.9", "127.0.0.1")
    assert connect(url).call("GET", "/a").status == 200
    assert f"Host: {url.removeprefix('http://')}".encode() in server.requests[0]


def test_a_resolver_that_is_silent_is_given_up(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()

    def silent(*_: object, **__: object) -> None:
        over.wait(5)
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", silent)
    http = connect("http://service.example")
    error = late(http)
    assert not over.is_set()
    assert not error.effect_possible
    over.set()


def test_a_service_that_takes_what_is_sent_by_drips_is_given_up(
    serve: Serve, connect: Connect, secured: Callable[[Wire], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.tls._carry", _sip)
    server = serve(ok())
    error = late(connect(secured(server)), TLS_S, json={"a": "x" * 15_000_000})
    assert error.effect_possible
    assert server.requests == []  # that came whole


def _sip(one: socket.socket, other: socket.socket) -> None:
    pause = threading.Event()
    with suppress(OSError):
        while piece := one.recv(100_000):
            other.sendall(piece)
            pause.wait(PAUSE_S)
    for end in (one, other):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()


def test_each_call_over_a_connection_has_its_own_time(serve: Serve, connect: Connect) -> None:
    server = serve(ok().replace(b"Connection: close\r\n", b""), pause_s=SHORT_S)
    http = connect(server.url)
    for _ in range(3):
        http.call("GET", "/a", timeout_s=2 * SHORT_S)
    assert server.connections == 1
