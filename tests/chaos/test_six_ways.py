"""Six ways to lose a run or a worker on Celery and Redis, each seen so far, and a kill between write and record."""

import signal
import sys
import time
from datetime import time as clock
from typing import Any

from pipeline.core.outcome import RunState, Summary
from tests.chaos.wire import HOST, Cut, Wire
from tests.workers import SHORT, Store, Workers, wait_until

QUEUES = ("control", "load", "fetch")
NO_WATCHDOG = {"LAIKE_WATCHDOG_S": "600"}
# a process that dies inside kombu's sweep for unacknowledged messages, holding its mutex
DIE_IN_THE_SWEEP = """
import os
from kombu.transport.redis import Mutex
from worker.app import app
channel = app.connection_for_read().channel()
with channel.conn_or_acquire() as client:
    with Mutex(client, channel.unacked_mutex_key, channel.unacked_mutex_expire):
        os._exit(9)
"""


def begin_daily(team: Workers) -> str:
    """Send the day's run; its id."""
    team.send("laike.daily")
    return f"daily-{team.lab.day}"


def check(team: Workers, summary: Summary) -> None:
    """A success whose rows are there once and were counted once."""
    lab = team.lab
    assert (summary.state, summary.duplicates) == (RunState.SUCCESS, 0), summary
    lab.assert_agrees(summary.days.first, summary.days.last)
    assert summary.created == len(lab.source(summary.days.first, summary.days.last))


def test_1_a_mutex_that_a_killed_worker_left_blocks_redelivery_for_seconds_only(team: Workers) -> None:
    team.lab.extra |= {**SHORT, **NO_WATCHDOG}
    worker = team.worker()
    run_id = begin_daily(team)
    everybody = len(team.lab.accounts)  # at work: what was not yet sent would be the watchdog's matter
    assert wait_until(lambda: team.lab.calls("report.account") == everybody)
    worker.kill()
    team.run(sys.executable, "-c", DIE_IN_THE_SWEEP)
    assert team.ctx.client.exists("unacked_mutex")
    team.worker()
    check(team, team.ended(run_id))


def test_2_a_chord_whose_callback_was_claimed_by_a_dead_worker_is_loaded_all_the_same(team: Workers) -> None:
    team.lab.extra |= SHORT
    team.worker()
    run_id = begin_daily(team)
    assert wait_until(lambda: list(team.ctx.client.scan_iter("celery-taskset-meta-*.s")))
    for size in list(team.ctx.client.scan_iter("celery-taskset-meta-*.s")):
        team.ctx.client.set(size[:-2] + b".c", "dead", ex=6)
    check(team, team.ended(run_id))
    assert len(team.results("laike.load")) == 1


def test_3_a_task_slower_than_the_visibility_timeout_is_done_once(team: Workers) -> None:
    team.lab.extra |= {**SHORT, "LAIKE_VISIBILITY_TIMEOUT_S": "5"}
    slow = team.lab.accounts[0]
    team.lab.fault("report.promotion", "delay", seconds=9, match={"local_account_id": slow})
    team.worker()
    team.worker()
    run_id = begin_daily(team)
    check(team, team.ended(run_id))
    asked = team.lab.look("calls", endpoint="report.promotion")["calls"]
    assert sum(call["about"]["local_account_id"] == slow for call in asked) == 1
    assert "come_back" in team.words()  # the second delivery met the living lease


def test_4_a_restart_of_redis_under_load_costs_no_worker(team: Workers, store: Store) -> None:
    team.lab.extra |= SHORT
    workers = [team.worker(), team.worker()]
    run_id = begin_daily(team)
    assert wait_until(lambda: team.lab.calls("report.promotion") >= len(team.lab.accounts))
    store.kill()
    time.sleep(1)
    store.start()
    check(team, team.ended(run_id))
    assert [worker.alive for worker in workers] == [True, True], team.words()


def test_5_messages_that_were_taken_and_lost_are_sent_again(team: Workers) -> None:
    team.lab.extra |= SHORT
    worker = team.worker()
    run_id = begin_daily(team)
    assert wait_until(lambda: team.ctx.ledger.has(run_id))
    worker.kill()
    team.ctx.client.delete(*QUEUES, "unacked", "unacked_index")
    team.worker()
    check(team, team.ended(run_id))


def test_5_a_daily_message_that_was_lost_is_noticed_by_the_workers(team: Workers) -> None:
    team.lab.at(clock(7, 0, 10))
    team.lab.extra |= SHORT
    team.worker()
    check(team, team.ended(f"daily-{team.lab.day}"))


def test_6_a_callback_that_comes_twice_writes_and_tells_once(team: Workers) -> None:
    team.lab.extra |= SHORT
    team.worker()
    team.worker()
    run_id = begin_daily(team)
    assert wait_until(lambda: team.lab.calls("records.batch_create"))
    twice = [team.app.send_task("laike.load", kwargs={"run_id": run_id, "batch": 0}, queue="load").id for _ in range(2)]
    summary = team.ended(run_id)
    check(team, summary)
    assert [team.result(task_id)["result"]["created"] for task_id in twice] == [summary.created] * 2
    assert len(team.lab.look("state")["messages"]) <= 1


def test_connections_to_redis_that_fell_silent_are_given_up(team: Workers, store: Store) -> None:
    team.lab.extra |= SHORT
    wire = Wire(store.port)
    team.worker(LAIKE_REDIS_URL=f"redis://{HOST}:{wire.port}/0")
    run_id = begin_daily(team)
    assert wait_until(lambda: team.lab.calls("report.promotion"))
    wire.cut(Cut.SILENT)  # as a firewall does that was restarted: nobody is told, and what was open stays silent
    wire.mend()
    check(team, team.ended(run_id))
    team.dismiss()
    wire.close()


def test_a_worker_that_is_told_to_stop_ends_what_it_began(team: Workers) -> None:
    team.lab.extra |= SHORT
    worker = team.worker()
    begin_daily(team)
    assert wait_until(lambda: team.lab.calls("report.account") == len(team.lab.accounts))
    worker.signal(signal.SIGTERM)
    assert wait_until(lambda: not worker.alive)
    assert len(team.results("laike.fetch_account")) == len(team.lab.accounts)


def test_a_worker_killed_between_write_and_record_counts_what_it_wrote_once(team: Workers) -> None:
    team.lab.extra |= SHORT
    run_id = load_a_day_then_restate(team)
    worker = team.members[0]
    team.lab.fault("records.batch_create", "hold", seconds=12)
    begin_daily(team)
    before = len(team.lab.records())
    assert wait_until(lambda: len(team.lab.records()) > before)  # the effect is there, the answer is not
    worker.kill()
    team.worker()
    summary = team.ended(run_id)
    assert (summary.state, summary.duplicates) == (RunState.SUCCESS, 0)
    lab = team.lab
    lab.assert_agrees(summary.days.first, summary.days.last)
    source = lab.source(summary.days.first, summary.days.last)
    assert (len(summary.restatements), summary.updated) == (1, 1)
    assert summary.created == len(source) - len(lab.source())
    creates: list[dict[str, Any]] = lab.look("calls", endpoint="records.batch_create")["calls"]
    main = [call for call in creates if call["about"].get("table_id") == lab.table_id]
    assert sum(call["rows"] for call in main if call["code"] == 0) >= summary.created


def load_a_day_then_restate(team: Workers) -> str:
    """The newest day is in the table, then one figure of it moves; the id of the daily run that is to tell so."""
    team.worker()
    assert team.lab.sync(team.lab.day).state == RunState.SUCCESS
    key, row = next(iter(team.lab.source().items()))
    place = {"promotion_id": key.item_id, "day": key.day.isoformat()}
    team.lab.control("figures", {"account_id": str(row["local_account_id"]), **place, "stat_cost": 777.25})
    return f"daily-{team.lab.day}"
