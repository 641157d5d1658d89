"""Promise 3: each run is looked after by itself: one that nobody can read keeps no other from healing."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import time
from typing import Any

import pytest
import redis

from pipeline.context import Context
from pipeline.core.outcome import FetchOutcome, RunState, Summary
from pipeline.core.runs.flow import FINISH
from pipeline.core.runs.plan import parts
from pipeline.state import keys
from pipeline.steps.runs import fetch
from pipeline.steps.runs.carry_out import carry_out
from pipeline.steps.runs.due import due
from pipeline.steps.runs.fetch import fetch_account
from pipeline.steps.runs.finish import finish
from pipeline.steps.runs.plan import begin, begin_catch_up
from tests.lab import Lab
from tests.workerless import Sent, plain_traces, said, stand_in, titles
from tests.workers import SHORT, workers
from worker import tasks, watchdog


@pytest.fixture(autouse=True)
def quick_log() -> Iterator[None]:
    """With the locals of every frame a trace takes a second."""
    with plain_traces():
        yield


@pytest.fixture
def at_work(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> tuple[Context, Sent]:
    """This process as a worker, and what it sends."""
    lab.extra["LAIKE_WATCHDOG_S"] = "0.001"
    ctx = lab.context()
    return ctx, stand_in(ctx, monkeypatch)


def gone(client: redis.Redis, run_id: str) -> None:
    client.delete(keys.run(run_id))


def torn(client: redis.Redis, run_id: str) -> None:
    client.hset(keys.run(run_id), mapping={"plan": '{"run_id": 5}', "plan_digest": "other"})


def of_another_type(client: redis.Redis, run_id: str) -> None:
    client.delete(keys.run(run_id))
    client.set(keys.run(run_id), "5")


def silent(ctx: Context, run_id: str) -> None:
    """As if nobody had been at a run for two minutes."""
    ctx.pulse.stamp(run_id, ahead_s=-120)


Spoil = Callable[[redis.Redis, str], None]
DEFECTS: dict[Spoil, str] = {gone: "记录已丢失", torn: "记录无法读取", of_another_type: "格式不对"}
each_defect = pytest.mark.parametrize("spoil", list(DEFECTS), ids=["gone", "torn", "of_another_type"])


def spoiled(ctx: Context, lab: Lab, spoil: Spoil) -> tuple[str, str]:
    """A run that nobody can read, and after it by name one that is whole; both silent."""
    runs = [begin(ctx, lab.day, lab.accounts[:1], dry_run=False).run_id for _ in range(2)]
    spoil(ctx.client, min(runs))
    for run_id in runs:
        silent(ctx, run_id)
    return min(runs), max(runs)


@each_defect
def test_the_watchdog_puts_aside_what_nobody_can_read_and_sends_what_others_lack(
    lab: Lab, at_work: tuple[Context, Sent], spoil: Spoil
) -> None:
    ctx, sent = at_work
    bad, good = spoiled(ctx, lab, spoil)
    watchdog.look_and_beat(ctx)
    assert [run_id for run_id, _ in sent] == [good]
    assert ctx.ledger.open_runs() == [good]
    watchdog.look_and_beat(ctx)
    assert titles(lab) == ["部分运行记录无法读取"]
    assert bad in said(lab)
    assert DEFECTS[spoil] in said(lab)


@each_defect
def test_a_catch_up_heals_and_begins_whatever_one_run_is_like(
    lab: Lab, at_work: tuple[Context, Sent], spoil: Spoil
) -> None:
    ctx, sent = at_work
    _, good = spoiled(ctx, lab, spoil)
    result = tasks.catch_up.apply().result
    assert [run_id for run_id, _ in sent] == [*result["healed"], *result["begun"]]
    assert result["healed"] == [good]
    (begun,) = result["begun"]
    assert [account.id for account in ctx.ledger.run(begun).accounts] == lab.accounts[1:]
    assert ctx.ledger.open_runs() == sorted([good, begun])


def test_what_was_put_aside_is_told_later_where_the_bot_was_away(lab: Lab, at_work: tuple[Context, Sent]) -> None:
    ctx, _ = at_work
    lab.fault("bot.webhook", "status", status=502, times=20)
    spoiled(ctx, lab, gone)
    watchdog.look_and_beat(ctx)
    lab.control("faults/clear", {})
    for _ in range(2):
        assert tasks.keep_token.apply().state == "SUCCESS"
    assert titles(lab) == ["部分运行记录无法读取"]


def test_a_run_that_breaks_whoever_looks_after_it_is_told_and_stays_open(
    lab: Lab, at_work: tuple[Context, Sent], monkeypatch: pytest.MonkeyPatch
) -> None:
    ctx, sent = at_work
    bad, good = spoiled(ctx, lab, lambda *_: None)

    def breaking(_: Context, run_id: str) -> bool:
        if run_id == bad:
            raise ZeroDivisionError("canary-7c1e")
        return True

    monkeypatch.setattr(watchdog, "_forgotten", breaking)
    for _ in range(2):
        watchdog.look_and_beat(ctx)
    assert {run_id for run_id, _ in sent} == {good}
    assert ctx.ledger.open_runs() == sorted([bad, good])
    assert titles(lab) == [f"{bad} 无法继续"]
    assert "canary" not in said(lab)


def test_the_list_of_runs_has_those_that_can_be_read_and_names_the_others(lab: Lab) -> None:
    ctx = lab.context()
    bad, good = zip(*(spoiled(ctx, lab, spoil) for spoil in DEFECTS), strict=True)
    listed = lab.laike("runs", "--json")
    assert {one["run_id"] for one in json.loads(listed.stdout)} == set(good)
    assert all(run_id in listed.stderr for run_id in bad)
    assert listed.returncode == 0
    (torn_one,) = (run_id for run_id, spoil in zip(bad, DEFECTS, strict=True) if spoil is torn)
    shown = lab.laike("show", torn_one)
    assert (shown.returncode, "Traceback" in shown.stderr) == (2, False)


def test_a_value_of_another_type_is_no_outage_of_redis_and_is_put_away(lab: Lab) -> None:
    lab.extra |= SHORT
    with workers(lab) as team:
        run_id = f"daily-{lab.day}"
        team.ctx.client.rpush(keys.changes(f"{run_id}.0"), "a list, where a load looks for what it set out to change")
        team.worker()
        team.send("laike.daily")
        assert team.ended(run_id).state == RunState.SUCCESS
        assert team.ctx.client.exists(keys.put_away(keys.changes(f"{run_id}.0")))


# Kills and frozen processes


def test_a_run_that_was_killed_between_its_end_and_its_closing_is_closed_and_told(
    lab: Lab, at_work: tuple[Context, Sent], monkeypatch: pytest.MonkeyPatch
) -> None:
    ctx, sent = at_work
    run = begin(ctx, lab.day, [], dry_run=False)

    def killed(_: Summary) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(ctx.ledger, "close", killed)
        with pytest.raises(KeyboardInterrupt):
            carry_out(ctx, run.run_id)
    assert (ctx.ledger.open_runs(), titles(lab)) == ([run.run_id], [])
    silent(ctx, run.run_id)
    assert tasks.catch_up.apply().result["healed"] == [run.run_id]
    assert sent[0] == (run.run_id, [FINISH])
    assert finish(ctx, run.run_id).state == RunState.SUCCESS
    assert (ctx.ledger.open_runs(), titles(lab)) == ([], [f"{lab.day} 同步成功"])
    assert due(ctx, run.run_id) == []


def test_a_catch_up_begins_under_a_free_name_however_many_runs_there_were(lab: Lab) -> None:
    lab.extra["LAIKE_LOOKBACK_DAYS"] = "1"
    lab.fault("report.promotion", "code", code=50000, times="always")
    lab.at(time(9, 20))
    ctx = lab.context()
    (first,) = begin_catch_up(ctx)
    carry_out(ctx, first.run_id)
    for number in range(101):  # so that the first one is none of those that are looked at
        ctx.ledger.open(replace(first, run_id=f"other-{number}", dry_run=True, started_at=ctx.now()))
        ctx.client.srem(keys.OPEN, f"other-{number}")
    lab.control("faults/clear", {})
    lab.at(time(12, 20))
    ctx = lab.context()
    with ThreadPoolExecutor() as pool:
        begun = [run.run_id for runs in pool.map(begin_catch_up, [ctx, lab.context()]) for run in runs]
    assert set(begun) == {f"catch-up-{lab.day}-2"}
    assert carry_out(ctx, begun[0]).state == RunState.SUCCESS


def test_a_fetch_that_was_frozen_beyond_its_lease_does_not_bring_older_rows_back(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = lab.accounts[0]
    ctx = lab.context()
    run = begin(ctx, lab.day, [account], dry_run=False)
    key, row = next(one for one in lab.source().items() if str(one[1]["local_account_id"]) == account)
    place = {"account_id": account, "promotion_id": key.item_id, "day": key.day.isoformat()}
    whole: Any = fetch._fetch
    after: list[FetchOutcome] = []

    def frozen(*args: Any) -> Any:  # noqa: ANN401 whatever it is given
        """Stopped with its rows in hand, until its lease is over and another process has fetched newer ones."""
        older = whole(*args)
        monkeypatch.setattr(fetch, "_fetch", whole)
        ctx.client.delete(keys.step(run.run_id, f"fetch.0.{account}"))
        lab.control("figures", {**place, "stat_cost": 777.25})
        after.append(fetch_account(lab.context(), run.run_id, 0, account))
        return older

    monkeypatch.setattr(fetch, "_fetch", frozen)
    outcome = fetch_account(ctx, run.run_id, 0, account)
    assert [outcome] == after  # the first word stands
    (staged,) = ctx.staging.fetched(parts(run)[0].batch_id, [account])
    assert staged.outcome == outcome
    assert carry_out(ctx, run.run_id).state == RunState.SUCCESS
    lab.assert_agrees(accounts=[account])
    assert str(row["stat_cost"]) != "777.25"
