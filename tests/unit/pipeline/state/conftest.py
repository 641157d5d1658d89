"""The same tests on a stand-in for Redis and on the real server."""

from collections.abc import Iterator

import fakeredis
import pytest
import redis


@pytest.fixture(params=["fake", "real"])
def client(request: pytest.FixtureRequest) -> Iterator[redis.Redis]:
    """An empty Redis."""
    if request.param == "fake":
        made: redis.Redis = fakeredis.FakeRedis()
    else:
        made = redis.Redis.from_url(request.getfixturevalue("redis_url"))
    yield made
    made.close()


@pytest.fixture
def fake() -> Iterator[redis.Redis]:
    """An empty stand-in, for what only needs some Redis."""
    made = fakeredis.FakeRedis()
    yield made
    made.close()
