"""Runs that die in any phase and are healed after a newer one: forty seeds, and the newest figures stand in every one.

The morning run reads figures that are provisional, and dies; the settling run reads them settled, and in some seeds
dies, too; then the older one is carried to its end, and the newer one after it.
"""

import json
import logging
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import time
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import redis

from emulator.world.world import World
from pipeline.clients.http import Answer, Http
from pipeline.context import Context
from pipeline.core.model import AccountDay, Key
from pipeline.core.outcome import DayState, Run, RunState, Summary
from pipeline.core.runs import plan
from pipeline.core.runs.plan import parts
from pipeline.state.no_redis import in_memory
from pipeline.steps.runs.carry_out import carry_out
from pipeline.steps.runs.early_read import read_table
from pipeline.steps.runs.fetch import fetch_account
from pipeline.steps.runs.finish import finish
from pipeline.steps.runs.load import load
from pipeline.steps.runs.plan import begin_catch_up, begin_daily, begin_settle
from pipeline.steps.runs.verify import verify
from tests import inprocess
from tests.chaos.campaign.rig import NearLab
from tests.lab import FIGURES, Lab

SEEDS = 40
SEVEN, SETTLED, HEALED, LATER = time(7, 1), time(10, 35), time(10, 40), time(15, 20)
WRITES = ("/records/batch_create", "/records/batch_update")
TABLES = ("typed_table_id", "text_table_id")


class Killed(BaseException):
    """The process is gone, in the middle of a call."""


class Mortal(Http):
    """HTTP of a process that dies at its n-th call to some endpoints, before or after the effect."""

    def __init__(self, inner: Http, endings: tuple[str, ...], left: int, *, effect: bool) -> None:
        super().__init__(inner.service, inprocess.URL)
        self.inner, self.endings, self.left, self.effect = inner, endings, left, effect

    def call(self, method: str, path: str, **rest: Any) -> Answer:  # noqa: ANN401 the call's own
        """The answer, unless the process dies."""
        deadly = path.endswith(self.endings) and self._is_last()
        if deadly and not self.effect:
            raise Killed
        answer = self.inner.call(method, path, **rest)
        if deadly:
            raise Killed
        return answer

    def _is_last(self) -> bool:
        self.left -= 1
        return self.left == 0


class MemoryLab(NearLab):
    """A lab in this process: the emulator without sockets, a Redis in memory."""

    store: redis.Redis

    def bare_context(self) -> Context:
        """A context such as a process of the product has, at the time that it is."""
        return inprocess.context(self.server.world, self.table_id, self.home, self.store, **self.extra)


@dataclass
class Morning:
    """One seed: who does what until where."""

    lab: MemoryLab
    chance: random.Random

    def step(self, ctx: Context, run: Run, phase: str) -> None:
        """Carry a run into a phase, and die there."""
        cut = parts(run)
        dying = self.chance.randrange(len(cut)) if phase not in AT_THE_END else len(cut)
        for part in cut[:dying]:
            _whole(ctx, part)
        if dying < len(cut):
            _DEATHS[phase](self, ctx, cut[dying])
        elif phase == "in its end":
            with pytest.raises(Killed):
                finish(self.mortal(ctx, WRITES), run.run_id)

    def mortal(self, ctx: Context, endings: tuple[str, ...]) -> Context:
        """The same, as a process that dies."""
        left, effect = self.chance.choice((1, 1, 2)), self.chance.random() < 0.5
        return replace(ctx, feishu_http=Mortal(ctx.feishu_http, endings, left, effect=effect))


def _whole(ctx: Context, part: Run) -> None:
    _fetch(ctx, part)
    load(ctx, part.run_id, part.batch)
    verify(ctx, part.run_id, part.batch)


def _fetch(ctx: Context, part: Run) -> None:
    for account in part.accounts:
        fetch_account(ctx, part.run_id, part.batch, account.id)
    read_table(ctx, part.run_id, part.batch)


def _some_fetched(morning: Morning, ctx: Context, part: Run) -> None:
    for account in morning.chance.sample(part.accounts, morning.chance.randint(0, len(part.accounts) - 1)):
        fetch_account(ctx, part.run_id, part.batch, account.id)


def _dies_in_load(morning: Morning, ctx: Context, part: Run) -> None:
    _fetch(ctx, part)
    try:
        load(morning.mortal(ctx, WRITES), part.run_id, part.batch)
    except Killed:
        return


def _loaded(_morning: Morning, ctx: Context, part: Run) -> None:
    _fetch(ctx, part)
    load(ctx, part.run_id, part.batch)


def _dies_in_read_back(morning: Morning, ctx: Context, part: Run) -> None:
    _loaded(morning, ctx, part)
    try:
        verify(morning.mortal(ctx, ("/records/search",)), part.run_id, part.batch)
    except Killed:
        return


_DEATHS: Mapping[str, Callable[[Morning, Context, Run], None]] = {
    "before its fetches": lambda _morning, _ctx, _part: None,
    "between its fetches": _some_fetched,
    "after its fetches": lambda _morning, ctx, part: _fetch(ctx, part),
    "in its load": _dies_in_load,
    "after its load": _loaded,
    "in its read-back": _dies_in_read_back,
}
AT_THE_END = ("before its end", "in its end")
PHASES = (*_DEATHS, *AT_THE_END)


@pytest.fixture(scope="module")
def memory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, redis.Redis, Path]]:
    """One world, one Redis in memory and one place for the token, for all seeds."""
    with inprocess.quiet(logging.CRITICAL):
        yield World(), in_memory(), tmp_path_factory.mktemp("home")


@pytest.fixture
def lab(memory: tuple[World, redis.Redis, Path], request: pytest.FixtureRequest) -> MemoryLab:
    """A lab of three small accounts whose figures restate themselves, in two batches."""
    world, store, home = memory
    world.reset()
    store.flushall()
    (home / "token").unlink(missing_ok=True)
    server: Any = SimpleNamespace(world=world, facts=lambda: world.facts(inprocess.URL))
    made = MemoryLab(server, "redis://nowhere:1/0", home, TABLES[request.getfixturevalue("seed") % 2])
    made.store = store
    names = {number: made.facts["accounts"][number] for number in chosen(made)}
    made.extra |= {"LAIKE_ACCOUNTS": json.dumps(names), "LAIKE_LOOKBACK_DAYS": "2", "LAIKE_FEISHU_WEBHOOK_URL": ""}
    made.extra["LAIKE_RUN_DEADLINE_S"] = str(4 * 3600)  # what was not fetched at seven still may be
    return made


def chosen(lab: Lab) -> list[str]:
    return [lab.accounts[0], lab.accounts[4], lab.accounts[5]]


def at(lab: MemoryLab, clock: time) -> Context:
    lab.at(clock)
    lab.control("settings", {"restating": True})
    return lab.context()


def figures_move(lab: MemoryLab, chance: random.Random) -> None:
    """Some promotions of the newest day say something else, one has come, one is gone."""
    rows = [(key, row) for key, row in lab.source().items() if str(row["local_account_id"]) in chosen(lab)]
    for key, row in chance.sample(rows, 3):
        place = {"account_id": str(row["local_account_id"]), "promotion_id": key.item_id}
        moved = {"stat_cost": chance.randrange(100, 9_000), "convert_cnt": chance.randrange(90)}
        lab.control("figures", {**place, "day": key.day.isoformat(), **moved})
    new = {"account_id": chosen(lab)[0], "promotion_id": "7699000000000000001", "day": lab.day.isoformat()}
    lab.control("figures", {**new, "stat_cost": 12.5, "convert_cnt": 2, "clue_pay_order_cnt": 1, "show_cnt": 9})


def rows_of_the_day(lab: MemoryLab) -> dict[Key, list[dict[str, Any]]]:
    return {key: rows for key, rows in lab.loaded().items() if key.day == lab.day}


def of_the_source(lab: MemoryLab) -> dict[Key, dict[str, Any]]:
    """What the chosen accounts report of the day by now."""
    return {key: row for key, row in lab.source().items() if str(row["local_account_id"]) in chosen(lab)}


def newest_rows(lab: MemoryLab) -> set[Key]:
    """Keys that are in the table once, with the figures that the source has by now."""
    loaded = rows_of_the_day(lab)
    return {
        key
        for key, row in of_the_source(lab).items()
        if len(loaded.get(key, [])) == 1
        and all(
            Decimal(str(loaded[key][0][name])) == Decimal(str(row[metric] or 0)) for name, metric in FIGURES.items()
        )
    }


def assert_all_say_so(lab: MemoryLab, ctx: Context, newer: Summary) -> None:
    """Coverage, last known states and 同步状态 have the newest figures of the day."""
    names, since = {number: lab.facts["accounts"][number] for number in chosen(lab)}, newer.started_at
    status = {(row["账户"], row["日期"]): row for row in map(_fields, lab.records(_status(lab)))}
    days = {day for _, day in status}
    for number in names:
        place = AccountDay(number, lab.day)
        cost = sum(Decimal(str(row["stat_cost"])) for row in lab.source().values() if _of(row, number))
        known = ctx.last_outcomes.of([number], newer.days)[place]
        told = status[names[number], max(days)]
        assert Decimal(ctx.coverage.at([place])[place].cost) == cost
        assert ctx.coverage.at([place])[place].as_of >= since
        assert (known.state, Decimal(known.cost)) == (DayState.LOADED, cost)
        assert (told["状态"], Decimal(str(told["消耗"]))) == ("已入库", cost)


def _fields(record: dict[str, Any]) -> dict[str, Any]:
    return cast("dict[str, Any]", record["fields"])


def _status(lab: MemoryLab) -> str:
    return str(lab.table_named("同步状态")["table_id"])


def _of(row: dict[str, Any], number: str) -> bool:
    return str(row["local_account_id"]) == number


@pytest.mark.parametrize("seed", range(SEEDS))
def test_the_newest_figures_stand(lab: MemoryLab, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    monkeypatch.setattr(plan, "BATCH_ACCOUNTS", 2)
    chance = random.Random(seed)  # noqa: S311 not a secret
    morning, phase = Morning(lab, chance), PHASES[seed % len(PHASES)]
    ctx = at(lab, SEVEN)
    older = begin_daily(ctx)
    morning.step(ctx, older, phase)
    ctx = at(lab, SETTLED)
    figures_move(lab, chance)
    newer = begin_settle(ctx)
    dies = chance.random() < 0.4
    if dies:
        morning.step(ctx, newer, chance.choice(("after its load", "in its read-back", "before its end")))
    else:
        assert carry_out(ctx, newer.run_id).state == RunState.SUCCESS
    between, right = rows_of_the_day(lab), newest_rows(lab)
    ctx = at(lab, HEALED)
    ended = carry_out(ctx, older.run_id)
    assert right <= newest_rows(lab)  # what was newest stays so
    if not dies:  # else the newer one may have left accounts to the older one
        assert rows_of_the_day(lab) == between
        assert (ended.state, ended.verified) == (RunState.SUCCESS, True)
        assert {one.id: one.cost for one in ended.accounts} == {number: _cost(lab, number) for number in chosen(lab)}
    end = carry_out(ctx, newer.run_id)
    ctx = at(lab, LATER)
    for run in begin_catch_up(ctx):
        assert carry_out(ctx, run.run_id).state == RunState.SUCCESS
    assert newest_rows(lab) == of_the_source(lab).keys()
    assert_all_say_so(lab, ctx, end)
    assert begin_catch_up(ctx) == []


def _cost(lab: MemoryLab, number: str) -> Decimal:
    return sum((Decimal(str(row["stat_cost"])) for row in lab.source().values() if _of(row, number)), Decimal(0))
