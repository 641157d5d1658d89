import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import pytest
import redis

from pipeline.core.errors import StoreUnreachable
from pipeline.core.unreadable import Unreadable
from pipeline.state import keys
from pipeline.state.outages import ANSWERS, in_words, is_cluster
from pipeline.state.store import TRIES, StoreTrouble, connect, ours, probe
from tests.chaos.wire import Cut, Wire
from tests.outages import OUTAGES, client_of
from tests.unit.pipeline.clients.stub import told
from tests.workers import Store, wait_until


def unused() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def no_wait(seconds: float) -> None:
    pytest.fail(f"waited for {seconds} s")


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Store]:
    """A cluster of one."""
    made = Store(tmp_path, "--cluster-enabled", "yes", "--cluster-port", str(unused()))
    plain = client_of(made)
    plain.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
    plain.close()
    yield made
    made.kill()


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


def test_an_outage_is_waited_out_and_the_address_resolved_anew(store: Store) -> None:
    """A primary that became a replica: its connections are given up, and the name leads elsewhere by then."""
    client, plain = connect(store.url), client_of(store)
    client.set("a", 1)
    pool = client.connection_pool
    idle = [pool.get_connection() for _ in range(2)]
    for connection in idle:
        pool.release(connection)
    OUTAGES["READONLY"].begin(plain, store)
    waiting = Thread(target=client.set, args=("a", 2))
    waiting.start()
    assert wait_until(lambda: "errorstat_READONLY" in plain.info("errorstats"))
    OUTAGES["READONLY"].end(plain, store)
    waiting.join()
    assert client.get("a") == b"2"
    assert sum(connection._sock is not None for connection in idle) <= 1  # the one that is in use again
    plain.close()
    client.close()


@pytest.mark.parametrize("word", ["READONLY", "OOM", "MISCONF", "NOREPLICAS"])
def test_an_outage_that_lasts_is_told_with_its_cure_however_it_is_met(word: str, store: Store) -> None:
    client, plain = connect(store.url, tries=0), client_of(store)
    OUTAGES[word].begin(plain, store)
    pipe: Any = client.pipeline()
    pipe.set("a", 1)
    script: Any = client.register_script("return redis.call('set', KEYS[1], 1)")
    for act in (lambda: probe(client), lambda: client.set("a", 1), pipe.execute, lambda: script(keys=["a"])):
        with pytest.raises(StoreUnreachable, match=word) as caught, ours(store.url):
            act()
        assert caught.value.message.count(ANSWERS[word].cure) == 1
        assert caught.value.for_maintainer == ANSWERS[word].advice
    OUTAGES[word].end(plain, store)
    assert client.get("a") is None
    probe(client)
    assert plain.keys() == []  # asking leaves nothing behind
    plain.close()
    client.close()


def test_a_blocked_reader_that_a_failover_lets_go_reads_on(store: Store) -> None:
    client, plain = connect(store.url), client_of(store)
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(client.blpop, ["list"], 2)
        assert wait_until(lambda: plain.info("clients")["blocked_clients"])
        OUTAGES["UNBLOCKED"].begin(plain, store)
        plain.rpush("list", "a")
        assert coming.result() == (b"list", b"a")
    plain.close()
    client.close()


def test_what_only_a_person_can_mend_is_not_waited_for(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("redis.retry.sleep", no_wait)
    store.set("requirepass", "canary")
    for url in (store.url, store.url.replace("//", "//:wrong@"), store.url.replace("//", "//:canary@")[:-1] + "99"):
        client = connect(url)
        with pytest.raises(StoreUnreachable) as caught, ours(url):
            client.get("a")
        assert "LAIKE_REDIS_URL" in caught.value.message
        assert "tried" not in caught.value.message
        assert "canary" not in told(caught.value)
        client.close()


def test_a_cluster_is_refused_by_name(node: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("redis.retry.sleep", no_wait)
    client = connect(node.url)
    with pytest.raises(StoreUnreachable, match="is a cluster, which is not supported") as caught, ours(node.url):
        probe(client)
    assert is_cluster(caught.value.__cause__ or caught.value)
    client.close()


def test_an_error_of_a_command_is_none_of_redis(redis_url: str) -> None:
    client = connect(redis_url)
    client.set("a", 1)
    with pytest.raises(redis.ResponseError) as caught:
        client.lpush("a", 1)
    assert not isinstance(caught.value, StoreTrouble)
    client.set(keys.TOKEN, 1)
    with pytest.raises(Unreadable, match=keys.TOKEN):
        client.hget(keys.TOKEN, "sealed")
    client.close()


def test_in_the_end_a_silence_is_trouble_with_the_connection_too(redis_url: str) -> None:
    client = connect(redis_url, tries=0)
    client.connection_pool.connection_kwargs["socket_timeout"] = 0.1
    with pytest.raises(StoreTrouble) as caught:
        client.blpop(["none"], 1)
    assert "does not answer in time" in in_words(caught.value)
    client.close()


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
