"""The stand-in for a Redis that cannot be had: state in this process alone, gone with it."""

import redis
from fakeredis import FakeRedis


def in_memory() -> redis.Redis:
    """An empty Redis in memory."""
    client: redis.Redis = FakeRedis()
    return client
