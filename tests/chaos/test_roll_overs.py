"""The morning on which a table gets its successor: whatever goes wrong in that minute, the next mornings heal it.

One successor, nothing twice, no row lost; corrections of old days find the old table. Where nobody but a person can
know what is right, loading stops and says so, and goes on after `laike tables repair --yes`. `--chaos 40` plays 40
seeds.
"""

import logging
import random
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path

import pytest
import redis

import tests.days as calendar
from emulator.exchange import Exchange
from emulator.server import EmulatorServer
from pipeline.core.outcome import RunState, Summary
from pipeline.steps.runs.carry_out import carry_out
from pipeline.steps.runs.plan import begin, begin_daily
from tests import forks
from tests.chaos.campaign.rig import AHEAD, Ended, daily
from tests.chaos.struck import EMPTIED
from tests.days import FIRST, SEVEN, Days, Eve
from tests.inprocess import quiet
from tests.lab import Plain
from tests.rolled import (
    announced,
    assert_each_key_is_once_in_its_table,
    assert_no_row_is_gone,
    assert_registry_is_whole,
    chain,
    data_tables,
    registry,
    rows_of,
)
from tests.workers import wait_until

MORNINGS = 3  # until when everything is healed, repairs included
STOPPED = ("tables_disagree",)  # why loading stops until somebody looks
STEPS_OF_MAKING = 9  # calls of the run until the successor is there and remembered
COMMANDS_OF_MAKING = 2
LATE_STEPS = 26
WRITES_OF_MAKING = ("tables.create", "records.batch_update", "records.batch_create", "views.create", "views.patch")
LOST = ("drop_before", "drop_after", "truncate", "late")
AFTER_MAKING = ("records.batch_update", "report.promotion", "records.batch_create", "views.list", "views.create")
LATENCY = {"tables.create": 0.04, "records.batch_update": 0.02, "records.batch_create": 0.02, "fields.list": 0.01}


class Kind(StrEnum):
    """What goes wrong."""

    KILL = "killed"
    LOST = "an answer is lost"
    TWO = "two loads at once"
    EMPTIED = "Redis is emptied"
    DELETED = "a person deletes the new table"
    DENIED = "no right to make tables"
    RENAMED = "a person renames the new table"
    OLDER = "Redis comes back from an old backup"


KINDS = tuple(Kind)


@dataclass
class Scene:
    """The morning of a roll-over, and how it went on."""

    days: Days
    boundary: date
    luck: random.Random
    said: list[Ended] = field(default_factory=list)
    repairs: int = 0

    @property
    def new(self) -> str:
        """The name that is announced for the successor."""
        told = announced(self.days)
        assert told
        return told.name


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each seed: one more than the short seeds of processes, so that six kinds are met."""
    if "seed" in metafunc.fixturenames:
        asked: int = metafunc.config.getoption("--chaos")
        metafunc.parametrize("seed", range(40 if asked >= 40 else len(KINDS) - 2))


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
    days = eve.again(server, redis_session, tmp_path)
    told = announced(days)
    assert told
    assert told.first
    return Scene(days, told.first, random.Random(seed))  # noqa: S311 reproducible, not secret


def test_a_morning_of_a_roll_over_heals(scene: Scene, seed: int) -> None:
    kind = KINDS[seed % len(KINDS)]
    days, before = scene.days, rows_of(scene.days)
    DEEDS[kind](scene)
    heal(scene)
    trail = f"{kind}: {[_brief(one) for one in scene.said]}, {scene.repairs} repairs, {registry(days)}"
    assert scene.said[-1].success, trail
    assert scene.repairs <= 1, trail
    assert scene.repairs == 1 or kind != Kind.DELETED, trail
    assert scene.repairs == 0 or kind in (Kind.DELETED, Kind.OLDER), trail
    assert_registry_is_whole(days)
    assert_each_key_is_once_in_its_table(days, FIRST, days.day)
    assert_no_row_is_gone(days, before)
    assert 1254291 not in {call["code"] for call in days.look("calls")["calls"]}, "two of ours wrote at a time"
    if kind != Kind.DELETED:
        assert_one_successor(scene, kind)
    assert corrected_behind(scene), trail


def heal(scene: Scene) -> None:
    """Mornings go by; when loading has stopped for our tables a person does what the card says."""
    for _ in range(MORNINGS):
        scene.said.append(scene.days.next_morning())
        if stopped(scene.said[-1]):
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


def by_hand(days: Days) -> Ended:
    """A run by hand."""
    ctx = days.bare_context()
    return Ended(carry_out(ctx, begin(ctx, None, (), dry_run=False).run_id))


def corrected_behind(scene: Scene) -> bool:
    """Whether days before the boundary were corrected by one of the runs."""
    summaries = [one.summary for one in scene.said if one.summary]
    return any(shift.day < scene.boundary for summary in summaries for shift in summary.restatements)


def assert_one_successor(scene: Scene, kind: Kind) -> None:
    """One successor, from the announced day on; where it could not be made in time, from a later one."""
    tables = chain(scene.days)
    assert len(tables) == 2, registry(scene.days)
    (first,) = [row.first for row in tables if row.first]
    assert first == scene.boundary or (kind == Kind.DENIED and first > scene.boundary), tables
    empty = [one for one, records in data_tables(scene.days).items() if not records]
    assert not empty, f"made and left: {empty}"


def _killed(scene: Scene) -> None:
    """The process of the run is killed: at one of the making's calls, or of its commands, or later on."""
    point, last = scene.luck.choice([("call", STEPS_OF_MAKING), ("memory", COMMANDS_OF_MAKING), ("call", LATE_STEPS)])
    code = struck(scene, "kill", point, scene.luck.randint(1, last))
    assert code == -signal.SIGKILL or (code == 0 and last == LATE_STEPS), code


def _emptied(scene: Scene) -> None:
    """Redis loses everything: before, between and after the calls of the making, or on a morning after it."""
    if scene.luck.random() < 1 / 4:
        scene.said.append(scene.days.next_morning())
        redis.Redis.from_url(scene.days.redis_url).flushdb()
        return
    assert struck(scene, "empty", "call", scene.luck.randint(1, STEPS_OF_MAKING)) == EMPTIED


def struck(scene: Scene, deed: str, point: str, number: int) -> int:
    """The boundary's daily run in a process of its own, struck at a moment; its exit code."""
    days, moment = scene.days, scene.luck.choice(["before", "after"])
    days.at(SEVEN, 1)
    words = (sys.executable, "-m", "tests.chaos.struck", deed, point, str(number), moment)
    env = {**days.environment(), "PYTHONPATH": str(Path.cwd()), "NO_PROXY": "127.0.0.1"}
    done = forks.run(words, env, days.home, timeout=60)
    return done.returncode


def _lost(scene: Scene) -> None:
    """The answer to one of the making's writes is lost, with its effect or without."""
    endpoint, how = scene.luck.choice(WRITES_OF_MAKING), scene.luck.choice(LOST)
    more = {"seconds": 0.2} if how == "late" else {}
    mode = "ignore" if endpoint == "records.batch_create" and scene.luck.random() < 1 / 2 else "replay"
    scene.days.control("settings", {"client_token_mode": mode})
    scene.days.fault(endpoint, how, times=1, **more)
    scene.said.append(scene.days.next_morning())
    scene.days.control("faults/clear", {})
    assert wait_until(lambda: not Exchange.late_tasks)
    if not scene.said[-1].success:
        assert scene.said[-1].summary is None, scene.said  # it did not begin: the worker's message comes again
        scene.said.append(daily(scene.days.bare_context()))
    assert scene.said[-1].success, scene.said


def _denied(scene: Scene) -> None:
    """The app may not make tables on some mornings; then somebody gives the right back."""
    days = scene.days
    days.control("permissions", {"denied": ["tables.create"]})
    for _ in range(scene.luck.randint(1, 3)):
        ended = days.next_morning()
        scene.said.append(ended)
        assert ended.success, ended
        assert ended.summary
        assert any("未能创建" in line for line in ended.summary.warnings), ended.summary.warnings
    days.control("permissions", {"denied": []})


def _two(scene: Scene) -> None:
    """The daily run and one by hand begin in the same moment."""
    days = scene.days
    days.at(SEVEN, 1)
    days.control("latency", {name: seconds * scene.luck.uniform(0.5, 2) for name, seconds in LATENCY.items()})
    waits = [0.0, scene.luck.uniform(0, 0.3)]
    scene.luck.shuffle(waits)
    days.bare_context().tokens.current(AHEAD)
    runs: list[Callable[[], Summary]] = [lambda: _begun(days, "daily"), lambda: _begun(days, "by hand")]
    with ThreadPoolExecutor(2) as pool:
        begun = [pool.submit(_after, wait, run) for wait, run in zip(waits, runs, strict=True)]
        ends = [one.result() for one in begun]
    days.control("latency", dict.fromkeys(LATENCY, 0))
    scene.said += [Ended(summary) for summary in ends]
    assert [one.state for one in ends] == [RunState.SUCCESS] * 2, ends


def _begun(days: Days, how: str) -> Summary:
    ctx = days.bare_context()
    run = begin_daily(ctx) if how == "daily" else begin(ctx, None, (), dry_run=False)
    return carry_out(ctx, run.run_id)


def _after(seconds: float, run: Callable[[], Summary]) -> Summary:
    threading.Event().wait(seconds)
    return run()


def _renamed(scene: Scene) -> None:
    """A person renames the new table: in the middle of the run that made it, or a day later."""
    days, name = scene.days, scene.new
    body = {"table_id": name, "name": scene.luck.choice(["三月", "新表（请勿删除）", "Ads 2024"])}
    _interfere(scene, "tables/rename", body)
    assert not days.look("state")["script_errors"]


def _deleted(scene: Scene) -> None:
    """A person deletes the new table: in the middle of the run that made it, or a day later."""
    _interfere(scene, "tables/delete", {"table_id": scene.new})
    assert not scene.days.look("state")["script_errors"]


def _interfere(scene: Scene, action: str, body: Plain) -> None:
    days = scene.days
    if scene.luck.random() < 1 / 2:
        scene.said.append(days.next_morning())
        days.control(action, body)
        return
    days.before(scene.luck.choice(AFTER_MAKING), action, body)
    scene.said.append(days.next_morning())


def _older(scene: Scene) -> None:
    """Redis comes back as it was before the boundary, some days later."""
    days, client = scene.days, redis.Redis.from_url(scene.days.redis_url)
    kept = [(key, client.dump(key)) for key in client.scan_iter()]
    for _ in range(scene.luck.randint(1, 3)):
        scene.said.append(days.next_morning())
    client.flushdb()
    for key, value in kept:
        if value:
            client.restore(key, 0, value)


def _brief(ended: Ended) -> str:
    if ended.summary is None:
        return str(ended.trouble)
    return f"{ended.summary.run_id} {ended.summary.state} {[trouble.reason for trouble in ended.troubles]}"


DEEDS: dict[Kind, Callable[[Scene], None]] = {
    Kind.KILL: _killed,
    Kind.LOST: _lost,
    Kind.TWO: _two,
    Kind.EMPTIED: _emptied,
    Kind.DELETED: _deleted,
    Kind.DENIED: _denied,
    Kind.RENAMED: _renamed,
    Kind.OLDER: _older,
}
