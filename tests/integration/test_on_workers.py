"""The same steps on Celery: chord, schedule, backfill, and what Flower and a person get to see."""

import json
import math
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import time, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.core.outcome import RunState, Summary
from pipeline.state import keys
from pipeline.state.beat import BeatSigns
from pipeline.steps.runs.fetch import fetch_account
from pipeline.steps.runs.finish import finish
from pipeline.steps.runs.plan import begin_daily
from tests import forks
from tests.integration.test_what_follows_the_end import until_read_back
from tests.lab import WRITES, Lab
from tests.workers import SHORT, Workers, command, wait_until, workers

# what holds for the threads of a worker from the moment it is ready
READY = """
import gc
from celery.signals import worker_ready
from worker.app import app
before = gc.get_freeze_count()
worker_ready.send(sender=app)
print(gc.get_freeze_count() - before > 10_000, app.backend.thread_safe)
"""


def pages(lab: Lab, summary: Summary) -> int:
    """Pages of the promotion reports of a run: each account's at least one."""
    counts = Counter(str(row["local_account_id"]) for row in lab.source(summary.days.first, summary.days.last).values())
    return sum(max(1, math.ceil(counts[account] / 100)) for account in lab.accounts)


@contextmanager
def received(working: Workers, name: str) -> Iterator[list[tuple[str, str]]]:
    """What Flower shows of each delivery of a task: the words for its arguments."""
    shown: list[tuple[str, str]] = []

    def note(event: dict[str, Any]) -> None:
        if event["name"] == name:
            shown.append((event["args"], event["kwargs"]))

    with working.app.connection() as connection:
        receiver = working.app.events.Receiver(connection, handlers={"task-received": note})
        thread = threading.Thread(target=receiver.capture, kwargs={"wakeup": False}, daemon=True)
        thread.start()
        yield shown
        receiver.should_stop = True
        thread.join(10)


@pytest.fixture
def working(lab: Lab) -> Iterator[Workers]:
    """One worker on a fresh lab, with short timeouts."""
    lab.extra |= SHORT
    with workers(lab) as made:
        made.worker()
        yield made


def test_the_daily_run_is_a_chord_of_one_fetch_per_account_whose_callback_loads(working: Workers) -> None:
    lab = working.lab
    begun = working.result(working.send("laike.daily"))["result"]
    assert begun == {"run_id": f"daily-{lab.day}", "state": "running"}
    summary = working.ended(begun["run_id"])
    assert (summary.state, summary.verified) == (RunState.SUCCESS, True)
    lab.assert_agrees(summary.days.first, summary.days.last)
    expected = {"fetch_account": len(lab.accounts), "read_table": 1, "load": 1, "verify": 1, "finish": 1}
    assert wait_until(lambda: {name: len(working.results(f"laike.{name}")) for name in expected} == expected)


def test_a_ready_worker_collects_nothing_that_is_loaded_and_keeps_results_through_one_backend(lab: Lab) -> None:
    with workers(lab) as team:
        assert team.run(sys.executable, "-c", READY).stdout.split() == ["True", "True"]


def test_each_event_is_a_line_of_the_log_with_its_run_and_task(working: Workers) -> None:
    run_id = working.result(working.send("laike.daily"))["result"]["run_id"]
    working.ended(run_id)
    lines = [json.loads(line) for line in working.words().splitlines() if line.startswith('{"') and line.endswith("}")]
    fetched = [line for line in lines if line["event"] == "fetched"]
    assert len(fetched) == len(working.lab.accounts)
    assert {(line["run"], line["task"]) for line in fetched} == {(run_id, "laike.fetch_account")}
    assert len({line["task_id"] for line in fetched}) == len(fetched)


def test_a_second_daily_returns_the_finished_run_and_does_nothing(working: Workers) -> None:
    run_id = working.result(working.send("laike.daily"))["result"]["run_id"]
    working.ended(run_id)
    assert wait_until(lambda: working.results("laike.finish"))  # its card comes after its end
    working.looked_after()
    calls = working.lab.look("calls")["counts"]
    again = working.result(working.send("laike.daily"))["result"]
    assert again == {"run_id": run_id, "state": "success"}
    assert working.lab.look("calls")["counts"] == calls


def test_two_dailies_at_once_are_one_run(working: Workers) -> None:
    working.worker()
    ids = [working.send("laike.daily") for _ in range(2)]
    runs = {working.result(task_id)["result"]["run_id"] for task_id in ids}
    assert len(runs) == 1
    summary = working.ended(runs.pop())
    assert summary.state == RunState.SUCCESS
    assert working.lab.calls("report.promotion") == pages(working.lab, summary)
    working.lab.assert_agrees(summary.days.first, summary.days.last)


def test_a_failed_account_is_a_failure_of_finish_and_of_nothing_else(working: Workers) -> None:
    broken = working.lab.accounts[1]
    working.lab.fault("report.promotion", "code", code=40002, times="always", match={"local_account_id": broken})
    run_id = working.result(working.send("laike.daily"))["result"]["run_id"]
    summary = working.ended(run_id)
    assert summary.state == RunState.PARTIAL
    assert [account.id for account in summary.accounts if account.trouble] == [broken]
    assert wait_until(lambda: [one["status"] for one in working.results("laike.finish")] == ["FAILURE"])
    assert "account_unavailable" in str(working.results("laike.finish")[0]["result"])
    assert {one["status"] for one in working.results("laike.fetch_account")} == {"SUCCESS"}


def test_an_account_that_fails_for_longer_than_a_call_is_tried_is_fetched_later(working: Workers) -> None:
    slow = working.lab.accounts[0]
    working.lab.fault("report.account", "code", code=50000, times=6, match={"local_account_id": slow})
    with received(working, "laike.fetch_account") as shown:
        run_id = working.result(working.send("laike.daily"))["result"]["run_id"]
        summary = working.ended(run_id)
    assert summary.state == RunState.SUCCESS
    assert "fetch_again" in working.words()
    of_slow = [
        args for args, _ in shown if args.startswith(f"({working.lab.facts['accounts'][slow]}, {summary.days.first}")
    ]
    assert len(of_slow) > 1
    assert len(shown) == len(of_slow) + len(working.lab.accounts) - 1
    assert {kwargs for _, kwargs in shown} == {f"run_id={run_id}, batch=0"}


def test_an_account_that_fails_for_ever_is_given_up_and_named(working: Workers) -> None:
    dead = working.lab.accounts[0]
    working.lab.fault("report.account", "code", code=50000, times="always", match={"local_account_id": dead})
    summary = working.ended(working.result(working.send("laike.daily"))["result"]["run_id"])
    assert summary.state == RunState.PARTIAL
    assert [account.id for account in summary.accounts if account.trouble] == [dead]


def test_a_load_does_not_wait_for_a_fetch_beyond_the_deadline(lab: Lab) -> None:
    lab.extra |= {**SHORT, "LAIKE_RUN_DEADLINE_S": "4"}
    stuck = lab.accounts[0]
    lab.fault("report.promotion", "delay", seconds=60, times="always", match={"local_account_id": stuck})
    with workers(lab) as team:
        team.worker()
        summary = team.ended(team.result(team.send("laike.daily"))["result"]["run_id"])
    assert summary.state == RunState.PARTIAL
    assert [account.id for account in summary.accounts if account.trouble] == [stuck]


def test_a_run_whose_chord_never_fires_is_loaded_soon_after_its_deadline(lab: Lab) -> None:
    lab.extra |= {**SHORT, "LAIKE_RUN_DEADLINE_S": "3"}
    with workers(lab) as team:
        run = begin_daily(team.ctx)
        fetch_account(team.ctx, run.run_id, 0, lab.accounts[0])
        team.worker()

        def ended() -> bool:
            team.ctx.pulse.stamp(run.run_id)  # it never falls silent: somebody hangs in a fetch
            return team.ctx.ledger.summary(run.run_id) is not None

        assert wait_until(ended)
        summary = team.ended(run.run_id)
    assert summary.state == RunState.PARTIAL
    assert [account.trouble is None for account in summary.accounts] == [True, *[False] * (len(lab.accounts) - 1)]


def test_beat_fires_the_daily_run_at_its_time_and_a_second_beat_changes_nothing(lab: Lab) -> None:
    lab.at(time(6, 59, 40))  # the processes are ready by then, also on a busy machine
    lab.extra |= {**SHORT, "LAIKE_WATCHDOG_S": "600"}
    with workers(lab) as team:
        team.worker()
        team.beat()
        team.beat(LAIKE_BEAT_FILE="second-beat")
        assert team.ended(f"daily-{lab.day}").state == RunState.SUCCESS
        assert wait_until(lambda: len(team.results("laike.daily")) == 2)
        assert team.ctx.ledger.newest(9) == [f"daily-{lab.day}"]
        assert BeatSigns(team.ctx.client).seen()


def test_catch_up_loads_yesterday_once_where_it_is_owed(working: Workers) -> None:
    lab = working.lab
    asked = [working.send("laike.catch_up"), working.send("laike.catch_up"), working.send("laike.daily")]
    begun = {run_id for task_id in asked for run_id in working.result(task_id)["result"].get("begun", [])}
    runs = {*begun, f"daily-{lab.day}"}
    for run_id in runs:
        assert working.ended(run_id).state == RunState.SUCCESS
    assert wait_until(lambda: len(working.results("laike.finish")) >= len(runs))  # the card goes out after the end
    working.looked_after()
    assert len(begun) <= 1
    lab.assert_agrees()
    assert 1254291 not in {call["code"] for call in lab.look("calls")["calls"]}
    calls = lab.look("calls")["counts"]
    assert working.result(working.send("laike.catch_up"))["result"] == {"healed": [], "begun": []}
    assert lab.look("calls")["counts"] == calls  # nothing owed, nothing asked


@pytest.mark.parametrize("by", ["the watchdog", "catch_up"])
def test_views_whose_message_was_lost_are_made_all_the_same(lab: Lab, by: str) -> None:
    lab.extra |= SHORT
    with workers(lab) as team:
        run = begin_daily(lab.context())
        until_read_back(team.ctx, run)
        finish(team.ctx, run.run_id)  # and nobody sends the views
        assert lab.calls("views.create") == 0
        if by == "catch_up":
            team.ctx.client.set(keys.watched(run.run_id), "1", ex=60)  # no watchdog comes first
            team.ctx.client.delete(keys.alive(run.run_id))
        team.worker()
        if by == "catch_up":
            team.result(team.send("laike.catch_up"))
        team.looked_after()
        assert lab.calls("views.create") > 0


def test_a_run_that_died_is_ended_by_catch_up(working: Workers) -> None:
    run = begin_daily(working.ctx)
    working.ctx.client.delete(f"laike:v1:run:{run.run_id}:alive")
    working.ctx.client.set(f"laike:v1:run:{run.run_id}:watched", "1", ex=60)  # no watchdog comes first
    assert working.result(working.send("laike.catch_up"))["result"]["healed"] == [run.run_id]
    assert working.ended(run.run_id).state == RunState.SUCCESS


def test_settle_reads_yesterday_again(working: Workers) -> None:
    working.ended(working.result(working.send("laike.daily"))["result"]["run_id"])
    key, row = next(iter(working.lab.source().items()))
    place = {"promotion_id": key.item_id, "day": key.day.isoformat()}
    working.lab.control("figures", {"account_id": str(row["local_account_id"]), **place, "stat_cost": 777.25})
    summary = working.ended(working.result(working.send("laike.settle"))["result"]["run_id"])
    assert (summary.state, len(summary.restatements), summary.updated) == (RunState.SUCCESS, 1, 1)


def test_a_backfill_runs_in_batches_and_a_daily_run_meanwhile_is_not_disturbed(working: Workers) -> None:
    lab = working.lab
    start, end = lab.day - timedelta(days=64), lab.day - timedelta(days=3)
    lab.control("latency", {"records.batch_create": 0.1})
    accounts = [account for account in lab.accounts if account != lab.big]
    answer = working.result(
        working.send("laike.backfill", start=start.isoformat(), end=end.isoformat(), accounts=accounts)
    )["result"]
    daily = working.result(working.send("laike.daily"))["result"]["run_id"]
    assert (answer["state"], len(answer["days"]), answer["accounts"]) == ("queued", 62, accounts)
    for run_id in (daily, answer["run_id"]):
        summary = working.ended(run_id)
        assert (summary.state, summary.duplicates) == (RunState.SUCCESS, 0), summary
    assert len([one for one in working.results("laike.load") if one["kwargs"]["run_id"] == answer["run_id"]]) == 3
    loaded = working.lab.loaded()
    assert all(len(rows) == 1 for rows in loaded.values())
    assert 1254291 not in {call["code"] for call in lab.look("calls")["calls"]}


def test_celery_call_begins_a_backfill_from_any_container(working: Workers) -> None:
    day = working.lab.day.isoformat()
    words = json.dumps({"start": day, "end": day, "accounts": working.lab.accounts[:2]})
    called = working.run(*command("call", "laike.backfill", "--kwargs", words))
    assert called.returncode == 0, called.stderr
    answer = working.result(called.stdout.strip())["result"]
    assert answer == {
        "run_id": answer["run_id"],
        "state": "queued",
        "days": [day],
        "accounts": working.lab.accounts[:2],
    }
    assert working.ended(answer["run_id"]).state == RunState.SUCCESS


def test_the_worker_of_celerys_own_command_is_the_same(lab: Lab) -> None:
    with workers(lab) as made:
        ours = made.worker()
        theirs = made.stay(command("worker", "--hostname", "theirs@here"))
        assert wait_until(lambda: " ready." in theirs.words() or not theirs.alive)
        pools = made.app.control.inspect(timeout=5).stats()
        assert len(pools) == 2
        assert {(each["pool"]["implementation"], each["pool"]["max-concurrency"]) for each in pools.values()} == {
            ("celery.concurrency.thread:TaskPool", 16)
        }
        ours.process.terminate()
        assert ours.process.wait(30) == 0


@pytest.mark.parametrize(
    ("arguments", "wrong"),
    [
        ({"start": "2026-02-30", "end": "2026-03-01"}, "2026-02-30"),
        ({"start": "2099-01-01", "end": "2099-01-02"}, "cannot be loaded"),
        ({"start": "yesterday", "end": "today"}, "yesterday"),
        ({"start": "0001-01-01"}, "cannot be loaded"),
        ({"start": None}, "is not a day"),
        ({"end": 20260201}, "is not a day"),
        ({"accounts": ["1"]}, "unknown account 1"),
        ({"accounts": None}, "accounts None is not a list"),
        ({"accounts": "1"}, "accounts '1' is not a list"),
        ({"accounts": {"1": "x"}}, "is not a list"),
        ({"accounts": [None]}, "is not a list"),
        ({"account": ["1"]}, "unexpected keyword argument 'account'; there are start, end, accounts, tell"),
    ],
)
def test_an_impossible_backfill_says_what_is_wrong(working: Workers, arguments: dict[str, object], wrong: str) -> None:
    day = working.lab.day.isoformat()
    answer = working.result(working.send("laike.backfill", **{"start": day, "end": day, **arguments}))["result"]
    assert answer["state"] == "refused"
    assert wrong in answer["error"]
    assert working.ctx.ledger.newest(9) == []


@pytest.mark.parametrize("task", ["daily", "settle", "catch_up", "keep_token"])
def test_a_task_that_takes_nothing_refuses_a_day_and_does_nothing(working: Workers, task: str) -> None:
    answer = working.result(working.send(f"laike.{task}", day="2026-02-30"))
    told = "got an unexpected keyword argument 'day'; there are no arguments"
    assert (answer["status"], answer["result"]) == ("SUCCESS", {"state": "refused", "error": told})
    assert working.ctx.ledger.newest(9) == []


STEPS = {
    "read_table": {"run_id", "batch"},
    "fetch_account": {"run_id", "batch", "account_id"},
    "load": {"run_id", "batch"},
    "verify": {"run_id", "batch"},
    "check_views": {"run_id"},
    "finish": {"run_id"},
}


def test_a_step_of_nothing_fails_once_says_why_and_touches_nothing(working: Workers) -> None:
    run_id = working.result(working.send("laike.daily"))["result"]["run_id"]
    working.ended(run_id)
    assert wait_until(lambda: working.results("laike.finish"))
    working.looked_after()
    done, calls = working.ctx.outcomes.done(run_id), working.lab.look("calls")["counts"]
    right = {"run_id": run_id, "batch": 0, "account_id": working.lab.accounts[0]}
    wrong = [
        ("run_id", "daily-1999-01-01"),
        ("run_id", 7),
        ("batch", -1),
        ("batch", 99),
        ("batch", "0"),
        ("batch", None),
    ]
    wrong += [("account_id", "1"), ("account_id", None), ("nonsense", 1)]
    sent = {
        (step, name, value): working.send(f"laike.{step}", **{one: right[one] for one in takes} | {name: value})
        for step, takes in STEPS.items()
        for name, value in wrong
        if name in takes or name == "nonsense"
    }
    for what, task_id in sent.items():
        answer = working.result(task_id)
        assert (answer["status"], answer["result"]["exc_type"]) == ("FAILURE", "WrongInput"), what
        assert answer["traceback"] is None
        assert str(what[2]) in str(answer["result"]["exc_message"]) or what[1] == "nonsense"
    assert working.ctx.outcomes.done(run_id) == done
    assert working.ctx.client.keys("laike:*1999*") == []
    assert working.lab.look("calls")["counts"] == calls
    assert "Traceback" not in working.words()


def test_sync_goes_through_the_workers_and_prints_the_run(working: Workers) -> None:
    ended = working.lab.laike("sync", "--json")
    assert ended.returncode == 0, ended.stderr
    document = json.loads(ended.stdout)
    assert (document["state"], document["verified"]) == ("success", True)
    assert f"{len(working.lab.accounts)}/{len(working.lab.accounts)}" in ended.stderr  # progress, account by account
    assert len(working.results("laike.fetch_account")) == len(working.lab.accounts)
    followed = working.lab.laike("show", document["run_id"], "--follow", "--json")
    shown = json.loads(followed.stdout)
    assert "finished" in [one["event"] for one in shown.pop("events")]
    del shown["views"]  # they may still be made
    assert shown == document
    assert "the table agrees with the source" in followed.stderr
    assert working.lab.laike("status", "--max-age", "1h").returncode == 0


def test_a_dry_run_through_the_workers_writes_nothing(working: Workers) -> None:
    ended = working.lab.laike("sync", "--dry-run", "--json")
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout)["created"] > 0
    assert working.lab.calls(*WRITES) == 0


def test_ctrl_c_leaves_the_run_to_the_workers_and_says_how_to_follow_it(working: Workers) -> None:
    working.lab.control("latency", {"report.promotion": 1.0})
    process = working.begin(sys.executable, "-m", "cli.main", "sync")
    assert wait_until(lambda: working.ctx.ledger.newest(1) and working.lab.calls("report.promotion"))
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=20)
    run_id = working.ctx.ledger.newest(1)[0]
    assert f"laike show {run_id} --follow" in said
    assert "Traceback" not in said
    assert working.ended(run_id).state == RunState.SUCCESS


def test_without_a_worker_sync_says_so_and_names_both_ways_out(lab: Lab) -> None:
    ended = lab.laike("sync")
    assert ended.returncode == 3
    assert "python -m worker" in ended.stderr
    assert "--local" in ended.stderr


def test_a_worker_without_settings_names_all_that_is_missing(lab: Lab) -> None:
    ended = subprocess.run(
        command("worker"), cwd=lab.home, env={"PYTHONPATH": "."}, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2
    assert "LAIKE_FEISHU_APP_ID" in ended.stderr
    assert "LAIKE_TOKEN_KEYS" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("words", "variable", "file"),
    [
        (("beat",), "LAIKE_BEAT_FILE", "no/such/x"),
        (("beat",), "LAIKE_HEARTBEAT_FILE", "/dev/null/x"),
        (("worker",), "LAIKE_HEARTBEAT_FILE", "/dev/null/x"),
    ],
)
def test_a_file_that_can_never_be_written_is_named_at_the_start(
    lab: Lab, words: tuple[str, ...], variable: str, file: str
) -> None:
    told = {"PYTHONPATH": str(Path.cwd()), **lab.environment(), variable: file}
    ended = forks.run(command(*words), told, lab.home, timeout=60)
    assert (ended.returncode, f"error: {variable}: there is no folder" in ended.stderr) == (2, True), ended.stderr
    assert "Traceback" not in ended.stderr
