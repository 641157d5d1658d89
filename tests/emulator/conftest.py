"""One emulator for all tests of a process; each test starts from the seeded world."""

from collections.abc import Iterator

import pytest

from emulator.server import EmulatorServer
from tests.emulator.client import Client


@pytest.fixture(scope="session")
def server() -> Iterator[EmulatorServer]:
    with EmulatorServer() as running:
        yield running


@pytest.fixture
def emulator(server: EmulatorServer) -> Iterator[Client]:
    server.world.reset()
    with Client(server.facts()) as client:
        yield client
