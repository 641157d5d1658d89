"""Promise 2 and 3 on real processes: what is killed, stopped or cut off at any moment of a run heals by itself."""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from datetime import time as clock

import pytest

from pipeline.clients.http import READ_TIMEOUT_S
from pipeline.core.outcome import RunState, Summary
from pipeline.steps.runs.carry_out import carry_out
from pipeline.steps.runs.plan import begin_catch_up
from tests.chaos.scene import Scene
from tests.chaos.seeds import APIS, KINDS, Draw, Kind, Phase
from tests.chaos.views import check_views
from tests.further import NAMES, source_of, table_of
from tests.workers import SHORT, Store, Workers, wait_until

HEALED_S, PRODUCTION_HEALED_S = 30.0, 40.0  # after the last fault and restart
ENDED_S = 150.0
QUIET_S = 90.0  # what a killed worker held comes back after the visibility timeout, and is then done with
PRODUCTION = {"LAIKE_WAIT_SCALE": "1"}
PRODUCTION_LEASE_S = 10.0
LATER = clock(15, 0)  # catch_up may try a day again after an hour

Told = Callable[[Draw, Phase, float], None]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each seed."""
    if "seed" in metafunc.fixturenames:
        production = metafunc.config.getoption("--production")
        metafunc.parametrize("seed", range(len(KINDS) if production else metafunc.config.getoption("--chaos")))


@pytest.fixture
def timeouts(request: pytest.FixtureRequest) -> Mapping[str, str]:
    """Short ones, or those of production."""
    return PRODUCTION if request.config.getoption("--production") else SHORT


@pytest.fixture
def scene(team: Workers, store: Store, timeouts: Mapping[str, str], seed: int) -> Iterator[Scene]:
    """Everybody at work on the day's run, which has just begun."""
    team.lab.extra |= timeouts
    made = Scene(team, store, Draw.of(seed, float(timeouts.get("LAIKE_STEP_LEASE_S", PRODUCTION_LEASE_S))))
    try:
        made.begin()
        yield made
    finally:
        team.dismiss()
        made.close()


@pytest.fixture
def told(record_property: Callable[[str, object], None], seed: int) -> Told:
    """Says where a fault hit and how long it took to heal, for the table at the end of the test run."""

    def tell(draw: Draw, hit: Phase, healed_s: float) -> None:
        facts = {"seed": seed, "kind": str(draw.kind), "phase": str(hit), "healed_s": healed_s}
        record_property("chaos", facts)

    return tell


def test_a_run_heals(scene: Scene, timeouts: Mapping[str, str], told: Told) -> None:
    hit = scene.strike()
    mended = scene.mend()
    ended = scene.ended(ENDED_S)
    healed_s = max(0.0, ended - mended)
    told(scene.draw, hit, healed_s)
    assert math.isfinite(healed_s), scene.team.words()
    summary = scene.team.ended(scene.run_id)
    assert not scene.died()
    assert wait_until(lambda: not scene.left(), QUIET_S), scene.left()
    check_calls(scene, hit, summary)
    if summary.state == RunState.SUCCESS:
        check_table(scene, summary)
        check_views(scene.team, summary, scene.tables)
    else:
        check_catch_up(scene, summary)
    assert healed_s <= limit_s(scene.draw, timeouts), scene.draw


def limit_s(draw: Draw, timeouts: Mapping[str, str]) -> float:
    """How long it may take; a call that was swallowed is given up by its own time-out, and only then is it over."""
    return (HEALED_S if timeouts == SHORT else PRODUCTION_HEALED_S) + READ_TIMEOUT_S * (draw.kind == Kind.SILENT_API)


def check_calls(scene: Scene, hit: Phase, summary: Summary) -> None:
    """No two of ours wrote at a time, and the run was told once; good news may be lost with who was sending it."""
    lab = scene.team.lab
    assert 1254291 not in {call["code"] for call in lab.look("calls")["calls"]}
    cards = len(lab.look("state")["messages"])
    assert cards <= 1
    assert cards or hit in (Phase.FINISHING, Phase.VIEWS) or scene.draw.kind in APIS, summary


def check_table(scene: Scene, summary: Summary) -> None:
    """Each key is in its table once with the source's figures, and was counted once."""
    lab, first, last = scene.team.lab, summary.days.first, summary.days.last
    assert (summary.duplicates, summary.verified) == (0, True), summary
    check_days(scene, "promotion", first, last)
    source = lab.source(first, last)
    assert (summary.created, summary.updated, summary.unchanged) == (len(source), 0, 0)
    assert len(summary.further) == len(scene.tables)
    for there, report in zip(summary.further, scene.tables, strict=True):
        assert (there.state, there.duplicates, there.verified) == (RunState.SUCCESS, 0, True), there
        check_days(scene, report, first, last)
        rows = source_of(lab, report, first, last).total()
        assert (there.created, there.updated, there.unchanged) == (rows, 0, 0)


def check_days(scene: Scene, report: str, first: date, last: date) -> None:
    """Each key of a report on these days is in its table, and it holds no other of them."""
    lab = scene.team.lab
    if report == "promotion":
        lab.assert_agrees(first, last)
        return
    held = table_of(lab, report, scene.tables[report])
    of_days = Counter({line: times for line, times in held.items() if first <= line.day <= last})
    assert of_days == source_of(lab, report, first, last)


def check_catch_up(scene: Scene, summary: Summary) -> None:
    """Only the APIs' absence leaves a run short, and one catch-up of each table that owes a day makes it whole."""
    assert scene.draw.kind in APIS, summary
    scene.team.dismiss()
    lab = scene.team.lab
    lab.at(LATER)
    ctx = lab.context()
    runs, reports = begin_catch_up(ctx), {NAMES[report]: report for report in scene.tables}
    assert runs
    for run in runs:
        again = carry_out(ctx, run.run_id)
        assert (again.state, again.duplicates) == (RunState.SUCCESS, 0), (summary, again)
        check_days(scene, reports.get(run.table, "promotion"), again.days.first, again.days.last)
    check_days(scene, "promotion", lab.day, lab.day)
    for report in scene.tables:
        check_days(scene, report, lab.day, lab.day)
