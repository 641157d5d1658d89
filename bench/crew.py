"""The product on Celery: one fresh worker for each lap, ready before the clock starts."""

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from pathlib import Path
from typing import Any

import psutil
import redis
from celery import Celery

from bench.world import BenchError, World
from cli.lab import WORKER
from pipeline.core.model import CHINA
from pipeline.core.outcome import RunState
from pipeline.state import keys
from pipeline.state.ledger import Ledger

PATIENCE_S = 60.0
SAMPLE_S = 0.05
READY = b" ready."


@dataclass
class Worker:
    """A worker process and the most memory that it was seen to hold."""

    process: psutil.Process
    log: Path
    peak: int = 0
    _over: threading.Event = field(default_factory=threading.Event)

    def watch(self) -> None:
        """Sample the memory until the lap is over; runs in a thread of its own."""
        while not self._over.wait(SAMPLE_S):
            with contextlib.suppress(psutil.NoSuchProcess):
                self.peak = max(self.peak, self.process.memory_info().rss)

    def let_go(self) -> None:
        """Sample no more."""
        self._over.set()


@dataclass(frozen=True, slots=True)
class Crew:
    """Sends tasks and follows runs."""

    world: World
    app: Celery
    client: redis.Redis

    def run(self, day: date) -> tuple[float, dict[str, float]]:
        """Send the daily run and wait for its end: when it was sent, and when each of its events came first.

        Raises:
            BenchError: It did not end as a success.
        """
        sent = time.time()
        self.app.send_task("laike.daily", queue="control")
        run_id, ledger = f"daily-{day}", Ledger(self.client)
        for event in ledger.follow(run_id):
            if event.get("event") == "finished":
                break
            if time.time() > sent + PATIENCE_S:
                msg = f"{run_id} did not end within {PATIENCE_S:.0f} s"
                raise BenchError(msg)
        summary = ledger.summary(run_id)
        if summary is None or summary.state != RunState.SUCCESS or not summary.created:
            msg = f"{run_id} ended otherwise than a new day's run: {summary}"
            raise BenchError(msg)
        return sent, self._events(run_id)

    def _events(self, run_id: str) -> dict[str, float]:
        first: dict[str, float] = {}
        entries: Any = self.client.xrange(keys.events(run_id))
        for entry_id, fields in entries:
            first.setdefault(fields[b"event"].decode(), int(entry_id.split(b"-")[0]) / 1000)
        return first


@contextlib.contextmanager
def crew(world: World) -> Iterator[Crew]:
    """A sender whose connection is open already, as beat's is."""
    app, client = (
        Celery("bench", broker=world.redis_url, backend=world.redis_url),
        redis.Redis.from_url(world.redis_url),
    )
    with app.producer_pool.acquire(block=True) as producer:
        producer.connection.ensure_connection()
    try:
        yield Crew(world, app, client)
    finally:
        client.close()
        app.close()


@contextlib.contextmanager
def worker(world: World, day: date) -> Iterator[Worker]:
    """A worker that is ready, for which `day` was yesterday and it is noon.

    Raises:
        BenchError: It did not get ready.
    """
    log = world.home / f"worker-{day}.log"
    command = [sys.executable, "-m", "cli.tether", *WORKER]
    environment = {**os.environ, **world.environment, "LAIKE_CLOCK_OFFSET_S": str(_offset_s(day))}
    with log.open("wb") as out:
        tether = subprocess.Popen(  # noqa: S603 our own command
            command, stdin=subprocess.PIPE, stdout=out, stderr=out, env=environment, cwd=world.home
        )
    try:
        made = _ready(tether, log)
        threading.Thread(target=made.watch, daemon=True).start()
        yield made
        made.let_go()
    finally:
        if tether.stdin:
            tether.stdin.close()  # the worker ends with it
        tether.wait(PATIENCE_S)


def _ready(tether: "subprocess.Popen[bytes]", log: Path) -> Worker:
    end = time.time() + PATIENCE_S
    while READY not in log.read_bytes():
        if tether.poll() is not None or time.time() > end:
            msg = f"the worker did not get ready: {log.read_text(encoding='utf-8')[-2000:]}"
            raise BenchError(msg)
        time.sleep(SAMPLE_S)
    (process,) = psutil.Process(tether.pid).children()
    return Worker(process, log)


def _offset_s(day: date) -> float:
    noon = datetime.combine(day + timedelta(days=1), clock(12), CHINA)
    return (noon - datetime.now(UTC)).total_seconds()
