"""Outside monitors: a ping after each run that covers yesterday, and `laike status`."""

import json
import threading
from collections.abc import Iterator
from datetime import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from pipeline.core.outcome import RunState
from tests.lab import Lab

SECRET_PATH = "/5b1d4f8e-check"


class Monitor(ThreadingHTTPServer):
    """A check of a monitoring service: what it was told, path and words."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.pings: list[tuple[str, str]] = []
        self.status = 200
        self.answers = threading.Event()
        self.answers.set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}{SECRET_PATH}"


class _Handler(BaseHTTPRequestHandler):
    server: Monitor

    def do_POST(self) -> None:
        words = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.pings.append((self.path, words))
        self.server.answers.wait(20)
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(b"OK")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def monitor(lab: Lab) -> Iterator[Monitor]:
    """A monitor that the settings name."""
    with Monitor() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        lab.extra["LAIKE_HEARTBEAT_URL"] = server.url
        yield server
        server.shutdown()


def test_a_success_is_pinged_with_a_line_that_says_it(lab: Lab, monitor: Monitor) -> None:
    lab.sync()
    ((path, words),) = monitor.pings
    assert path == SECRET_PATH
    assert words.startswith(f"ok: {lab.day} is loaded for 7 of 7 account(s)")


def test_a_day_that_lacks_an_account_is_pinged_as_a_failure_until_it_is_healed(lab: Lab, monitor: Monitor) -> None:
    lost = lab.accounts[0]
    lab.fault("report.promotion", "code", code=40002, times="always", match={"local_account_id": lost})
    lab.sync()
    lab.control("faults/clear", {})
    lab.sync(accounts=[lost])
    (failed, why), (healed, words) = monitor.pings
    assert (failed, healed) == (f"{SECRET_PATH}/fail", SECRET_PATH)
    assert why.endswith(f"missing {lab.facts['accounts'][lost]}")
    assert words.startswith("ok: ")


def test_runs_of_older_days_and_dry_ones_ping_nobody(lab: Lab, monitor: Monitor) -> None:
    lab.sync(dry_run=True)
    lab.at(time(12, 5), days_later=1)
    lab.sync(lab.day)
    assert monitor.pings == []


@pytest.mark.parametrize("refuses", [True, False])
def test_a_monitor_that_refuses_or_is_away_harms_no_run_and_its_address_is_never_told(
    lab: Lab, monitor: Monitor, capfd: pytest.CaptureFixture[str], *, refuses: bool
) -> None:
    monitor.status = 404
    if not refuses:
        lab.extra["LAIKE_HEARTBEAT_URL"] = f"http://127.0.0.1:1{SECRET_PATH}"
    assert lab.sync().state == RunState.SUCCESS
    assert len(monitor.pings) == refuses
    told = capfd.readouterr()
    assert "heartbeat_failed" in told.out + told.err
    assert SECRET_PATH not in told.out + told.err


def test_a_monitor_that_hangs_keeps_no_run_waiting(
    lab: Lab, monitor: Monitor, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("pipeline.clients.heartbeat.TIMEOUT_S", 15)
    monitor.answers.clear()
    assert lab.sync().state == RunState.SUCCESS
    assert len(monitor.pings) == 1
    monitor.answers.set()
    told = capfd.readouterr()
    assert "heartbeat_failed" not in told.out + told.err


def test_status_judges_yesterday_by_what_is_loaded(lab: Lab) -> None:
    assert lab.laike("status").returncode == 3
    wrong = lab.laike("status", "--max-age", "soon")
    assert (wrong.returncode, "26h" in wrong.stderr) == (2, True)
    lost = lab.accounts[0]
    lab.fault("report.promotion", "code", code=40002, times="always", match={"local_account_id": lost})
    lab.sync()
    part = lab.laike("status", "--json")
    assert part.returncode == 1
    document = json.loads(part.stdout)
    assert (document["verdict"], document["day"], document["accounts"]) == ("in_part", lab.day.isoformat(), 7)
    assert document["lacking"] == [lab.facts["accounts"][lost]]
    lab.control("faults/clear", {})
    lab.sync(accounts=[lost])
    good = lab.laike("status")
    assert (good.returncode, good.stdout.startswith("ok: ")) == (0, True)


def test_status_says_that_figures_are_too_old_and_that_a_morning_was_missed(lab: Lab) -> None:
    lab.sync()
    lab.at(time(14, 10))
    old = lab.laike("status", "--max-age", "2h")
    assert (old.returncode, old.stdout.startswith("bad: too old: ")) == (3, True)
    lab.at(time(7, 2), days_later=1)
    assert lab.laike("status").returncode == 0  # today's run has until 07:05
    lab.at(time(7, 6), days_later=1)
    missed = lab.laike("status")
    assert (missed.returncode, "nothing of" in missed.stdout) == (3, True)
