"""A guard for kombu: without it a restart of Redis kills a worker that holds unacknowledged messages.

The clean-up of a lost connection asks the channel for connection parameters after the connection was taken away, and
an `AttributeError` ends the worker. A connection error instead is what kombu's own retry expects. A test kills Redis
under load, so that this can go when kombu mends it.
"""

from typing import Any

from kombu.transport.redis import Channel
from redis.exceptions import ConnectionError as RedisConnectionError


def install() -> None:
    """Let the parameters of a lost connection be a connection error. Harmless when called twice."""
    guarded: Any = Channel
    if getattr(guarded, "laike_guarded", False):
        return
    original = guarded._connparams  # noqa: SLF001 the very function that fails

    def connparams(channel: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 kombu has no types
        if channel.connection is None or channel.connection.client is None:
            msg = "the connection was lost"
            raise RedisConnectionError(msg)
        return original(channel, *args, **kwargs)

    guarded._connparams = connparams  # noqa: SLF001
    guarded.laike_guarded = True
