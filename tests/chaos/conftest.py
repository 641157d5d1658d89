"""What chaos tests need: a Redis of their own that can be killed, and how many kills are asked for."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from emulator.server import EmulatorServer
from tests.crew import Crew, Store, crew
from tests.lab import Lab

# seconds as in the lab where the sync was first timed: an old cron's waits, cut to a third
LATENCY = {
    "report.promotion": 0.7,
    "report.account": 0.7,
    "feishu.token": 0.4,
    "fields.list": 0.3,
    "records.search": 0.3,
    "records.batch_create": 0.5,
    "records.batch_update": 0.5,
    "views.list": 0.3,
}


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--kills N`: so many of each kind; `--production`: with the timeouts of production."""
    parser.addoption("--kills", type=int, default=0, help="kills of each kind; default: a few for every commit")
    parser.addoption("--token-rounds", type=int, default=20, help="rounds of kills of a refresher of the token")
    parser.addoption("--production", action="store_true", help="the timeouts of production instead of short ones")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A Redis of this test alone."""
    home = tmp_path / "redis"
    home.mkdir()
    made = Store(home)
    yield made
    made.kill()


@pytest.fixture
def slow_lab(emulator_session: EmulatorServer, store: Store, tmp_path: Path) -> Lab:
    """A lab whose calls take long enough to be killed in."""
    emulator_session.world.reset()
    lab = Lab(emulator_session, store.url, tmp_path)
    lab.control("latency", LATENCY)
    return lab


@pytest.fixture
def team(slow_lab: Lab) -> Iterator[Crew]:
    """Nobody yet, on a slow lab."""
    with crew(slow_lab) as made:
        yield made
