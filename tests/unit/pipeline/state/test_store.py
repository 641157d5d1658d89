import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pytest
import redis

from pipeline.core.errors import StoreUnreachable
from pipeline.state.store import TRIES, connect, ours
from tests.chaos.wire import Cut, Wire
from tests.unit.pipeline.clients.stub import told


def unused() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_a_client_speaks_to_the_server_in_bytes(redis_url: str) -> None:
    client = connect(redis_url)
    client.set("a", "团")
    assert client.get("a") == "团".encode()
    client.close()


def test_a_restart_is_ridden_out_for_about_four_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("redis.retry.sleep", slept.append)
    client = connect(f"redis://127.0.0.1:{unused()}/0")
    with pytest.raises(redis.ConnectionError):
        client.ping()
    client.close()
    assert len(slept) == TRIES
    assert 2 <= sum(slept) <= 6


def test_where_one_connection_fell_silent_the_idle_others_are_not_waited_for(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[redis.Connection] = []

    def read(self: redis.Connection, *args: Any, **more: Any) -> Any:  # noqa: ANN401
        try:
            return really_read(self, *args, **more)
        except redis.TimeoutError:
            waits.append(self)
            raise

    really_read = redis.Connection.read_response
    monkeypatch.setattr(redis.Connection, "read_response", read)
    monkeypatch.setattr("pipeline.state.store.SILENCE_S", 0.3)
    wire = Wire(urlsplit(redis_url).port or 0)
    client = connect(f"redis://127.0.0.1:{wire.port}/0")
    pool = client.connection_pool
    for connection in [pool.get_connection() for _ in range(3)]:
        connection.send_command("PING")  # type: ignore[no-untyped-call]
        assert connection.read_response()
        pool.release(connection)
    wire.cut(Cut.SILENT)
    wire.mend()
    with ThreadPoolExecutor(3) as together:
        assert client.ping()
        assert all(together.map(lambda _: client.blpop(["none"], 0.1) is None, range(3)))
    assert len(waits) == 1
    client.close()
    wire.close()


@pytest.mark.parametrize(
    "url", ["", "nonsense", "http://127.0.0.1:6379", "redis://127.0.0.1:port/0", "redis://h:70000"]
)
def test_an_address_that_is_none_is_named_by_its_variable(url: str) -> None:
    with pytest.raises(StoreUnreachable, match="LAIKE_REDIS_URL is not a Redis address"):
        connect(url)


@pytest.mark.parametrize("url", ["redis://:canary/x@h:6379/0", "redis://:canary#x@h/0", "redis://canary:x?y@h/0"])
def test_a_password_that_breaks_the_address_is_not_quoted(url: str) -> None:
    with pytest.raises(StoreUnreachable) as caught:
        connect(url)
    assert "canary" not in told(caught.value)


@pytest.mark.parametrize(
    "kind", [redis.ConnectionError, redis.TimeoutError, redis.AuthenticationError, redis.BusyLoadingError]
)
def test_what_redis_says_becomes_ours_and_names_the_address_without_its_password(kind: type[redis.RedisError]) -> None:
    with pytest.raises(StoreUnreachable) as caught, ours("redis://user:canary@store.example:6380/3"):
        raise kind("words")
    assert "store.example:6380" in caught.value.message
    assert kind.__name__ in caught.value.message
    assert "canary" not in told(caught.value)


def test_the_usual_port_is_named_too() -> None:
    with pytest.raises(StoreUnreachable, match=r"store\.example:6379"), ours("redis://store.example/0"):
        raise redis.ConnectionError


def test_other_errors_pass_as_they_are() -> None:
    with pytest.raises(ValueError, match="mine"), ours("redis://h/0"):
        raise ValueError("mine")
