"""Real workers for tests: processes on a lab, that can be killed, stopped and started again."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import redis
from celery import Celery

from lab.processes import BEAT, WORKER, free_port, redis_command
from pipeline.context import Context
from pipeline.core.outcome import Summary
from tests import forks
from tests.lab import Lab

PATIENCE_S = 60.0
ENDED = ("SUCCESS", "FAILURE")
# what takes most of a minute in production takes seconds here
SHORT = {
    "LAIKE_VISIBILITY_TIMEOUT_S": "12",
    "LAIKE_SWEEP_S": "1",
    "LAIKE_STEP_LEASE_S": "3",
    "LAIKE_WATCHDOG_S": "4",
    "LAIKE_WAIT_SCALE": "0.2",
}


def wait_until(held: Callable[[], object], seconds: float = PATIENCE_S) -> bool:
    """Whether something comes true in time."""
    end = time.monotonic() + seconds
    while not held():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


@dataclass
class Member:
    """One process of the product and where its log goes."""

    process: forks.Fork | forks.Popen
    log: Path

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self.process.poll() is None

    def ended_within(self, seconds: float) -> bool:
        """Whether it ends so soon."""
        return wait_until(lambda: not self.alive, seconds)

    def signal(self, which: signal.Signals) -> None:
        """Send a signal; a dead process no longer minds."""
        if self.alive:
            self.process.send_signal(which)

    def kill(self) -> None:
        """Kill -9."""
        self.signal(signal.SIGKILL)
        self.process.wait()

    def words(self) -> str:
        """What it logged so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def rss_mib(self) -> float:
        """Its resident memory."""
        return float(psutil.Process(self.process.pid).memory_info().rss) / 2**20


class Store:
    """A Redis server that can be killed and comes back with what it was told."""

    def __init__(self, home: Path, *options: str) -> None:
        self.home, self.port, self.options = home, free_port(), options
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.start()

    def start(self) -> None:
        """Start it on the same port and folder, and wait until it answers."""
        words = [*redis_command(self.port, self.home), *self.options]
        self.process = subprocess.Popen(words, stdout=subprocess.DEVNULL)
        client = redis.Redis.from_url(self.url, retry=None)

        def answers() -> bool:
            try:
                return bool(client.ping())
            except redis.RedisError:
                return False

        assert wait_until(answers)
        client.close()

    def set(self, name: str, value: str) -> None:
        """Change a setting of the server."""
        client = redis.Redis.from_url(self.url)
        client.config_set(name, value)
        client.close()

    def kill(self) -> None:
        """Kill -9."""
        self.process.kill()
        self.process.wait()


@dataclass
class Workers:
    """Workers and beat on a lab."""

    lab: Lab
    members: list[Member] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.app = Celery("tests", broker=self.lab.redis_url, backend=self.lab.redis_url)
        self.app.conf.broker_connection_timeout = 1
        self.ctx: Context = self.lab.context()  # takes the token over, as a person does

    def worker(self, **environment: str) -> Member:
        """Workers that is ready."""
        member = self._start(WORKER, environment)
        assert wait_until(lambda: " ready." in member.words() or not member.alive)
        assert member.alive, member.words()
        return member

    def beat(self, **environment: str) -> Member:
        """A scheduler."""
        return self._start(BEAT, environment)

    def stay(self, command: tuple[str, ...], **environment: str) -> Member:
        """A process of another command."""
        return self._start(command, environment)

    def _start(self, command: tuple[str, ...], environment: dict[str, str]) -> Member:
        log = self.lab.home / f"process-{len(self.members)}.log"
        with log.open("wb") as out:
            told = {**self._environment(), **environment}
            process = forks.begin(command, told, self.lab.home, out, out)
        self.members.append(Member(process, log))
        return self.members[-1]

    def run(self, *command: str) -> "subprocess.CompletedProcess[str]":
        """Run a command to its end where the workers run."""
        return forks.run(command, self._environment(), self.lab.home, timeout=60)

    def begin(self, *command: str) -> "subprocess.Popen[str]":
        """Begin a command where the workers run."""
        pipe = subprocess.PIPE
        return subprocess.Popen(
            command, env=self._environment(), cwd=self.lab.home, stdout=pipe, stderr=pipe, text=True
        )

    def _environment(self) -> dict[str, str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("LAIKE_")}
        return {**clean, "PYTHONPATH": str(Path.cwd()), **self.lab.environment()}

    def send(self, task: str, **arguments: object) -> str:
        """Send a task as `celery call` does; its id."""
        return str(self.app.send_task(task, kwargs=arguments, queue="control").id)

    def result(self, task_id: str, seconds: float = PATIENCE_S) -> dict[str, Any]:
        """What came of a task: state, result, traceback, as the result backend holds them."""
        client = self.ctx.client
        key = f"celery-task-meta-{task_id}"

        def over() -> bool:
            data: Any = client.get(key)
            return bool(data) and json.loads(data)["status"] in ENDED

        assert wait_until(over, seconds), f"{task_id} never ended"
        data: Any = client.get(key)
        found: dict[str, Any] = json.loads(data)
        return found

    def results(self, name: str) -> list[dict[str, Any]]:
        """Every result of the tasks of a name that have ended."""
        datas: list[Any] = [self.ctx.client.get(key) for key in self.ctx.client.scan_iter("celery-task-meta-*")]
        found = [one for one in map(json.loads, filter(None, datas)) if one.get("name") == name]
        return [one for one in found if one["status"] in ENDED]

    def ended(self, run_id: str, seconds: float = PATIENCE_S) -> Summary:
        """How a run ended."""

        def summary() -> Summary | None:
            try:
                return self.ctx.ledger.summary(run_id)
            except redis.RedisError:
                return None

        assert wait_until(summary, seconds), f"{run_id} never ended: {self.ctx.outcomes.done(run_id)}\n{self.words()}"
        found = summary()
        assert found
        return found

    def looked_after(self, seconds: float = PATIENCE_S) -> None:
        """Wait until no ended run owes its views."""
        assert wait_until(lambda: not self.ctx.views_owed.owing(), seconds), self.words()

    def words(self) -> str:
        """What all of them logged last, for a test that failed."""
        return "\n".join(member.words()[-30_000:] for member in self.members)

    def dismiss(self) -> None:
        """Kill everybody who is left."""
        for member in self.members:
            member.kill()
        self.app.close()


@contextmanager
def workers(lab: Lab) -> Iterator[Workers]:
    """Workers for the block."""
    made = Workers(lab)
    try:
        yield made
    finally:
        made.dismiss()


def command(*words: str) -> tuple[str, ...]:
    """The celery command on our application."""
    return (sys.executable, "-m", "celery", "-A", "worker.app", *words)
