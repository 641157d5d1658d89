"""Kill -9 of the worker that makes views, after the run's end: each view is there at last, once, with its filter."""

import random
import time

import pytest

from pipeline.core.outcome import RunState
from tests.chaos.views import check_views
from tests.further import further
from tests.workers import SHORT, Workers

KILLS = 2  # of each seed
VIEWS_S = 3.0  # that the step takes undisturbed: seven views, two slow writes each


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each seed."""
    metafunc.parametrize("seed", range(max(1, metafunc.config.getoption("--chaos") // KILLS)))


def test_views_that_were_being_made_are_made_all_the_same(team: Workers, seed: int) -> None:
    luck = random.Random(seed)  # noqa: S311 reproducible, not secret
    team.lab.extra |= SHORT
    tables = further(team.lab, "project") if seed % 2 else {}
    for endpoint in ("views.create", "views.patch"):
        team.lab.fault(endpoint, "delay", seconds=VIEWS_S / 14, times="always")
    team.worker()
    run_id = team.result(team.send("laike.daily"))["result"]["run_id"]
    summary = team.ended(run_id)
    for _ in range(KILLS):
        time.sleep(luck.uniform(0, VIEWS_S / KILLS))
        team.members[-1].kill()
        team.worker()
    assert (summary.state, team.ctx.ledger.open_runs()) == (RunState.SUCCESS, [])
    check_views(team, summary, tables)
