"""Fixtures of every test that needs more than memory: a real Redis, the emulator over HTTP."""

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import redis
from hypothesis import settings

from emulator.server import EmulatorServer
from lab.processes import redis_server
from pipeline.core import redaction
from tests.chaos.campaign import matrix
from tests.console_desk import Desk
from tests.hostile import PROMOTIONS
from tests.lab import Lab, empty
from tests.workers import Store, workers

# No proxy of this machine stands before the emulator; to find that out anew took a fifth of the time of each call.
os.environ["NO_PROXY"] = "127.0.0.1"
# A test run that was started in the background has Ctrl-C ignored, and so would every process that it starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
# The same random examples for every commit, and no clock over them; `--hypothesis-profile deep`: many, and new ones.
settings.register_profile("quick", derandomize=True, deadline=None, max_examples=50)
settings.register_profile("deep", deadline=None, max_examples=1000)
settings.load_profile("quick")

# What takes longest: begun last, one of them alone would keep a core busy while the others have nothing left to do.
LONG = ("tests/chaos/", "tests/property/", "tests/integration/test_demo", "tests/browser/")
MANY = "tests/chaos/test_campaign.py"  # short ones


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long tests begin first."""
    items.sort(key=lambda item: item.nodeid.startswith(MANY) or not item.nodeid.startswith(LONG))


@pytest.fixture(autouse=True)
def no_secret_of_another_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """The redactor of this process holds nothing yet: what is a secret here may be a word there."""
    monkeypatch.setattr(redaction, "_held", redaction._Held())


@pytest.fixture(scope="session")
def redis_session() -> Iterator[str]:
    """A Redis server for this process of the test run."""
    with redis_server() as url:
        with redis.Redis.from_url(url) as client, suppress(redis.ResponseError):  # a borrowed one may forbid it
            client.config_set("appendfsync", "no")  # nobody kills this one, and the disk is waited for at each write
        yield url


@pytest.fixture
def redis_url(redis_session: str) -> str:
    """An empty Redis."""
    empty(redis_session)
    return redis_session


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A Redis of this test alone, that may be broken."""
    home = tmp_path / "redis"
    home.mkdir()
    made = Store(home)
    yield made
    made.kill()


@pytest.fixture(scope="session")
def emulator_session() -> Iterator[EmulatorServer]:
    """An emulator for this process of the test run."""
    with EmulatorServer(names=PROMOTIONS) as server:
        yield server


@pytest.fixture
def lab(emulator_session: EmulatorServer, redis_url: str, tmp_path: Path) -> Lab:
    """The product on a fresh emulator and an empty Redis."""
    emulator_session.world.reset()
    return Lab(emulator_session, redis_url, tmp_path)


@pytest.fixture
def desk(lab: Lab) -> Iterator[Desk]:
    """The console on an emulator just reset and an empty Redis, with the token taken over; no worker runs yet."""
    with workers(lab) as working:
        yield Desk.opened(working)


@pytest.fixture(params=["typed_table_id", "text_table_id"])
def either(request: pytest.FixtureRequest, lab: Lab) -> Lab:
    """The same, once with the typed and once with the all-text table."""
    lab.table = request.param
    return lab


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show what the campaign found, where it ran."""
    reports = [report for outcome in ("passed", "failed") for report in terminalreporter.getreports(outcome)]
    if found := list(matrix.lines(reports)):
        terminalreporter.section("the campaign: one fault at a time")
        for line in found:
            terminalreporter.write_line(line)
