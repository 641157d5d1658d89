"""The same steps on Celery: chord, schedule, backfill, and what Flower and a person get to see."""

import json
import math
import subprocess
from collections import Counter
from collections.abc import Iterator
from datetime import time, timedelta

import pytest

from pipeline.core.outcome import RunState, Summary
from tests.crew import SHORT, Crew, command, crew, wait_until
from tests.lab import TOKEN_KEY, WRITES, Lab


def pages(lab: Lab, summary: Summary) -> int:
    """Pages of the promotion reports of a run: each account's at least one."""
    counts = Counter(str(row["local_account_id"]) for row in lab.source(summary.days.first, summary.days.last).values())
    return sum(max(1, math.ceil(counts[account] / 100)) for account in lab.accounts)


@pytest.fixture
def working(lab: Lab) -> Iterator[Crew]:
    """One worker on a fresh lab, with short timeouts."""
    lab.extra |= SHORT
    with crew(lab) as made:
        made.worker()
        yield made


def test_the_daily_run_is_a_chord_of_one_fetch_per_account_whose_callback_loads(working: Crew) -> None:
    lab = working.lab
    begun = working.result(working.send("laike.daily"))["result"]
    assert begun == {"run_id": f"daily-{lab.day}", "state": "running"}
    summary = working.ended(begun["run_id"])
    assert (summary.state, summary.verified) == (RunState.SUCCESS, True)
    lab.assert_agrees(summary.days.first, summary.days.last)
    assert wait_until(lambda: len(working.results("laike.finish")) == 1)
    counts = {name: len(working.results(f"laike.{name}")) for name in ("fetch_account", "read_table", "load", "verify")}
    assert counts == {"fetch_account": len(lab.accounts), "read_table": 1, "load": 1, "verify": 1}


def test_a_second_daily_returns_the_finished_run_and_does_nothing(working: Crew) -> None:
    run_id = working.result(working.send("laike.daily"))["result"]["run_id"]
    working.ended(run_id)
    calls = working.lab.look("calls")["counts"]
    again = working.result(working.send("laike.daily"))["result"]
    assert again == {"run_id": run_id, "state": "success"}
    assert working.lab.look("calls")["counts"] == calls


def test_two_dailies_at_once_are_one_run(working: Crew) -> None:
    working.worker()
    ids = [working.send("laike.daily") for _ in range(2)]
    runs = {working.result(task_id)["result"]["run_id"] for task_id in ids}
    assert len(runs) == 1
    summary = working.ended(runs.pop())
    assert summary.state == RunState.SUCCESS
    assert working.lab.calls("report.promotion") == pages(working.lab, summary)
    working.lab.assert_agrees(summary.days.first, summary.days.last)
