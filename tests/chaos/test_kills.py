"""Promise 2 under kill -9: of one worker of two, of the only one, of Redis, at seeded moments of a run."""

import random
import signal
import time
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from pipeline.core.outcome import RunState, Summary
from tests.crew import SHORT, Crew, Store, wait_until

HEALED_S = 40.0  # after the kill, or the restart where there is one
RUN_S = 3.0  # about as long as an undisturbed run takes on this lab with short timeouts
PRODUCTION_RUN_S = 6.5  # and at five calls a second
BACK_AFTER_S = 2.0


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each seed: two, two and one for every commit, else as many of each as were asked for."""
    if "seed" in metafunc.fixturenames:
        few = {"test_one_of_two_workers_is_killed": 2, "test_the_only_worker_is_killed": 2, "test_redis_is_killed": 1}
        count = metafunc.config.getoption("--kills") or few[metafunc.function.__name__]
        metafunc.parametrize("seed", range(count))


@pytest.fixture
def environment(request: pytest.FixtureRequest) -> Mapping[str, str]:
    """Timeouts: short ones, or those of production."""
    return {"LAIKE_WAIT_SCALE": "1"} if request.config.getoption("--production") else SHORT


@pytest.fixture
def told(record_property: Callable[[str, object], None]) -> Callable[[str, float], None]:
    """Says where a kill hit and how long it took to heal, at the end of the test run."""

    def tell(phase: str, healed_s: float) -> None:
        record_property("phase", phase)
        record_property("healed_s", round(healed_s, 1))
        print(f"\nkilled after {phase}, healed in {healed_s:.1f} s")  # noqa: T201 shown by pytest -s

    return tell


def phase_of(team: Crew, run_id: str) -> str:
    """The last event of a run."""
    entries: Any = team.ctx.client.xrevrange(f"laike:v1:run:{run_id}:events", count=1)
    return str(entries[0][1][b"event"].decode()) if entries else "sent"


def wait_for_moment(seed: int, environment: Mapping[str, str]) -> None:
    """A moment of the run that the seed decides."""
    run_s = RUN_S if environment == SHORT else PRODUCTION_RUN_S
    time.sleep(random.Random(seed).uniform(0, run_s))  # noqa: S311 reproducible, not secret


def check(team: Crew, summary: Summary) -> None:
    """The run is a success, each key is there once, and it was told once."""
    lab = team.lab
    assert (summary.state, summary.duplicates, summary.verified) == (RunState.SUCCESS, 0, True), summary
    lab.assert_agrees(summary.days.first, summary.days.last)
    source = lab.source(summary.days.first, summary.days.last)
    assert (summary.created, summary.updated, summary.unchanged) == (len(source), 0, 0)
    assert wait_until(lambda: lab.look("state")["messages"])
    assert len(lab.look("state")["messages"]) == 1
    assert 1254291 not in {call["code"] for call in lab.look("calls")["calls"]}


def test_one_of_two_workers_is_killed(
    team: Crew, environment: Mapping[str, str], told: Callable[[str, float], None], seed: int
) -> None:
    team.lab.extra |= environment
    first, second = team.worker(), team.worker()
    run_id = f"daily-{team.lab.day}"
    team.send("laike.daily")
    wait_for_moment(seed, environment)
    phase, killed = phase_of(team, run_id), time.monotonic()
    (first, second)[seed % 2].kill()
    summary = team.ended(run_id, HEALED_S)
    told(phase, time.monotonic() - killed)
    check(team, summary)


def test_the_only_worker_is_killed(
    team: Crew, environment: Mapping[str, str], told: Callable[[str, float], None], seed: int
) -> None:
    team.lab.extra |= environment
    worker = team.worker()
    run_id = f"daily-{team.lab.day}"
    team.send("laike.daily")
    wait_for_moment(seed, environment)
    phase = phase_of(team, run_id)
    worker.kill()
    time.sleep(BACK_AFTER_S)
    team.worker()
    back = time.monotonic()
    summary = team.ended(run_id, HEALED_S)
    told(phase, time.monotonic() - back)
    check(team, summary)


def test_redis_is_killed(
    team: Crew, store: Store, environment: Mapping[str, str], told: Callable[[str, float], None], seed: int
) -> None:
    team.lab.extra |= environment
    workers = [team.worker(), team.worker()]
    run_id = f"daily-{team.lab.day}"
    team.send("laike.daily")
    wait_for_moment(seed, environment)
    phase = phase_of(team, run_id)
    store.kill()
    time.sleep(BACK_AFTER_S)
    store.start()
    back = time.monotonic()
    summary = team.ended(run_id, HEALED_S)
    told(phase, time.monotonic() - back)
    check(team, summary)
    assert all(worker.alive for worker in workers), team.words()


def test_a_worker_that_is_told_to_stop_ends_what_it_began(team: Crew) -> None:
    team.lab.extra |= SHORT
    worker = team.worker()
    team.send("laike.daily")
    assert wait_until(lambda: team.lab.calls("report.account") == len(team.lab.accounts))
    worker.signal(signal.SIGTERM)
    assert wait_until(lambda: not worker.alive)
    assert len(team.results("laike.fetch_account")) == len(team.lab.accounts)
