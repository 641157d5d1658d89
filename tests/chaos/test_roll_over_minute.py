"""The minute of a roll-over: whatever happens while the successor is made, no day is lost, doubled or misplaced.

40 seeds with `--chaos` (any number above the usual), eight of them else. What came of it is looked at from outside.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from threading import Barrier, current_thread
from time import sleep
from typing import Any, NoReturn

import pytest
import redis

from pipeline.clients.feishu import api
from pipeline.context import Context
from pipeline.core.errors import Busy, LaikeError, NeedsPerson
from pipeline.core.model import CHINA, Key
from pipeline.core.outcome import Run, RunState, Summary
from pipeline.core.rollover.registry import NAME
from pipeline.state import keys
from pipeline.steps.on_demand.tables import look, repair
from pipeline.steps.rollover.announce import announce
from pipeline.steps.runs.carry_out import carry_out
from pipeline.steps.runs.plan import begin, begin_backfill, begin_daily, begin_settle
from tests.lab import FIGURES, WRITES, Lab, Plain, empty, key_of

SEVEN, USUAL_SEEDS = time(7), 5
NEXT, NOTE = "广告日报（续）", "这一行是人写的"
FIRST, TABLE_ID, ROOT = "起始日", "表ID", "首表ID"
Call = Callable[[str], None]  # what happens before or after a call, by its path


class Killed(BaseException):
    """The process is gone: nothing in it goes on, and nobody in it catches this."""


@dataclass
class Minute:
    """The world on the boundary's morning.

    Attributes:
        first: The day from which the successor holds rows; `None` if it is to have none.
    """

    lab: Lab
    patch: pytest.MonkeyPatch
    accounts: list[str]
    first: date | None
    old: dict[str, Plain] = field(default_factory=dict)

    def run(self, days_later: int = 0, begin: Callable[[Context], Run] = begin_daily) -> Summary:
        """A morning of a new process."""
        self.lab.at(SEVEN, days_later)
        ctx = self.lab.context()
        return carry_out(ctx, begin(ctx).run_id)

    def rushed(self, days_later: int = 0) -> None:
        """The same, as far as it comes."""
        with suppress(LaikeError):
            self.run(days_later)

    def hooked(self, before: Call | None = None, after: Call | None = None) -> Context:
        """A process in which something happens around its calls of Feishu."""
        self.lab.at(SEVEN)
        ctx = self.lab.context()
        call = ctx.feishu_http.call

        def hooked(method: str, path: str, **more: Any) -> object:  # noqa: ANN401 as the original
            if before:
                before(path)
            answer = call(method, path, **more)
            if after:
                after(path)
            return answer

        self.patch.setattr(ctx.feishu_http, "call", hooked)
        return ctx

    def restate(self, day: date) -> None:
        """Let the source say something else of an old day."""
        key, row = next(iter(self.source(day, day).items()))
        figures = {"stat_cost": float(row["stat_cost"] or 0) + 1.25}
        place = {"promotion_id": key.promotion_id, "day": day.isoformat()}
        self.lab.control("figures", {"account_id": row["local_account_id"], **place, **figures})

    def source(self, start: date, end: date) -> dict[Key, Plain]:
        """The rows of our accounts."""
        rows = self.lab.source(start, end).items()
        return {key: row for key, row in rows if str(row["local_account_id"]) in self.accounts}

    def table(self, name: str) -> str:
        """The id of a table."""
        return str(self.lab.table_named(name)["table_id"])


@pytest.fixture
def minute(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Minute:
    """Yesterday is loaded; a successor is announced for the coming day."""
    small = sorted(lab.look("state")["accounts"], key=lambda one: int(one["promotions"]))
    names = {str(one["id"]): str(one["name"]) for one in small if one["rhythm"] == "daily"}
    accounts = list(names)[:2]
    quoted = ", ".join(f'"{one}": "{names[one]}"' for one in accounts)
    lab.extra |= {"LAIKE_ACCOUNTS": f"{{{quoted}}}", "LAIKE_TABLE_SPLIT": "auto"}
    made = Minute(lab, monkeypatch, accounts, lab.day)
    assert made.run(-1).state == RunState.SUCCESS
    lab.control("rows/insert", {"table_id": lab.table_id, "fields": {"备注": NOTE}})
    ours = next(one for one in lab.records() if key_of(one["fields"]))
    lab.control("rows/edit", {"table_id": lab.table_id, "record_id": ours["record_id"], "fields": {"备注": NOTE}})
    announce(lab.context(), lab.day, NEXT, by_hand=True)
    made.old = {one["record_id"]: one["fields"] for one in lab.records()}
    return made


# what happens


def killed(minute: Minute, number: int, where: str = "", *, after: bool) -> None:
    """The process dies right before or after a call of Feishu, and keeps its leases until they expire."""
    seen = dead = 0
    pool: Any = None

    def gone(*_: object, **__: object) -> NoReturn:
        if current_thread().name == "lease":
            raise redis.ConnectionError
        raise Killed

    def die(path: str) -> None:
        nonlocal seen, dead
        if dead:
            raise Killed
        seen += where in path
        if seen == number and where in path:
            dead = 1
            minute.patch.setattr(pool, "get_connection", gone)
            raise Killed

    ctx = minute.hooked(after=die) if after else minute.hooked(before=die)
    pool, token = ctx.client.connection_pool, ctx.app_token()
    with pytest.raises(Killed):
        carry_out(ctx, begin_daily(ctx).run_id)
    with redis.Redis.from_url(minute.lab.redis_url) as client:
        leases = [keys.writer(token), keys.TOKEN_LOCK, *client.scan_iter(keys.step("*", "*"))]
        client.delete(*leases)
    assert minute.run().state == RunState.SUCCESS


def lost(minute: Minute, endpoint: str, kind: str) -> None:
    """The answer to a write is lost."""
    minute.patch.setattr(api, "WRITE_TIMEOUT_S", 0.5)
    more = {"seconds": 0.8} if kind == "hold" else {}
    minute.lab.fault(endpoint, kind, **more)
    minute.rushed()
    assert [one["hits"] for one in minute.lab.look("state")["faults"]] == [1]
    minute.rushed()


def denied(minute: Minute, days: int) -> None:
    """The right to make tables is lost for some days: the old table goes on, and the run says why."""
    minute.lab.control("permissions", {"denied": ["tables.create"]})
    for later in range(days):
        summary = minute.run(later)
        assert summary.state == RunState.SUCCESS
        assert NEXT in " ".join(summary.warnings), summary.warnings
        assert minute.lab.day + timedelta(days=later) in {key.day for key in minute.lab.loaded()}
    minute.lab.control("permissions", {"denied": []})
    minute.first = minute.lab.day + timedelta(days=days)


def at_once(minute: Minute, other: Callable[[Context, Minute], list[Run]]) -> None:
    """Two processes begin to load in the same moment."""
    minute.lab.at(SEVEN)
    both, begins = Barrier(2), (other, lambda ctx, _: [begin_daily(ctx)])

    def process(begin: Callable[[Context, Minute], list[Run]]) -> None:
        ctx = contexts.pop()
        both.wait()
        for run in begin(ctx, minute):
            to_its_end(ctx, run)

    contexts = [minute.lab.context() for _ in begins]
    with ThreadPoolExecutor(2) as pool:
        for ended in [pool.submit(process, begin) for begin in begins]:
            ended.result()


def to_its_end(ctx: Context, run: Run) -> None:
    """Carry a run out beside another process that does the same, as the queue brings its steps again."""
    for _ in range(200):
        with suppress(Busy):
            carry_out(ctx, run.run_id)
            return
        sleep(0.05)
    raise AssertionError(run.run_id)


def person(minute: Minute, action: str, table: str, body: Plain, *, made: bool, stops: bool = False) -> None:
    """A person acts, before the successor is made or after; where loading stops, repair lets it go on."""
    if made:
        minute.run()
    found = minute.table(table)
    body = {name: value(minute) if callable(value) else value for name, value in body.items()}
    if (action, table) == ("tables/delete", NEXT):
        minute.first = None
    minute.lab.control(action, {"table_id": found, **body})
    if stops:
        stopped(minute)
        mended(minute)
    else:
        minute.rushed(int(made))
        if (action, table, made) == ("tables/delete", NAME, True):
            mended(minute)


def stopped(minute: Minute) -> None:
    """Loading stops, and a person is asked."""
    minute.lab.at(SEVEN, 1)
    ctx = minute.lab.context()
    try:
        summary = carry_out(ctx, begin_daily(ctx).run_id)
    except NeedsPerson:
        return
    troubles = [one for one in (summary.trouble, *(account.trouble for account in summary.accounts)) if one]
    assert any(one.needs_person for one in troubles), summary


def mended(minute: Minute) -> None:
    """`laike tables repair`, with a yes."""
    ctx = minute.lab.context()
    found = look(ctx)
    left = repair(ctx, found)
    assert not left.faults, left


def row_of(name: str) -> Callable[[Minute], str]:
    """The registry's row of a table."""

    def found(minute: Minute) -> str:
        records = minute.lab.records(minute.table(NAME))
        return str(next(one["record_id"] for one in records if one["fields"].get("名称") == name))

    return found


def emptied(minute: Minute, number: int, where: str = "") -> None:
    """Redis is emptied before a call of Feishu."""
    seen, done = 0, False

    def flush(path: str) -> None:
        nonlocal seen, done
        seen += where in path
        if seen == number and not done:
            done = True
            empty(minute.lab.redis_url)

    ctx = minute.hooked(before=flush)
    with suppress(LaikeError):
        carry_out(ctx, begin_daily(ctx).run_id)
    assert done
    minute.rushed()


def emptied_between(minute: Minute, *, planned: bool, loaded: bool) -> None:
    """Redis is emptied before planning, between planning and loading, after the run."""
    minute.lab.at(SEVEN)
    if planned:
        ctx = minute.lab.context()
        run = begin_daily(ctx)
        if loaded:
            carry_out(ctx, run.run_id)
    empty(minute.lab.redis_url)
    minute.rushed()


# the seeds


def daily(ctx: Context, _: Minute) -> list[Run]:
    """The daily run, which two processes may carry out together."""
    return [begin_daily(ctx)]


def settling(ctx: Context, _: Minute) -> list[Run]:
    """The settling run of the same day."""
    return [begin_settle(ctx)]


def backfill(ctx: Context, minute: Minute) -> list[Run]:
    """A range over the boundary."""
    return [begin_backfill(ctx, minute.lab.day - timedelta(days=3), minute.lab.day, [])]


TABLES, CREATE, UPDATE, SEARCH, VIEWS = "/tables", "/records/batch_create", "/records/batch_update", "/search", "/views"
LATER = timedelta(days=9)
Seed = Callable[[Minute], None]
WAYS = ("drop_after", "truncate", "hold")
LOST = {
    "tables.create": WAYS,
    "records.batch_update": WAYS,  # of the registry
    "records.batch_create": WAYS[:2],
    "views.create": WAYS[:1],
}
SEEDS: dict[str, Seed] = {
    **{
        f"killed {'after' if after else 'before'} call {number}": partial(killed, number=number, after=after)
        for number in range(1, 6)
        for after in (False, True)
    },
    "killed after the first records": partial(killed, number=1, where=CREATE, after=True),
    "killed after the first view": partial(killed, number=1, where=VIEWS, after=True),
    **{
        f"lost {endpoint} by {kind}": partial(lost, endpoint=endpoint, kind=kind)
        for endpoint, kinds in LOST.items()
        for kind in kinds
    },
    "denied for a day": partial(denied, days=1),
    "denied for two days": partial(denied, days=2),
    "two daily runs": partial(at_once, other=daily),
    "with a settling run": partial(at_once, other=settling),
    "with a backfill": partial(at_once, other=backfill),
    "a person renames the new table": partial(
        person, action="tables/rename", table=NEXT, body={"name": "我的表"}, made=True
    ),
    "a person deletes the new table": partial(
        person, action="tables/delete", table=NEXT, body={}, made=True, stops=True
    ),
    "a person edits the row": partial(
        person,
        action="rows/edit",
        table=NAME,
        body={"record_id": row_of(NEXT), "fields": lambda minute: {FIRST: ms(minute.lab.day + LATER)}},
        made=True,
        stops=True,
    ),
    "a person deletes the row": partial(
        person, action="rows/delete", table=NAME, body={"record_id": row_of(NEXT)}, made=True, stops=True
    ),
    "a person deletes the announcement": partial(
        person, action="rows/delete", table=NAME, body={"record_id": row_of(NEXT)}, made=False
    ),
    "a person deletes the registry": partial(
        person, action="tables/delete", table=NAME, body={}, made=True, stops=False
    ),
    "a person deletes the registry before": partial(person, action="tables/delete", table=NAME, body={}, made=False),
    **{f"emptied before call {number}": partial(emptied, number=number) for number in range(2, 5)},
    "emptied before the first records": partial(emptied, number=1, where=CREATE),
    "emptied before planning": partial(emptied_between, planned=False, loaded=False),
    "emptied between planning and load": partial(emptied_between, planned=True, loaded=False),
    "emptied after the run": partial(emptied_between, planned=True, loaded=True),
}


def ms(day: date) -> int:
    """A day as a cell."""
    return int(datetime.combine(day, time(), CHINA).timestamp() * 1000)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """All seeds where many are asked for."""
    if "seed" in metafunc.fixturenames:
        every = metafunc.config.getoption("--chaos") > USUAL_SEEDS
        metafunc.parametrize("seed", list(SEEDS) if every else OFTEN)


OFTEN = (
    "killed after call 3",
    "killed after the first records",
    "lost tables.create by truncate",
    "denied for a day",
    "two daily runs",
    "a person deletes the new table",
    "a person deletes the registry before",
    "emptied before planning",
)


def test_no_day_is_lost_doubled_or_misplaced(minute: Minute, seed: str) -> None:
    SEEDS[seed](minute)
    minute.lab.control("faults/clear", {})
    for later in (1, 2):
        minute.restate(minute.lab.day - timedelta(days=1 + later))
        minute.rushed(later)
        last = minute.run(later, lambda ctx: begin(ctx, None, [], dry_run=False))
        assert last.state == RunState.SUCCESS, last
    check_registry(minute)
    check_days(minute)
    check_people(minute)
    before = minute.lab.calls(*WRITES)
    minute.run(2, lambda ctx: begin(ctx, None, [], dry_run=False))
    assert minute.lab.calls(*WRITES) == before


def successors(minute: Minute) -> dict[str, date]:
    """First days by table, as the registry has them."""
    rows = [one["fields"] for one in minute.lab.records(minute.table(NAME))]
    assert {row[ROOT] for row in rows} == {minute.lab.table_id}
    made = [row for row in rows if row.get(TABLE_ID) and row[TABLE_ID] != minute.lab.table_id]
    return {row[TABLE_ID]: datetime.fromtimestamp(row[FIRST] / 1000, CHINA).date() for row in made}


def check_registry(minute: Minute) -> None:
    """The registry has exactly one successor for the first day, and each of its tables is there once."""
    there = [one["table_id"] for one in minute.lab.look("state")["tables"]]
    assert list(successors(minute).values()) == [minute.first] * bool(minute.first)
    assert successors(minute).keys() <= set(there)
    ids = [one["fields"].get(TABLE_ID) for one in minute.lab.records(minute.table(NAME))]
    assert len(ids) == 1 + bool(minute.first), ids


def check_days(minute: Minute) -> None:
    """Every key of the source is in the right one of all tables with our columns, once, with the source's figures."""
    tables = {one["table_id"]: one for one in minute.lab.look("state")["tables"]}
    ours = [
        one for one, table in tables.items() if {"单元ID", "时间"} <= {field["field_name"] for field in table["fields"]}
    ]
    found: dict[Key, list[tuple[str, Plain]]] = {}
    for table_id in ours:
        for record in minute.lab.records(table_id):
            if key := key_of(record["fields"]):
                found.setdefault(key, []).append((table_id, record["fields"]))
    (new,) = successors(minute) or ("",)
    source = minute.source(minute.lab.day - timedelta(days=7), minute.lab.day + timedelta(days=2))
    assert found.keys() == source.keys()
    assert max(key.day for key in source) == minute.lab.day + timedelta(days=2)
    for key, row in source.items():
        ((table_id, cells),) = found[key]
        assert table_id == (new if minute.first and key.day >= minute.first else minute.lab.table_id), key
        for column, metric in FIGURES.items():
            assert Decimal(str(cells[column])) == Decimal(str(row[metric] or 0)), (key, column)


def check_people(minute: Minute) -> None:
    """No row of anybody was deleted, and what people wrote is there."""
    now = {one["record_id"]: one["fields"] for one in minute.lab.records()}
    assert minute.old.keys() <= now.keys()
    notes = {one: cells["备注"] for one, cells in minute.old.items() if cells.get("备注")}
    assert list(notes.values()).count(NOTE) == 2
    assert {one: now[one]["备注"] for one in notes} == notes
