"""The morning on which a table gets its successor: whatever goes wrong in that minute, the next mornings heal it.

One successor, nothing twice, no row lost; corrections of old days find the old table. Where nobody but a person can
know what is right, loading stops and says so, and goes on after `laike tables repair --yes`. Each kind of trouble is
played once, with `--chaos 40` in six ways.
"""

import logging
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

import tests.days as calendar
from emulator.server import EmulatorServer
from tests.chaos.campaign.rig import Ended
from tests.chaos.rolling.deeds import DEEDS, Kind
from tests.chaos.rolling.scene import Scene, by_hand, notes_of, shortly_before
from tests.days import FIRST, Eve
from tests.inprocess import quiet
from tests.rolled import (
    announced,
    assert_each_key_is_once_in_its_table,
    assert_no_row_is_gone,
    assert_registry_is_whole,
    chain,
    data_tables,
    rows_of,
)

KINDS = tuple(Kind)
MANY, WAYS = 40, 6
MORNINGS = 3  # until when everything is healed, repairs included
STOPPED = ("tables_disagree",)  # why loading stops until somebody looks


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each seed: every kind of trouble in one way, or in each of its ways."""
    if "seed" in metafunc.fixturenames:
        many = metafunc.config.getoption("--chaos") >= MANY
        seeds = range(len(KINDS) * (WAYS if many else 1))
        metafunc.parametrize("seed", seeds, ids=[f"{seed}-{KINDS[seed % len(KINDS)].name}" for seed in seeds])


@pytest.fixture(scope="module")
def server() -> Iterator[EmulatorServer]:
    """An emulator that has figures for the days of tests."""
    with calendar.calendar() as made, quiet(logging.CRITICAL):
        yield made


@pytest.fixture(scope="module")
def eve(server: EmulatorServer, redis_session: str, tmp_path_factory: pytest.TempPathFactory) -> Eve:
    """The evening before the first boundary: its daily run is over, the successor is announced."""
    days = calendar.first_days(server, redis_session, tmp_path_factory.mktemp("eve"))
    ends = [days.next_morning()]
    told = announced(days)
    assert told
    assert told.first
    ends += days.mornings(date.fromordinal(told.first.toordinal() - 1))
    assert all(ended.success for ended in ends)
    return Eve.of(days)


@pytest.fixture
def scene(eve: Eve, server: EmulatorServer, redis_session: str, tmp_path: Path, seed: int) -> Scene:
    """Shortly before the morning of the boundary."""
    return shortly_before(eve.again(server, redis_session, tmp_path), seed, len(KINDS))


def test_a_morning_of_a_roll_over_heals(scene: Scene, seed: int) -> None:
    days, before = scene.days, rows_of(scene.days)
    DEEDS[KINDS[seed % len(KINDS)]](scene)
    heal(scene)
    assert scene.said[-1].success, scene.trail()
    assert scene.repairs in scene.mended, scene.trail()
    assert_people_are_left_alone(scene)
    assert_registry_is_whole(days)
    assert_each_key_is_once_in_its_table(days, FIRST, days.day)
    assert_no_row_is_gone(days, before)
    assert 1254291 not in {call["code"] for call in days.look("calls")["calls"]}, "two of ours wrote at a time"
    assert_one_successor(scene)
    assert corrected_behind(scene), scene.trail()
    assert_another_run_writes_nothing(scene)


def heal(scene: Scene) -> None:
    """Mornings go by; when loading has stopped for our tables a person does what the card says."""
    for _ in range(MORNINGS):
        if stopped(scene.morning()):
            assert written_while_stopped(scene) == {}
            repair(scene)
            scene.said.append(by_hand(scene.days))


def stopped(ended: Ended) -> bool:
    """Whether loading stopped loudly: a person is needed, and what to do is said."""
    found = [trouble for trouble in ended.troubles if trouble.reason in STOPPED]
    assert all(trouble.needs_person and trouble.what_to_do for trouble in found)
    return bool(found)


def written_while_stopped(scene: Scene) -> dict[str, int]:
    """What one more run writes into tables of rows while loading is stopped."""
    rows = rows_of(scene.days)
    ended = by_hand(scene.days)
    assert not ended.success, ended
    return {one: len(now - rows[one]) for one, now in rows_of(scene.days).items() if now != rows[one]}


def repair(scene: Scene) -> None:
    """What the card asks for."""
    scene.repairs += 1
    done = scene.days.laike("tables", "repair", "--yes")
    assert done.returncode == 0, (done.stdout, done.stderr)


def corrected_behind(scene: Scene) -> bool:
    """Whether days before the boundary were corrected by one of the runs."""
    summaries = [one.summary for one in scene.said if one.summary]
    return any(shift.day < scene.boundary for summary in summaries for shift in summary.restatements)


def assert_people_are_left_alone(scene: Scene) -> None:
    """Tables that people made are as they made them, and then go away; so is what they wrote into ours."""
    for table_id, records in scene.theirs.items():
        assert scene.days.records(table_id) == records
        scene.days.control("tables/delete", {"table_id": table_id})
    assert len(scene.notes) == 2
    assert notes_of(scene.days) == scene.notes


def assert_one_successor(scene: Scene) -> None:
    """One successor, from the day on that it could be made for; none in the place of one that people deleted."""
    firsts = [row.first for row in chain(scene.days)[1:]]
    assert firsts == ([scene.first] if scene.first else []), scene.trail()
    empty = [one for one, records in data_tables(scene.days).items() if not records]
    assert not empty, f"made and left: {empty}"


def assert_another_run_writes_nothing(scene: Scene) -> None:
    """What was healed is as the source has it."""
    counts = scene.days.look("calls")["counts"]
    assert by_hand(scene.days).success
    assert scene.days.writes_since(counts) == {}
