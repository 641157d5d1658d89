"""In place of an unreachable Redis: state in memory, lost when the process ends."""

import redis
from fakeredis import FakeRedis

from pipeline.state.unread import Naming


class _InMemory(Naming, FakeRedis):
    """A Redis in memory that names what cannot be read."""


def in_memory() -> redis.Redis:
    """An empty Redis in memory."""
    return _InMemory()
