"""The same tests on a stand-in for Redis and on the real server."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from pipeline.state.no_redis import in_memory
from pipeline.state.store import connect
from tests.unit.pipeline.state.token_house import House


@pytest.fixture(params=["fake", "real"])
def client(request: pytest.FixtureRequest) -> Iterator[redis.Redis]:
    """An empty Redis."""
    made = in_memory() if request.param == "fake" else connect(request.getfixturevalue("redis_url"))
    yield made
    made.close()


@pytest.fixture
def fake() -> Iterator[redis.Redis]:
    """An empty stand-in, for what only needs some Redis."""
    made = in_memory()
    yield made
    made.close()


@pytest.fixture
def house(client: redis.Redis, tmp_path: Path) -> House:
    """A keeper on either kind of Redis."""
    return House(client, tmp_path)


@pytest.fixture
def quick(fake: redis.Redis, tmp_path: Path) -> House:
    """A keeper on the stand-in."""
    return House(fake, tmp_path)
