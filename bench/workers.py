"""Runs the product: Celery workers that are ready before the clock starts, or `laike sync --local`."""

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from pathlib import Path
from typing import Any

import psutil
import redis
from celery import Celery

from bench.weigh import Weight, scales
from bench.world import BenchError, World
from lab.guard import guarded_process
from lab.processes import WORKER
from pipeline.core.model import CHINA, DayRange
from pipeline.core.outcome import RunState, Summary
from pipeline.state.runs.events import Events
from pipeline.state.runs.ledger import Ledger
from pipeline.state.runs.views_owed import ViewsOwed

PATIENCE_S = 60.0
RUN_PATIENCE_S = 900.0
SAMPLE_S = 0.02
READY = b" ready."
# just after beat sends the daily run, and when earlier days are settled; not on the hour, when a card waits for the
# bots' rush to end
SEVEN, NOON = clock(7, 1), clock(12, 1)
LAIKE = (sys.executable, "-m", "cli.main")


@dataclass(frozen=True, slots=True)
class Told:
    """A run: when it was sent, the last time of each event, its cost; and how and when a command came back."""

    sent: float
    last: Mapping[str, float]
    summary: Summary
    weight: Weight
    exit_code: int = 0
    back: float = 0.0

    def well(self) -> "Told":
        """The same.

        Raises:
            BenchError: It ended otherwise than as a success.
        """
        if self.summary.state != RunState.SUCCESS:
            msg = f"{self.summary.run_id} ended otherwise than as a success: {self.summary}"
            raise BenchError(msg)
        return self


@dataclass(frozen=True, slots=True)
class Workers:
    """Workers, and an open connection to send them tasks, such as beat has."""

    app: Celery
    client: redis.Redis
    workers: Mapping[str, psutil.Process]

    def daily(self) -> Told:
        """Send the daily run and follow it to its success."""
        return self.daily_to_any_end().well()

    def daily_to_any_end(self) -> Told:
        """Send the daily run and follow it to its end."""
        return self._followed("laike.daily")

    def backfill(self, days: DayRange) -> Told:
        """Send a backfill and follow it to its success."""
        return self._followed("laike.backfill", start=days.first.isoformat(), end=days.last.isoformat()).well()

    def ask(self, task: str) -> Any:  # noqa: ANN401 JSON
        """Send a task and wait for its result."""
        return self._result(task)

    def settle(self) -> Summary:
        """Send the second look and follow it to its success."""
        return self._followed("laike.settle").well().summary

    def _result(self, task: str, **words: str) -> Any:  # noqa: ANN401 JSON
        key = f"celery-task-meta-{self.app.send_task(task, queue='control', kwargs=words).id}"
        end = time.time() + PATIENCE_S
        while time.time() < end:
            told: Any = self.client.get(key)
            meta = json.loads(told) if told else {}
            if meta.get("status") == "SUCCESS":
                return _taken(task, meta["result"])
            time.sleep(SAMPLE_S)
        msg = f"{task} had no result within {PATIENCE_S:.0f} s"
        raise BenchError(msg)

    def _followed(self, task: str, **words: str) -> Told:
        with scales(self.workers, self.client) as weighing:
            sent = time.time()
            run_id = self._result(task, **words)["run_id"]
            summary = ended(self.client, run_id)
            views_done(self.client)
            weight = weighing.stop()
        return Told(sent, all_moments(self.client, run_id), summary, weight)


def _taken(task: str, result: Any) -> Any:  # noqa: ANN401 JSON
    if isinstance(result, dict) and result.get("state") == "refused":
        msg = f"{task} was refused: {result['error']}"
        raise BenchError(msg)
    return result


def ended(client: redis.Redis, run_id: str) -> Summary:
    """Wait for a run's end.

    Raises:
        BenchError: It did not end in time.
    """
    ledger, end = Ledger(client), time.time() + RUN_PATIENCE_S
    while (summary := ledger.summary(run_id)) is None:
        if time.time() > end:
            msg = f"{run_id} did not end within {RUN_PATIENCE_S:.0f} s"
            raise BenchError(msg)
        time.sleep(SAMPLE_S)
    return summary


def views_done(client: redis.Redis) -> None:
    """Wait until no run owes its views.

    Raises:
        BenchError: They were not done in time.
    """
    owed, end = ViewsOwed(client), time.time() + RUN_PATIENCE_S
    while owed.owing():
        if time.time() > end:
            msg = f"views were not done within {RUN_PATIENCE_S:.0f} s: {owed.owing()}"
            raise BenchError(msg)
        time.sleep(SAMPLE_S)


def moments(client: redis.Redis, run_id: str) -> dict[str, float]:
    """The last time of each of a run's events, in seconds since the epoch."""
    return {event["event"]: int(event["at"]) / 1000 for event in Events(client).events(run_id)}


def all_moments(client: redis.Redis, run_id: str) -> dict[str, float]:
    """The same once the run's end is among them; that event comes just after the summary.

    Raises:
        BenchError: It was not told in time.
    """
    end = time.time() + PATIENCE_S
    while "finished" not in (found := moments(client, run_id)):
        if time.time() > end:
            msg = f"the end of {run_id} was not told within {PATIENCE_S:.0f} s"
            raise BenchError(msg)
        time.sleep(SAMPLE_S)
    return found


@contextlib.contextmanager
def workers(world: World, day: date, count: int = 1, at: clock = NOON) -> Iterator[Workers]:
    """Workers that are ready and whose clock makes `day` yesterday.

    Raises:
        BenchError: They did not get ready.
    """
    world.cool()
    app, client = Celery("bench", broker=world.redis_url), redis.Redis.from_url(world.redis_url)
    with contextlib.ExitStack() as at_work:
        workers = {f"worker {n + 1}": at_work.enter_context(ready_worker(world, day, n, at)) for n in range(count)}
        with app.producer_pool.acquire(block=True) as producer:
            producer.connection.ensure_connection()
        try:
            yield Workers(app, client, workers)
        finally:
            client.close()
            app.close()


def local(world: World, day: date) -> Told:
    """`laike sync --local` from its start to its success."""
    return sync(world, day, "--local").well()


def sync(world: World, day: date, *options: str) -> Told:
    """`laike sync` from its start to its end, with workers or `--local`."""
    world.cool()
    client = redis.Redis.from_url(world.redis_url)
    command = [*LAIKE, "sync", "--json", *options]
    with (world.home / "sync.log").open("wb") as log:
        sent = time.time()
        process = subprocess.Popen(  # noqa: S603 our own command
            command, stdout=subprocess.PIPE, stderr=log, env=environment(world, day, SEVEN), cwd=world.home
        )
        with scales({"laike": psutil.Process(process.pid)}, client) as weighing:
            said, _ = process.communicate(timeout=RUN_PATIENCE_S)
            back, weight = time.time(), weighing.stop()
    run_id = json.loads(said)["run_id"]
    told = Told(sent, all_moments(client, run_id), ended(client, run_id), weight, process.returncode, back)
    client.close()
    return told


def environment(world: World, day: date, at: clock = NOON) -> dict[str, str]:
    """The settings of a process whose clock makes `day` yesterday."""
    now = datetime.combine(day + timedelta(days=1), at, CHINA)
    return {**os.environ, **world.environment, "LAIKE_CLOCK_OFFSET_S": str((now - datetime.now(UTC)).total_seconds())}


@contextlib.contextmanager
def ready_worker(world: World, day: date, number: int, at: clock = NOON) -> Iterator[psutil.Process]:
    """A worker that is ready.

    Raises:
        BenchError: It did not get ready.
    """
    log = world.home / f"worker-{day}-{number}.log"
    log.unlink(missing_ok=True)  # of an earlier one
    command = [*WORKER, "--hostname", f"bench{number}@here"]
    given = environment(world, day, at) | {"LAIKE_HEARTBEAT_FILE": str(world.home / f"alive-{number}")}
    with guarded_process(command, environment=given, log=log, cwd=world.home) as guard:
        yield _ready(guard, log)


def _ready(guard: "subprocess.Popen[str]", log: Path) -> psutil.Process:
    end = time.time() + PATIENCE_S
    while READY not in log.read_bytes():
        if guard.poll() is not None or time.time() > end:
            msg = f"the worker did not get ready: {log.read_text(encoding='utf-8')[-2000:]}"
            raise BenchError(msg)
        time.sleep(SAMPLE_S)
    (process,) = psutil.Process(guard.pid).children()
    return process
