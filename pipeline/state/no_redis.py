"""In place of an unreachable Redis: state in memory, lost when the process ends."""

import redis
from fakeredis import FakeRedis


def in_memory() -> redis.Redis:
    """An empty Redis in memory."""
    client: redis.Redis = FakeRedis()
    return client
