"""The broker's transport: what Redis may do or answer is a connection's error, and no message is lost over it."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import kombu
import pytest
import redis
from kombu.exceptions import OperationalError

from pipeline.redis_address import RedisAddress
from pipeline.state.outages import Outage, Refusal
from tests.outages import OUTAGES, client_of
from tests.workers import Store
from worker.transport import Channel, Transport, as_store_trouble, install

kombus: Any = kombu  # it has no types
QUEUE = kombus.Queue("fetch")
CLOSED = 1  # a port that nobody listens on


@contextmanager
def connected(url: str, **options: Any) -> Iterator[Any]:  # noqa: ANN401
    """A connection of kombu on this transport."""
    with kombus.Connection(RedisAddress.read(url).celery_url, transport=Transport, transport_options=options) as made:
        yield made


@contextmanager
def broken(word: str, store: Store) -> Iterator[None]:
    """A Redis that answers so for the block."""
    client = client_of(store)
    OUTAGES[word].begin(client, store)
    yield
    OUTAGES[word].end(client, store)
    client.close()


def received(connection: Any) -> list[str]:  # noqa: ANN401
    """What a consumer takes in one go, acknowledged."""
    found: list[str] = []

    def take(body: str, message: Any) -> None:  # noqa: ANN401
        found.append(body)
        message.ack()

    with kombus.Consumer(connection, QUEUE, callbacks=[take]):
        connection.drain_events(timeout=5)
    return found


def test_every_address_of_redis_is_carried_by_this_transport() -> None:
    assert kombus.Connection("redis://h/0").get_transport_cls()  # kombu remembers which it was
    install()
    install()
    for url in ("redis://h/0", "rediss://h/0", "redis+socket:///tmp/redis.sock?virtual_host=1"):
        assert kombus.Connection(url, ssl={"ssl_cert_reqs": "required"}).get_transport_cls() is Transport


@pytest.mark.parametrize("connection", [None, SimpleNamespace(client=None)])
def test_a_channel_whose_connection_is_gone_raises_what_kombu_retries(connection: object) -> None:
    channel: Any = Channel.__new__(Channel)
    channel.connection = connection
    with pytest.raises(redis.ConnectionError, match="lost"):
        channel._connparams()


@pytest.mark.parametrize("word", ["READONLY", "OOM", "MISCONF", "NOREPLICAS"])
def test_a_redis_that_takes_no_writes_is_not_connected_to(word: str, store: Store) -> None:
    with connected(store.url) as connection:
        with broken(word, store), pytest.raises(Outage, match=word):
            connection.transport.establish_connection()
        connection.connect()


def test_an_answer_that_comes_later_is_an_error_of_the_connection(store: Store) -> None:
    with connected(store.url) as connection:
        channel = connection.channel()
        with broken("READONLY", store), pytest.raises(connection.connection_errors, match="READONLY"):
            kombus.Producer(channel).publish("a", routing_key="fetch", declare=[QUEUE])


def test_a_message_that_was_taken_when_memory_was_full_is_put_back_and_comes_first(store: Store) -> None:
    with connected(store.url) as connection:
        producer = kombus.Producer(connection.channel())
        for body in ("first", "second"):
            producer.publish(body, routing_key="fetch", declare=[QUEUE])
    with connected(store.url) as connection, kombus.Consumer(connection, QUEUE), broken("OOM", store):
        with pytest.raises(Outage, match="OOM"):
            connection.drain_events(timeout=5)
        connection.collect()
    with connected(store.url) as connection:
        assert received(connection) + received(connection) == ["first", "second"]
    client = client_of(store)
    assert (client.llen("fetch"), client.exists("unacked", "unacked_index")) == (0, 0)
    client.close()


def test_a_transaction_that_meets_an_outage_ends_instead_of_beginning_again(store: Store) -> None:
    begun: list[int] = []

    def work(pipe: Any) -> None:  # noqa: ANN401
        begun.append(1)
        pipe.multi()
        pipe.set("a", 1)

    with connected(store.url) as connection:
        client = connection.channel().client
        with broken("READONLY", store), pytest.raises(Outage, match="READONLY"):
            client.transaction(work, "a")
        assert begun == [1]
        assert client.transaction(work, "a") == [True]


def test_a_transaction_whose_key_was_changed_begins_again(store: Store) -> None:
    with connected(store.url) as connection:
        client = connection.channel().client
        begun: list[int] = []

        def work(pipe: Any) -> None:  # noqa: ANN401
            begun.append(1)
            if len(begun) == 1:
                client.set("a", "somebody else's")
            pipe.multi()
            pipe.set("a", 1)

        assert client.transaction(work, "a") == [True]
        assert len(begun) == 2


def test_a_password_that_is_asked_for_is_named_with_its_cure(store: Store) -> None:
    client = client_of(store)
    client.config_set("requirepass", "canary")
    with connected(store.url) as connection, pytest.raises(Refusal, match=r"asks for a password .* LAIKE_REDIS_URL"):
        connection.transport.establish_connection()
    client.close()


def test_a_redis_that_is_not_there_is_named_with_its_cure() -> None:
    with connected(f"redis://127.0.0.1:{CLOSED}/0") as connection:
        with pytest.raises(redis.ConnectionError, match=r"does not answer .* is it running\?"):
            connection.transport.establish_connection()
        with pytest.raises(OperationalError) as caught:
            connection.ensure_connection(max_retries=1, interval_start=0)
    with pytest.raises(redis.ConnectionError, match="does not answer"), as_store_trouble():
        raise caught.value


def test_what_kombu_raises_for_another_reason_stays_as_it_is() -> None:
    with pytest.raises(OperationalError, match="mine"), as_store_trouble():
        raise OperationalError("mine")
