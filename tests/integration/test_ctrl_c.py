"""Ctrl-C, SIGTERM or SIGHUP of a run in this process: a clean stop, what to do, and nobody takes it for running."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.steps.runs.due import views_made
from tests.lab import Lab
from tests.workers import wait_until


def begun(lab: Lab) -> "subprocess.Popen[str]":
    """`laike sync --local` of the newest day, begun."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LAIKE_")}
    return subprocess.Popen(
        [sys.executable, "-m", "cli.main", "sync", "--local", "--day", lab.day.isoformat()],
        env={**clean, "PYTHONPATH": str(Path.cwd()), **lab.environment()},
        cwd=lab.home,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def stopped(lab: Lab, endpoint: str, by: signal.Signals = signal.SIGINT) -> str:
    """What a run says on stderr that is stopped while an endpoint is slow; it ends as shells expect it to."""
    lab.control("latency", {endpoint: 1.0})
    process = begun(lab)
    assert wait_until(lambda: lab.calls(endpoint))
    process.send_signal(by)
    _, said = process.communicate(timeout=20)
    assert process.returncode == 128 + by, said
    assert "Traceback" not in said
    assert "Exception ignored" not in said
    lab.control("latency", {endpoint: 0})
    return said


@pytest.mark.parametrize("endpoint", ["report.promotion", "records.batch_create"])
def test_a_run_that_is_stopped_has_ended_and_the_same_command_completes_it(lab: Lab, endpoint: str) -> None:
    lab.context()
    said = stopped(lab, endpoint)
    (listed,) = json.loads(lab.laike("runs", "--json").stdout)
    assert (listed["state"], listed["verified"]) == ("interrupted", False)
    assert listed["run_id"] in said
    assert "the same command again" in said
    assert lab.context().ledger.open_runs() == []
    again = lab.laike("sync", "--local", "--day", lab.day.isoformat())
    assert again.returncode == 0, again.stderr
    lab.assert_agrees()


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGHUP])
def test_a_run_whose_process_is_asked_to_end_or_whose_terminal_is_gone_ends_as_by_ctrl_c(
    lab: Lab, by: signal.Signals
) -> None:
    lab.context()
    said = stopped(lab, "report.promotion", by)
    (listed,) = json.loads(lab.laike("runs", "--json").stdout)
    assert (listed["state"], listed["run_id"] in said) == ("interrupted", True)
    assert lab.context().ledger.open_runs() == []


def test_no_step_begins_after_ctrl_c(lab: Lab) -> None:
    lab.context()
    stopped(lab, "report.promotion")
    assert lab.calls("records.batch_create") == 0


def test_a_second_ctrl_c_waits_for_nothing(lab: Lab) -> None:
    lab.context()
    lab.control("latency", {"report.promotion": 8.0})
    process = begun(lab)
    assert wait_until(lambda: lab.calls("report.promotion"))
    process.send_signal(signal.SIGINT)
    assert process.stderr
    while "Ctrl-C again" not in process.stderr.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=5)
    assert process.returncode == 130
    lab.control("latency", {"report.promotion": 0})
    (listed,) = json.loads(lab.laike("runs", "--json").stdout)
    assert listed["state"] == "interrupted"


def test_after_the_end_the_views_are_finished_or_left_to_the_next_run(lab: Lab) -> None:
    lab.context()
    lab.control("latency", {"views.create": 4.0})
    process = begun(lab)
    assert wait_until(lambda: lab.calls("views.create"))
    assert process.stderr
    while "views of the accounts are looked after" not in process.stderr.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    shown, said = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "read back and verified" in shown
    assert "had ended before: success" in said
    ctx = lab.context()
    (run_id,) = ctx.views_owed.owing()
    assert ctx.ledger.given_up(run_id) is None
    lab.control("latency", {"views.create": 0})
    assert lab.laike("sync", "--local", "--day", lab.day.isoformat()).returncode == 0
    assert ctx.views_owed.owing() == []
    outcome = views_made(ctx, run_id)
    assert outcome
    assert len(outcome.created) + len(outcome.repaired) == lab.calls(
        "views.create"
    )  # one was made and not yet filtered
