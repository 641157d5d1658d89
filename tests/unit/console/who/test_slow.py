"""Clients that dribble are cut off, and others are served meanwhile; measured on a real uvicorn with short times."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from console.who.slow import BODY_MOST, HEADERS_MOST, LIMITS, PunctualProtocol, SlowBody
from emulator.server import listen

SHORT_S, PATIENCE_S = 0.3, 5.0
GET = b"GET / HTTP/1.1\r\nHost: x\r\n"
POST = b"POST / HTTP/1.1\r\nHost: x\r\n"


class Hasty(PunctualProtocol):
    headers_s = reading_s = SHORT_S


async def answer(request: Request) -> Response:
    form = await request.form() if request.method == "POST" else {}
    return PlainTextResponse("x" * int(request.query_params.get("bytes", "0")) or f"ok {len(form)}")


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    app = Starlette(
        routes=[Route("/", answer, methods=["GET", "POST"])],
        middleware=[Middleware(SlowBody, seconds=SHORT_S)],
        max_body_size=BODY_MOST,
    )
    server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_config=None, **{**LIMITS, "http": Hasty}))
    with closing(listen("127.0.0.1", 0)) as sock:
        thread = threading.Thread(target=server.run, args=([sock],), daemon=True)
        thread.start()
        yield sock.getsockname()[1]
        server.should_exit = True
        thread.join(PATIENCE_S)


def told(port: int, *parts: bytes, pause_s: float = 0.0) -> tuple[bytes, float]:
    """What a connection answers until it is closed, and after how many seconds that is."""
    begun = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as sock:
        with suppress(ConnectionError):
            for part in parts:
                sock.sendall(part)
                time.sleep(pause_s)
        received = b""
        with suppress(ConnectionError):
            while data := sock.recv(65536):
                received += data
        return received, time.monotonic() - begun


def test_who_is_quick_is_answered(port: int) -> None:
    assert told(port, GET, b"Connection: close\r\n\r\n")[0].endswith(b"ok 0")
    body = b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 3\r\nConnection: close\r\n\r\na=b"
    assert told(port, POST, body)[0].endswith(b"ok 1")


@pytest.mark.parametrize("parts", [[], [b"G"] * 40, [GET, *[b"X: y\r\n"] * 40]])
def test_headers_that_dribble_are_cut_off(parts: list[bytes], port: int) -> None:
    received, seconds = told(port, *parts, pause_s=0.05)
    assert received == b""
    assert seconds < 2 + 40 * 0.05


def test_a_second_request_that_dribbles_is_cut_off_too(port: int) -> None:
    received, seconds = told(port, GET + b"\r\n", GET, *[b"X: y\r\n"] * 40, pause_s=0.05)
    assert received.count(b"200 OK") == 1
    assert seconds < 2 + 42 * 0.05


def test_a_body_that_dribbles_is_answered_408_and_closed(port: int) -> None:
    head = b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 5000\r\n\r\n"
    received, seconds = told(port, POST + head, *[b"a"] * 40, pause_s=0.05)
    assert received.startswith(b"HTTP/1.1 408")
    assert seconds < 2 + 40 * 0.05


def test_a_body_that_nobody_wants_may_not_dribble_for_ever(port: int) -> None:
    received, seconds = told(port, GET + b"Content-Length: 5000\r\n\r\n", *[b"a"] * 40, pause_s=0.05)
    assert received.startswith(b"HTTP/1.1 200")
    assert seconds < 2 + 40 * 0.05


def test_who_does_not_read_the_answer_is_cut_off(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as sock:
        sock.sendall(GET.replace(b"/ ", b"/?bytes=50000000 ") + b"\r\n")
        time.sleep(4 * SHORT_S)
        received = 0
        with suppress(ConnectionError):
            while data := sock.recv(1 << 20):
                received += len(data)
    assert received < 50_000_000


def test_a_body_above_the_limit_is_refused_whether_or_not_it_says_its_length(port: int) -> None:
    kind = b"Content-Type: application/x-www-form-urlencoded\r\n"
    length = f"Content-Length: {BODY_MOST + 1}\r\n\r\n".encode()
    assert told(port, POST + kind + length)[0].startswith(b"HTTP/1.1 413")
    chunks = [b"1000\r\n" + b"a" * 0x1000 + b"\r\n"] * (BODY_MOST // 0x1000 + 1)
    chunked = told(port, POST + kind + b"Transfer-Encoding: chunked\r\n\r\n", *chunks)[0]
    assert chunked.startswith(b"HTTP/1.1 413")


def test_headers_above_the_limit_are_refused(port: int) -> None:
    received, _ = told(port, GET + b"X: " + b"y" * (HEADERS_MOST + 1))
    assert received.startswith(b"HTTP/1.1 400") or received == b""


def test_others_are_served_while_many_dribble(port: int) -> None:
    dribbling = [socket.create_connection(("127.0.0.1", port)) for _ in range(100)]
    try:
        for sock in dribbling:
            sock.sendall(GET)
        begun = time.monotonic()
        assert told(port, GET, b"Connection: close\r\n\r\n")[0].endswith(b"ok 0")
        assert time.monotonic() - begun < 1
    finally:
        for sock in dribbling:
            sock.close()
