import gzip
import inspect
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from http.client import HTTPException
from pathlib import Path

import pytest
import requests
from structlog.testing import capture_logs

from pipeline.clients.http import Http
from pipeline.core.errors import (
    BadRequest,
    LaikeError,
    NeedsPerson,
    Retryable,
    ServerTrouble,
    Throttled,
    TransportTrouble,
)
from tests.unit.pipeline.clients.conftest import Connect, Serve
from tests.unit.pipeline.clients.stub import told
from tests.unit.pipeline.clients.wire import Wire, ok, reply

CANARY = "canary-4711"


def unused() -> str:
    """An address where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


def children(kind: type[Exception]) -> set[type[Exception]]:
    return {kind}.union(*(children(child) for child in kind.__subclasses__()))


def refused_by(http: Http, **how: float) -> Retryable:
    """The trouble of a write that fails."""
    with pytest.raises(Retryable) as caught:
        http.call("POST", "/write", json={"a": 1}, timeout_s=how.get("timeout_s", 5))
    return caught.value


def test_a_refused_connection_names_the_address_and_had_no_effect(connect: Connect) -> None:
    url = unused()
    error = refused_by(connect(url))
    assert type(error) is TransportTrouble
    assert not error.effect_possible
    assert url in error.message
    assert "/write" in error.message


def test_a_name_that_does_not_resolve_had_no_effect(connect: Connect) -> None:
    assert not refused_by(connect("http://nobody.invalid")).effect_possible


def test_a_server_that_hangs_up_after_reading_may_have_acted_and_was_asked_once(serve: Serve, connect: Connect) -> None:
    server = serve()
    error = refused_by(connect(server.url))
    assert type(error) is TransportTrouble
    assert error.effect_possible
    assert len(server.requests) == 1
    assert server.requests[0].startswith(b"POST /write ")


def test_a_server_that_does_not_answer_in_time_may_have_acted(serve: Serve, connect: Connect) -> None:
    server = serve(stall=True)
    error = refused_by(connect(server.url), timeout_s=0.1)
    assert type(error) is TransportTrouble
    assert error.effect_possible
    assert "ReadTimeout" in error.message
    assert len(server.requests) == 1


def test_the_time_out_is_that_of_the_whole_call_also_when_bytes_drip(serve: Serve, connect: Connect) -> None:
    body = b'{"code": 0}'
    drips = [reply(200, b"", length=len(body)), *(bytes([one]) for one in body)]
    server = serve(*drips, pause_s=0.06)
    assert refused_by(connect(server.url), timeout_s=0.15).effect_possible


def test_a_compressed_body_is_read(serve: Serve, connect: Connect) -> None:
    body = gzip.compress(b'{"code": 0, "words": "' + b"x" * 200_000 + b'"}')
    server = serve(reply(200, body, {"Content-Encoding": "gzip"}))
    assert len(connect(server.url).call("GET", "/a").body["words"]) == 200_000


@pytest.mark.parametrize("encoding", [None, "gzip"])
def test_a_body_in_chunks_is_read_whole(serve: Serve, connect: Connect, encoding: str | None) -> None:
    body = b'{"code": 0, "words": "' + b"x" * 200_000 + b'"}'
    sent = gzip.compress(body) if encoding else body
    pieces = [sent[start : start + 50_000] for start in range(0, len(sent), 50_000)]
    chunks = [f"{len(piece):x}\r\n".encode() + piece + b"\r\n" for piece in pieces]
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n"
    head += f"Content-Encoding: {encoding}\r\n".encode() if encoding else b""
    server = serve(head + b"\r\n", *chunks, b"0\r\n\r\n")
    assert len(connect(server.url).call("GET", "/a").body["words"]) == 200_000


@pytest.mark.parametrize("body", [b"", b"<html>gateway</html>", b'{"code": 0', b"\xff\xfe\xfd", b"[]", b"7", b"null"])
def test_a_body_that_is_no_json_object_is_no_answer(serve: Serve, connect: Connect, body: bytes) -> None:
    error = refused_by(connect(serve(reply(200, body)).url))
    assert type(error) is TransportTrouble
    assert error.effect_possible
    assert "HTTP 200" in error.message


def test_half_a_body_is_no_answer_even_if_it_parses(serve: Serve, connect: Connect) -> None:
    error = refused_by(connect(serve(reply(200, b'{"code": 0}', length=500)).url))
    assert type(error) is TransportTrouble
    assert error.effect_possible


def chunked(*chunks: bytes, headers: str = "", end: bytes = b"0\r\n\r\n") -> bytes:
    head = f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n{headers}\r\n".encode()
    return head + b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + end


def test_a_long_answer_comes_whole_in_chunks_and_compressed_and_the_connection_is_kept(
    serve: Serve, connect: Connect
) -> None:
    body = b'{"text": "%s"}' % (b"0123456789" * 50_000)
    packed = gzip.compress(body)
    server = serve(chunked(packed[:100], packed[100:], headers="Content-Encoding: gzip\r\n"))
    http = connect(server.url)
    assert [len(http.call("GET", "/a").body["text"]) for _ in range(2)] == [500_000] * 2
    assert server.connections == 1


@pytest.mark.parametrize("end", [b"", b"5\r\n12"])
def test_chunks_without_their_end_are_no_answer(serve: Serve, connect: Connect, end: bytes) -> None:
    server = serve(chunked(b'{"code": 0}', headers="Connection: close\r\n", end=end))
    assert refused_by(connect(server.url)).effect_possible


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_failure_without_json_may_have_had_its_effect(serve: Serve, connect: Connect, status: int) -> None:
    error = refused_by(connect(serve(reply(status, b"<html>")).url))
    assert type(error) is ServerTrouble
    assert error.effect_possible
    assert f"HTTP {status}" in error.message


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"x-ogw-ratelimit-reset": "7"}, 7),
        ({"X-OGW-Ratelimit-Reset": "0.5"}, 0.5),
        ({"X-RateLimit-RetryIn": "300"}, 300),
        ({"X-RateLimit-RetryIn": "1200"}, 300),
        ({"Retry-After": "8"}, 8),
        ({"x-ogw-ratelimit-reset": "7", "Retry-After": "90"}, 7),
        ({"x-ogw-ratelimit-reset": "1771000000", "Retry-After": "8"}, 8),
        ({"x-ogw-ratelimit-reset": "-3"}, None),
        ({"x-ogw-ratelimit-reset": "soon"}, None),
        ({"x-ogw-ratelimit-reset": "inf"}, None),
        ({"x-ogw-ratelimit-reset": "nan"}, None),
        ({"x-ogw-ratelimit-reset": "1771000000"}, None),
        ({"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, None),
        ({}, None),
    ],
)
def test_http_429_without_json_is_throttling_and_says_how_long(
    serve: Serve, connect: Connect, headers: dict[str, str], seconds: float | None
) -> None:
    error = refused_by(connect(serve(reply(429, b"slow down", headers)).url))
    assert type(error) is Throttled
    assert not error.effect_possible
    assert error.retry_after == seconds


def test_a_json_body_is_an_answer_whatever_the_status(serve: Serve, connect: Connect) -> None:
    body = b'{"code": 99991400}'
    answer = connect(serve(reply(429, body, {"X-Tt-Logid": "log1"})).url).call("GET", "/a")
    assert (answer.status, answer.body, answer.headers["x-tt-logid"]) == (429, {"code": 99991400}, "log1")


LOCATIONS = [
    "http://[bad",
    "http://[",
    "http://\u4e2d\u2100/",
    "\udcff\udcfe:\x00//",
    "http://a:99999999/",
    "http://*.x/",
]


@pytest.mark.parametrize("location", LOCATIONS)
def test_where_a_redirect_leads_is_not_even_looked_at(serve: Serve, connect: Connect, location: str) -> None:
    head = b"HTTP/1.1 302 Found\r\nLocation: " + location.encode("utf-8", "surrogateescape")
    error = refused_by(connect(serve(head + b"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").url))
    assert type(error) is TransportTrouble
    assert error.effect_possible
    assert "HTTP 302" in error.message


def test_a_redirect_is_not_followed(serve: Serve, connect: Connect) -> None:
    elsewhere = serve(ok())
    server = serve(reply(302, b"moved", {"Location": f"{elsewhere.url}/stolen"}))
    error = refused_by(connect(server.url))
    assert "HTTP 302" in error.message
    assert elsewhere.requests == []


@pytest.mark.parametrize("headers", [{}, {"Location": "/elsewhere"}])
@pytest.mark.parametrize("status", [300, 302, 307, 399])
def test_a_redirect_is_no_success_whatever_its_body_says(
    serve: Serve, connect: Connect, status: int, headers: dict[str, str]
) -> None:
    error = refused_by(connect(serve(reply(status, b'{"code": 0, "data": {}}', headers)).url))
    assert type(error) is TransportTrouble
    assert error.effect_possible
    assert f"HTTP {status}, a redirect" in error.message


def test_figures_come_exact_and_ids_of_19_digits_survive(serve: Serve, connect: Connect) -> None:
    body = b'{"cost": 0.1, "big": 118.360000000000000001, "id": 7600000000000000001, "name": "\xe5\x9b\xa2"}'
    found = connect(serve(reply(200, body)).url).call("GET", "/a").body
    assert found == {"cost": Decimal("0.1"), "big": Decimal("118.360000000000000001"), "id": 7600000000000000001} | {
        "name": "团"
    }
    assert isinstance(found["cost"], Decimal)


def test_what_is_sent_is_what_was_given(serve: Serve, connect: Connect) -> None:
    server = serve(ok())
    connect(server.url).call("POST", "/a/b", params={"metrics": '["stat_cost"]'}, json={"x": 1}, headers={"H": "v"})
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /a/b?metrics=%5B%22stat_cost%22%5D HTTP/1.1\r\n")
    assert b"\r\nH: v" in head
    assert b"application/json" in head
    assert body == b'{"x": 1}'


def test_the_next_call_goes_over_the_same_connection_whatever_thread_makes_it(serve: Serve, connect: Connect) -> None:
    server = serve(ok().replace(b"Connection: close\r\n", b""))
    http = connect(server.url)
    http.call("GET", "/1")
    http.call("GET", "/2")
    thread = threading.Thread(target=lambda: http.call("GET", "/3"))
    thread.start()
    thread.join()
    assert (server.connections, len(server.requests)) == (1, 3)


def test_calls_at_the_same_time_have_a_connection_each(serve: Serve, connect: Connect) -> None:
    head, body = ok().replace(b"Connection: close\r\n", b"").split(b"\r\n\r\n")
    server = serve(head + b"\r\n\r\n", body, pause_s=0.5)
    http = connect(server.url)
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda number: http.call("GET", f"/{number}"), range(3)))
    assert (server.connections, len(server.requests)) == (3, 3)


def test_a_connection_that_rested_is_not_used_again(
    serve: Serve, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(ok().replace(b"Connection: close\r\n", b""))
    http = connect(server.url)
    http.call("GET", "/1")
    monkeypatch.setattr("pipeline.clients.http.RESTED_S", 0)
    http.call("GET", "/2")
    assert server.connections == 2


def test_calls_go_through_the_proxy_of_this_machine_and_trust_its_certificates(
    serve: Serve, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = serve(ok())
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    monkeypatch.setenv("http_proxy", proxy.url)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/etc/company.pem")
    http = connect("http://service.invalid")
    http.call("GET", "/a")
    assert proxy.requests[0].startswith(b"GET http://service.invalid/a HTTP/1.1\r\n")
    assert http.new_session().verify == "/etc/company.pem"


def test_a_netrc_of_this_machine_does_not_replace_our_token(
    serve: Serve, connect: Connect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password else\n", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(netrc))
    server = serve(ok())
    connect(server.url).call("GET", "/a", headers={"Authorization": "Bearer t-1"})
    assert b"\r\nAuthorization: Bearer t-1" in server.requests[0]


def test_a_cookie_is_neither_kept_nor_sent(serve: Serve, connect: Connect) -> None:
    server = serve(reply(200, b'{"code": 0}', {"Set-Cookie": "a=b"}).replace(b"Connection: close\r\n", b""))
    http = connect(server.url)
    http.call("GET", "/1")
    http.call("GET", "/2")
    assert server.connections == 1
    assert b"cookie" not in server.requests[1].lower()


def secret_call(http: Http, label: str | None = None) -> None:
    http.call(
        "POST",
        f"/hook/{CANARY}" if label else "/path",
        params={"access_token": f"{CANARY} 1"},
        json={"secret": f"{CANARY}-2"},
        headers={"Access-Token": f"{CANARY}-3"},
        timeout_s=0.1,
        label=label,
    )


@pytest.mark.parametrize("label", [None, "webhook"])
@pytest.mark.parametrize(
    "kind", ["refused", "hangs up", "stalls", "no JSON", "HTTP 500", "half", "redirect", "answers"]
)
def test_no_error_and_no_log_line_tells_what_was_sent(
    serve: Serve, connect: Connect, kind: str, label: str | None
) -> None:
    servers: dict[str, Callable[[], Wire]] = {
        "hangs up": serve,
        "stalls": lambda: serve(stall=True),
        "no JSON": lambda: serve(reply(200, b"?")),
        "HTTP 500": lambda: serve(reply(500, b"?")),
        "half": lambda: serve(reply(200, b"{}", length=9)),
        "redirect": lambda: serve(reply(302, b"", {"Location": f"/{CANARY}"})),
        "answers": lambda: serve(ok()),
    }
    url = unused() if kind == "refused" else servers[kind]().url
    words = ""
    with capture_logs() as logs:
        try:
            secret_call(connect(url), label)
        except LaikeError as error:
            words = told(error)
    assert bool(words) == (kind != "answers")
    assert logs
    assert CANARY not in words + repr(logs)


@pytest.mark.parametrize("header", ["令牌", "two\nlines"])
def test_a_header_that_cannot_be_sent_is_ours_to_tell_and_is_not_quoted(
    serve: Serve, connect: Connect, header: str
) -> None:
    with pytest.raises(LaikeError) as caught:
        connect(serve(ok()).url).call("GET", "/a", headers={"Access-Token": CANARY + header})
    assert CANARY not in told(caught.value)


@pytest.mark.parametrize("header", ["a\nb", "a\r\nX: y", "\x00", "a\x7f", " a", "全"])
def test_a_header_of_ours_that_http_cannot_carry_is_not_sent(serve: Serve, connect: Connect, header: str) -> None:
    server = serve(ok())
    with pytest.raises(BadRequest, match="not sent"):
        connect(server.url).call("GET", "/a", headers={"Access-Token": header})
    assert server.connections == 0


UNFORESEEN = [ValueError, RuntimeError, UnicodeDecodeError, OverflowError, KeyError, HTTPException]


@pytest.mark.parametrize("foreign", UNFORESEEN, ids=lambda kind: kind.__name__)
def test_what_else_a_library_raises_over_an_answer_is_a_lost_answer(
    foreign: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object, **__: object) -> None:
        raise foreign("utf-8", CANARY.encode(), 0, 1, CANARY) if foreign is UnicodeDecodeError else foreign(CANARY)

    monkeypatch.setattr(requests.Session, "request", failing)
    error = refused_by(Http("service", "http://somewhere.invalid"))
    assert type(error) is TransportTrouble
    assert error.effect_possible
    assert CANARY not in told(error)


FOREIGN = sorted(children(requests.RequestException), key=lambda kind: kind.__name__)
NEVER_SENT = {requests.ConnectTimeout, requests.exceptions.ProxyError}
SETTINGS_OF_THE_MACHINE = {requests.exceptions.InvalidProxyURL, requests.exceptions.InvalidSchema}


def test_the_list_of_foreign_errors_is_that_of_requests() -> None:
    public = {one for _, one in inspect.getmembers(requests.exceptions, inspect.isclass)}
    kinds = {one for one in public if issubclass(one, requests.RequestException)}
    assert kinds == {one for one in FOREIGN if one.__module__ == "requests.exceptions"}
    assert len(kinds) >= 20


@pytest.mark.parametrize("foreign", FOREIGN, ids=lambda kind: kind.__name__)
def test_every_error_of_the_library_becomes_ours(foreign: type[Exception], monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: object, **__: object) -> None:
        raise foreign(CANARY, "", 0) if issubclass(foreign, requests.JSONDecodeError) else foreign(CANARY)

    monkeypatch.setattr(requests.Session, "request", failing)
    with pytest.raises(NeedsPerson if foreign in SETTINGS_OF_THE_MACHINE else TransportTrouble) as caught:
        Http("service", "http://somewhere.invalid").call("POST", "/write")
    assert foreign.__name__ in caught.value.message
    assert "http://somewhere.invalid" in caught.value.message
    assert caught.value.effect_possible == (foreign not in NEVER_SENT | SETTINGS_OF_THE_MACHINE)
    assert CANARY not in told(caught.value)


def test_a_connection_is_tried_for_5_seconds_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def noted(*_: object, **how: object) -> None:
        asked.append(how["timeout"])
        raise requests.ConnectTimeout

    monkeypatch.setattr(requests.Session, "request", noted)
    for timeout_s in (30, 2):
        with pytest.raises(TransportTrouble):
            Http("service", "http://somewhere.invalid").call("GET", "/", timeout_s=timeout_s)
    assert asked == [(5, 30), (2, 2)]


def test_one_log_line_tells_of_a_call(serve: Serve, connect: Connect) -> None:
    body = b'{"code": 40100, "request_id": "r1"}'
    server, started = serve(reply(200, body)), time.perf_counter()
    with capture_logs() as logs:
        connect(server.url).call("GET", "/a", params={"b": "c"})
    (line,) = logs
    took = line.pop("ms")
    assert 0 <= took <= (time.perf_counter() - started) * 1000 + 1
    assert line == {"event": "call", "log_level": "debug", "service": "service", "method": "GET", "path": "/a"} | {
        "status": 200,
        "code": 40100,
        "request_id": "r1",
    }
