"""What goes wrong on the morning of a roll-over, by kind."""

import signal
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from unittest.mock import patch

import redis

from emulator.exchange import Exchange
from pipeline.clients.feishu import api
from pipeline.context import Context
from pipeline.core.errors import Busy
from pipeline.core.model import CHINA
from pipeline.core.outcome import Run, RunState, Summary
from pipeline.core.runs.plan import yesterday
from pipeline.core.table.cells import midnight_ms
from pipeline.steps.runs.carry_out import carry_out
from pipeline.steps.runs.plan import begin, begin_backfill, begin_daily, begin_settle
from tests import forks
from tests.chaos.campaign.rig import AHEAD, Ended, daily
from tests.chaos.rolling.scene import Scene
from tests.chaos.struck import EMPTIED
from tests.days import SEVEN, Days
from tests.lab import Plain
from tests.rolled import REGISTRY
from tests.workers import wait_until

CALLS_OF_MAKING = 10  # of the run, until the successor is there and remembered
COMMANDS_OF_MAKING = 2
ALL_CALLS = 26
CALLS = {
    "making": range(1, CALLS_OF_MAKING + 1),
    "load": range(CALLS_OF_MAKING + 1, 21),
    "end": range(22, ALL_CALLS + 1),
}
WRITES_OF_MAKING = ("tables.create", "records.batch_update", "records.batch_create", "views.create", "views.patch")
LOST = {"drop_before": 0.0, "drop_after": 0.0, "truncate": 0.0, "late": 0.2, "hold": 0.6}  # seconds, where it waits
WRITE_TIMEOUT_S = 0.4
AFTER_MAKING = ("records.batch_update", "report.promotion", "records.batch_create", "views.create", "views.patch")
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
    REGISTRY = "a person changes the registry"
    TAKEN = "a person's table has the announced name"
    COPIED = "a person's copy of our table"
    FORGOTTEN = "no right to make tables, and then Redis is emptied"


def killed(scene: Scene) -> None:
    """The process of the run is killed: at one of the making's calls, or of its commands, or later on."""
    point, last = scene.way([("call", CALLS_OF_MAKING), ("memory", COMMANDS_OF_MAKING), ("call", ALL_CALLS)])
    code = struck(scene, "kill", point, scene.luck.randint(1, last))
    assert code == -signal.SIGKILL or (code == 0 and last == ALL_CALLS), code


def emptied(scene: Scene) -> None:
    """Redis loses everything: a day later, at a call of the run, before it or when it is planned."""
    when = scene.way(["day later", "making", "load", "end", "before", "planned"])
    if when in CALLS:
        assert struck(scene, "empty", "call", scene.luck.choice(CALLS[when])) == EMPTIED
        return
    if when == "day later":
        scene.morning()
    if when == "planned":
        scene.days.at(SEVEN, 1)
        begin_daily(scene.days.bare_context())
    scene.empty_redis()


def struck(scene: Scene, deed: str, point: str, number: int) -> int:
    """The boundary's daily run in a process of its own, struck at a moment; its exit code."""
    days, moment = scene.days, scene.luck.choice(["before", "after"])
    days.at(SEVEN, 1)
    words = (sys.executable, "-m", "tests.chaos.struck", deed, point, str(number), moment)
    env = {**days.environment(), "PYTHONPATH": str(Path.cwd()), "NO_PROXY": "127.0.0.1"}
    done = forks.run(words, env, days.home, timeout=60)
    return done.returncode


def lost(scene: Scene) -> None:
    """The answer to one of the making's writes is lost, with its effect or without."""
    endpoint, how = scene.way(WRITES_OF_MAKING), scene.luck.choice(list(LOST))
    more = {"seconds": LOST[how]} if LOST[how] else {}
    mode = "ignore" if endpoint == "records.batch_create" and scene.luck.random() < 1 / 2 else "replay"
    scene.days.control("settings", {"client_token_mode": mode})
    scene.days.fault(endpoint, how, times=1, **more)
    with patch.object(api, "WRITE_TIMEOUT_S", WRITE_TIMEOUT_S):
        ended = scene.morning()
    assert [one["hits"] for one in scene.days.look("state")["faults"]] == [1]
    scene.days.control("faults/clear", {})
    assert wait_until(lambda: not Exchange.late_tasks)
    if not ended.success:
        assert ended.summary is None, scene.said  # it did not begin: the worker's message comes again
        scene.said.append(daily(scene.days.bare_context()))
    assert scene.said[-1].success, scene.said


def denied(scene: Scene) -> None:
    """The app may not make tables on some mornings; then somebody gives the right back."""
    scene.days.control("permissions", {"denied": ["tables.create"]})
    _goes_on(scene, mornings=scene.way([1, 2, 3]))
    scene.days.control("permissions", {"denied": []})


def forgotten(scene: Scene) -> None:
    """The same, and Redis forgets that the old table went on, before the right comes back or after."""
    scene.days.control("permissions", {"denied": ["tables.create"]})
    _goes_on(scene, mornings=scene.way([1, 2]))
    scene.empty_redis()
    scene.days.control("permissions", {"denied": []})


def taken(scene: Scene) -> None:
    """A person's table with rows has the announced name; it is renamed some days later."""
    rows = scene.rows_of_ours()[:3]
    columns, theirs = scene.way([((), rows), (("事项", "负责人"), [{"事项": "拍摄", "负责人": "小李"}])])
    table_id = scene.table_of_a_person(scene.new, theirs, columns)
    _goes_on(scene, mornings=scene.way([1, 2]))
    assert scene.said[-1].summary
    assert any("改名" in line for line in scene.said[-1].summary.warnings), scene.said[-1].summary.warnings
    scene.days.control("tables/rename", {"table_id": table_id, "name": "拍摄安排"})


def _goes_on(scene: Scene, mornings: int) -> None:
    """The old table goes on: no successor can be made, and each run says so."""
    for _ in range(mornings):
        ended = scene.morning()
        assert ended.success, ended
        assert ended.summary
        assert any("未能创建" in line and scene.new in line for line in ended.summary.warnings), ended.summary.warnings
        assert scene.days.day in {key.day for key in scene.days.loaded()}
    scene.first = scene.days.day + timedelta(days=1)


def copied(scene: Scene) -> None:
    """A person's copy of our table stands in the base, with all its rows; on one turn Redis is emptied as well."""
    when = scene.way(["before", "later", "before and emptied", "later and emptied"])
    if when.startswith("later"):
        scene.morning()
    scene.table_of_a_person("广告日报 副本", scene.rows_of_ours())
    if when.endswith("emptied"):
        scene.empty_redis()


def two(scene: Scene) -> None:
    """The daily run begins in the same moment as another run, or twice."""
    days = scene.days
    days.at(SEVEN, 1)
    days.control("latency", {name: seconds * scene.luck.uniform(0.5, 2) for name, seconds in LATENCY.items()})
    waits = [0.0, scene.luck.uniform(0, 0.3)]
    scene.luck.shuffle(waits)
    days.bare_context().tokens.current(AHEAD)
    begins = (begin_daily, scene.way(OTHERS))
    with ThreadPoolExecutor(2) as pool:
        begun = [pool.submit(_after, wait, days, begins[number]) for number, wait in enumerate(waits)]
        ends = [one.result() for one in begun]
    days.control("latency", dict.fromkeys(LATENCY, 0))
    scene.said += [Ended(summary) for summary in ends]
    assert [one.state for one in ends] == [RunState.SUCCESS] * 2, ends


def _after(seconds: float, days: Days, begins: Callable[[Context], Run]) -> Summary:
    """A run to its end, as the queue brings its steps again while another process does them."""
    threading.Event().wait(seconds)
    ctx = days.bare_context()
    run = begins(ctx)
    for _ in range(200):
        with suppress(Busy):
            return carry_out(ctx, run.run_id)
        threading.Event().wait(0.05)
    raise AssertionError(run.run_id)


def _by_hand(ctx: Context) -> Run:
    return begin(ctx, None, (), dry_run=False)


def _backfill(ctx: Context) -> Run:
    """Days on both sides of the boundary."""
    newest = yesterday(ctx.now())
    return begin_backfill(ctx, newest - timedelta(days=3), newest, [])


OTHERS: tuple[Callable[[Context], Run], ...] = (_by_hand, begin_daily, begin_settle, _backfill)


def renamed(scene: Scene) -> None:
    """A person renames the new table: in the middle of the run that made it, or a day later."""
    body = {"table_id": scene.new, "name": scene.luck.choice(["三月", "新表（请勿删除）", "Ads 2024"])}
    _interfere(scene, "tables/rename", body)


def deleted(scene: Scene) -> None:
    """A person deletes the new table: in the middle of the run that made it, or a day later."""
    _interfere(scene, "tables/delete", {"table_id": scene.new})
    scene.first, scene.mended = None, (1,)


def _interfere(scene: Scene, action: str, body: Plain) -> None:
    if scene.way(["later", "meanwhile"]) == "later":
        scene.morning()
        scene.days.control(action, body)
        return
    scene.days.before(scene.luck.choice(AFTER_MAKING), action, body)
    scene.morning()
    assert not scene.days.look("state")["script_errors"]


def registry_changed(scene: Scene) -> None:
    """A person edits or deletes a row of the registry, or the whole of it; before the making or after."""
    what, when = scene.way([("row", "later"), ("day", "later"), ("all", "before"), ("row", "before"), ("all", "later")])
    if when == "later":
        scene.morning()
        scene.mended = (1,)
    table_id = scene.days.table_named(REGISTRY)["table_id"]
    if what == "all":
        scene.days.control("tables/delete", {"table_id": table_id})
        return
    row = next(one["record_id"] for one in scene.days.records(table_id) if one["fields"].get("名称") == scene.new)
    place = {"table_id": table_id, "record_id": row}
    if what == "row":
        scene.days.control("rows/delete", place)
    else:
        later = midnight_ms(scene.boundary + timedelta(days=9), CHINA)
        scene.days.control("rows/edit", {**place, "fields": {"起始日": later}})


def older(scene: Scene) -> None:
    """Redis comes back as it was before the boundary, some days later."""
    with redis.Redis.from_url(scene.days.redis_url) as client:
        kept = [(key, client.dump(key)) for key in client.scan_iter()]
        for _ in range(scene.luck.randint(1, 3)):
            scene.morning()
        client.flushdb()
        for key, value in kept:
            if value:
                client.restore(key, 0, value)
    scene.mended = (0, 1)


DEEDS: dict[Kind, Callable[[Scene], None]] = {
    Kind.KILL: killed,
    Kind.LOST: lost,
    Kind.TWO: two,
    Kind.EMPTIED: emptied,
    Kind.DELETED: deleted,
    Kind.DENIED: denied,
    Kind.RENAMED: renamed,
    Kind.OLDER: older,
    Kind.REGISTRY: registry_changed,
    Kind.TAKEN: taken,
    Kind.COPIED: copied,
    Kind.FORGOTTEN: forgotten,
}
