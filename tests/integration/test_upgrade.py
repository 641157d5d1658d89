"""An upgrade from the release before, and the way back: nothing is fetched again, doubled or guessed."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
import redis

from emulator.server import EmulatorServer
from lab.processes import BEAT, WORKER
from pipeline.context import Context
from pipeline.core.coverage.day import Loaded
from pipeline.core.coverage.history import history_of
from pipeline.core.errors import HistoryUnclear
from pipeline.core.model import CHINA, AccountDay, DayRange
from pipeline.core.outcome import DayState, RunState, Summary
from pipeline.state import codec, keys
from pipeline.state.schema import FORM
from pipeline.steps.coverage.grid import coverage
from pipeline.steps.coverage.rebuild import settle_history
from pipeline.steps.runs.carry_out import carry_out
from pipeline.steps.runs.plan import begin_catch_up, begin_daily
from tests.dataset import ACCOUNTS, LEFT_AT, NEWEST, load, restore, small
from tests.hostile import PROMOTIONS
from tests.lab import Lab, Plain
from tests.workers import wait_until, workers

DATA = load(Path(__file__).parents[1] / "data" / "state-1.json")
LAST = NEWEST + timedelta(days=LEFT_AT)  # the newest day that the release before loaded
FIRST = LAST - timedelta(days=31)
OLD_KEYS = {name for name in DATA["redis"] if name.split(":")[2] in ("coverage", "days")}
PATIENTLY_S = 60.0


@pytest.fixture(scope="module")
def server() -> Iterator[EmulatorServer]:
    """An emulator whose figures end some days after the data set."""
    with EmulatorServer(day=NEWEST, names=PROMOTIONS) as started:
        yield started


@pytest.fixture
def left(server: EmulatorServer, redis_url: str, tmp_path: Path) -> Lab:
    """What the release before left behind, at noon of its last morning."""
    server.world.reset()
    lab = small(Lab(server, redis_url, tmp_path))
    restore(lab, DATA)
    lab.at(time(12, 5), days_later=LEFT_AT)
    return lab


def upgraded(lab: Lab) -> Context:
    """A context of a process that has started on it."""
    ctx = lab.context()
    ctx.schema.bring_up(lambda: False)
    return ctx


def morning(lab: Lab) -> Context:
    """The next one."""
    lab.at(time(7, 0), days_later=LEFT_AT + 1)
    return upgraded(lab)


def calls(lab: Lab) -> Counter[str]:
    return Counter(lab.look("calls")["counts"])


def daily(lab: Lab) -> Summary:
    ctx = morning(lab)
    return carry_out(ctx, begin_daily(ctx).run_id)


def status_rows(lab: Lab) -> list[Plain]:
    return lab.records(lab.table_named("同步状态")["table_id"])


def stored(lab: Lab, names: set[str]) -> dict[str, Any]:
    client: Any = redis.Redis.from_url(lab.redis_url)
    return {name: {k.decode(): v.decode() for k, v in client.hgetall(name).items()} for name in names}


def loaded_before() -> dict[AccountDay, Loaded]:
    """What the data set knows to be loaded."""
    return {
        AccountDay(number, date.fromisoformat(day)): codec.load(Loaded, data.encode(), "a key")
        for number in ACCOUNTS
        for day, data in DATA["redis"][f"laike:v1:coverage:{number}"]["value"].items()
    }


def test_nothing_is_owed_after_an_upgrade_and_no_call_is_made(left: Lab) -> None:
    before = calls(left)
    ctx = upgraded(left)
    assert begin_catch_up(ctx) == []
    grid = coverage(ctx, DayRange(LAST - timedelta(days=29), LAST))
    assert {known.state for one in grid for known in one.days.values()} == {DayState.LOADED, DayState.EMPTY}
    assert calls(left) == before


def test_the_first_morning_adds_its_day_and_changes_no_row_that_was_there(left: Lab) -> None:
    rows, told = left.records(), status_rows(left)
    before = calls(left)
    summary = daily(left)
    made = calls(left) - before
    assert (summary.state, summary.day, len(summary.days)) == (RunState.SUCCESS, LAST + timedelta(days=1), 7)
    assert (summary.updated, summary.edited, len(summary.restatements)) == (0, 0, 0)
    assert left.records()[: len(rows)] == rows
    assert len(left.records()) == len(rows) + summary.created
    left.assert_agrees(LAST - timedelta(days=5), summary.day, ACCOUNTS)
    assert (made["report.promotion"], made["report.account"], made["views.create"]) == (2, 2, 0)
    assert len(status_rows(left)) == len(told) + len(ACCOUNTS)


def test_the_first_run_adds_the_column_and_every_row_that_can_be_taken_over_names_its_table(left: Lab) -> None:
    daily(left)
    oldest = datetime.combine(LAST - timedelta(days=29), time(), CHINA).timestamp() * 1000
    named = Counter(row["fields"].get("数据表") for row in status_rows(left) if row["fields"]["日期"] >= oldest)
    assert named == {left.table_id: 62}
    before = calls(left)
    ctx = left.context()
    carry_out(ctx, begin_daily(ctx).run_id)
    assert calls(left) == before


def test_what_was_usual_is_known_and_a_correction_is_called_one(left: Lab) -> None:
    ctx, days = upgraded(left), DayRange(FIRST, LAST)
    known = history_of(ctx.book.of(ACCOUNTS, days))
    assert {at: (one.rows, str(one.cost)) for at, one in known.items()} == {
        at: (one.rows, one.cost) for at, one in loaded_before().items()
    }
    key = next(key for key in left.source(LAST, LAST) if key.day == LAST)
    place = {"account_id": ACCOUNTS[0], "promotion_id": key.item_id}
    older, newest = LAST - timedelta(days=20), LAST + timedelta(days=1)
    left.control("figures", {**place, "day": older.isoformat(), "stat_cost": 777.25})
    left.control("figures", {**place, "day": newest.isoformat(), "stat_cost": 99000})
    summary = daily(left)
    assert [at.day for at in summary.restatements] == [older]
    card = json.dumps(left.look("state")["messages"][-1], ensure_ascii=False)
    assert "异常提醒" in card
    assert "元，高于正常范围" in card


def test_going_back_finds_what_was_there_and_loses_only_what_is_newer(left: Lab) -> None:
    summary = daily(left)
    assert stored(left, OLD_KEYS) == {name: DATA["redis"][name]["value"] for name in OLD_KEYS}
    # what both read in one form: no place is known twice, and each where it is
    ((_, rows),) = stored(left, {keys.status_rows(left.table_id)}).items()
    known = {place: json.loads(row)["record_id"] for place, row in rows.items()}
    assert len(set(known.values())) == len(known) == 66
    assert set(known.values()) == {row["record_id"] for row in status_rows(left)}
    assert codec.load(type(summary), codec.dump(summary, Summary), "a key") == summary


def test_done_again_an_upgrade_changes_nothing_and_costs_a_command(left: Lab) -> None:
    ctx = upgraded(left)
    new = {keys.coverage(left.table_id, number) for number in ACCOUNTS}
    before = stored(left, new)
    client: Any = redis.Redis.from_url(left.redis_url)
    client.config_resetstat()
    ctx.schema.bring_up(lambda: pytest.fail("nobody is asked"))
    told = client.info("commandstats")
    assert {name for name in told if name.startswith("cmdstat_") and "config" not in name} <= {
        "cmdstat_get",
        "cmdstat_info",
        "cmdstat_hello",
        "cmdstat_client|setinfo",
    }
    assert stored(left, new) == before
    assert client.get(keys.SCHEMA) == str(FORM).encode()


def test_a_run_that_the_release_before_began_is_carried_out(left: Lab) -> None:
    client: Any = redis.Redis.from_url(left.redis_url)
    run_id = f"daily-{LAST}"
    client.hdel(keys.run(run_id), "summary", "step:finish", "told")
    client.sadd(keys.OPEN, run_id)
    ctx = upgraded(left)
    assert carry_out(ctx, run_id).state == RunState.SUCCESS
    assert ctx.ledger.open_runs() == []


# Which table it was


def seen_in(lab: Lab, *tables: str) -> None:
    """Let rows of ours have been seen in these tables and no other."""
    client: Any = redis.Redis.from_url(lab.redis_url)
    client.delete(keys.seen(lab.table_id))
    for table_id in tables:
        client.set(keys.seen(table_id), "1")


@pytest.mark.parametrize("tables", [(), ("tblTyped7c2e0001", "tblText7c2e0002")], ids=["none", "several"])
def test_where_nobody_knows_which_table_it_was_a_person_is_asked_and_says_so_once(
    left: Lab, tables: tuple[str, ...]
) -> None:
    seen_in(left, *tables)
    ctx = morning(left)
    before = calls(left)
    with pytest.raises(HistoryUnclear, match="--table-of-history"):
        begin_daily(ctx)
    assert calls(left) - before == {"bot.webhook": 1}
    assert "编号 history_unclear" in json.dumps(left.look("state")["messages"][-1], ensure_ascii=False)
    ended = left.laike("sync", "--local")
    assert (ended.returncode, "--table-of-history" in ended.stderr) == (4, True)
    settle_history(ctx, left.table_id)
    summary = daily(left)
    assert (summary.state, summary.updated, len(summary.restatements)) == (RunState.SUCCESS, 0, 0)
    assert len(history_of(ctx.book.of(ACCOUNTS, DayRange(FIRST, LAST)))) == len(loaded_before())


def test_a_person_who_names_a_table_that_there_is_not_is_told_which_there_are(left: Lab) -> None:
    seen_in(left)
    upgraded(left)
    ended = left.laike("doctor", "--table-of-history", "tblWrong")
    assert (ended.returncode, left.table_id in ended.stderr) == (2, True)
    assert left.context().schema.unclear() == ()


def test_what_was_loaded_into_another_table_is_not_taken_for_ours(left: Lab) -> None:
    left.table = "text_table_id"
    summary = daily(left)
    assert (summary.state, len(summary.days)) == (RunState.SUCCESS, 7)
    assert summary.created == len([1 for one in left.loaded()]) > 10
    named = Counter(row["fields"].get("数据表") for row in status_rows(left))
    assert named == {"tblTyped7c2e0001": 60, None: 4, "tblText7c2e0002": 14}


def test_where_redis_is_lost_before_the_first_run_a_person_is_asked_too(left: Lab) -> None:
    redis.Redis.from_url(left.redis_url).flushall()
    ctx = morning(left)
    with pytest.raises(HistoryUnclear):
        begin_daily(ctx)
    settle_history(ctx, left.table_id)
    summary = daily(left)
    assert (summary.state, summary.updated) == (RunState.SUCCESS, 0)
    assert summary.created == len(ACCOUNTS) + 1  # the day's rows: three of one account, one of the other


# Which release it is


def test_what_a_newer_release_left_is_refused_by_command_worker_and_beat(left: Lab) -> None:
    with workers(left) as made:
        made.ctx.client.set(keys.SCHEMA, str(FORM + 1))
        worker, beat = made.stay(WORKER), made.stay(BEAT)
        ended = left.laike("status")
        assert (ended.returncode, "newer release" in ended.stderr) == (3, True), ended.stderr
        for member in (worker, beat):
            assert member.ended_within(PATIENTLY_S)
            assert (member.process.returncode, "newer release" in member.words()) == (3, True), member.words()
    assert stored(left, OLD_KEYS) == {name: DATA["redis"][name]["value"] for name in OLD_KEYS}
    assert not redis.Redis.from_url(left.redis_url).exists(keys.coverage(left.table_id, ACCOUNTS[0]))


def test_a_command_does_not_begin_while_a_step_of_the_release_before_is_at_work(left: Lab) -> None:
    client: Any = redis.Redis.from_url(left.redis_url)
    client.set(keys.step("daily-2025-06-18", "load:0"), "somebody", px=60_000)
    ended = left.laike("status")
    assert (ended.returncode, "older release" in ended.stderr) == (3, True)
    client.delete(keys.step("daily-2025-06-18", "load:0"))
    assert upgraded(left).schema.is_ours()


def test_a_worker_waits_until_those_of_the_release_before_have_stopped(left: Lab) -> None:
    with workers(left) as made:
        old = made.worker()
        made.ctx.client.delete(keys.SCHEMA)  # it has brought it up to date, as one of that release would not
        ended = left.laike("status")
        assert (ended.returncode, "older release" in ended.stderr) == (3, True), ended.stderr
        new = made.stay(WORKER)
        assert wait_until(lambda: "waiting_for_old_release" in new.words())
        assert " ready." not in new.words()
        old.kill()
        assert wait_until(lambda: " ready." in new.words())
        assert made.ctx.schema.is_ours()
