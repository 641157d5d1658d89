"""What chaos tests need: a Redis of their own that can be killed, and how many kills are asked for."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from emulator.server import EmulatorServer
from tests.chaos import tally
from tests.lab import Lab
from tests.workers import Store, Workers, workers

# seconds as in the lab where the sync was first timed: an old cron's waits, cut to a third
LATENCY = {
    "report.promotion": 0.7,
    "report.account": 0.7,
    "report.project": 0.7,
    "report.material": 0.7,
    "feishu.token": 0.4,
    "fields.list": 0.3,
    "records.search": 0.3,
    "records.batch_create": 0.5,
    "records.batch_update": 0.5,
    "views.list": 0.3,
    "views.create": 0.2,
    "tables.create": 0.3,
}


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--chaos N`: so many seeds; `--production`: one of each kind with the timeouts of production."""
    parser.addoption("--chaos", type=int, default=5, help="seeds of faults; default: a few for every commit")
    parser.addoption("--token-rounds", type=int, default=20, help="rounds of kills of a refresher of the token")
    parser.addoption("--year", action="store_true", help="a backfill of 77 accounts and a year instead of a small one")
    parser.addoption("--agency", action="store_true", help="a daily run of 1,000 accounts instead of 40")
    parser.addoption("--production", action="store_true", help="the timeouts of production instead of short ones")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Many seeds that missed a phase have failed."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter and tally.thin(tally.found(reporter.stats)):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what the seeds hit and how long it took to heal."""
    for line in tally.lines(tally.found(terminalreporter.stats)):
        terminalreporter.write_line(line)


@pytest.fixture
def slow_lab(emulator_session: EmulatorServer, store: Store, tmp_path: Path) -> Lab:
    """A lab whose calls take long enough to be killed in."""
    emulator_session.world.reset()
    lab = Lab(emulator_session, store.url, tmp_path)
    lab.control("latency", LATENCY)
    return lab


@pytest.fixture
def team(slow_lab: Lab) -> Iterator[Workers]:
    """Nobody yet, on a slow lab."""
    with workers(slow_lab) as made:
        yield made
