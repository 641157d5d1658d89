"""The guard for kombu: a lost connection is a connection error and not the end of the worker."""

from types import SimpleNamespace
from typing import Any

import pytest
from kombu.connection import Connection
from kombu.transport.redis import Channel
from redis.exceptions import ConnectionError as RedisConnectionError

from worker.guard import install


@pytest.mark.parametrize("connection", [None, SimpleNamespace(client=None)])
def test_a_channel_whose_connection_is_gone_raises_what_kombu_retries(connection: object) -> None:
    install()
    channel: Any = Channel.__new__(Channel)
    channel.connection = connection
    with pytest.raises(RedisConnectionError, match="lost"):
        channel._connparams()


def test_a_living_channel_gets_its_parameters_also_when_the_guard_is_installed_twice(redis_url: str) -> None:
    install()
    install()
    with Connection(redis_url) as connection:  # type: ignore[no-untyped-call]
        channel: Any = connection.channel()
        assert channel._connparams()["host"] == "127.0.0.1"
