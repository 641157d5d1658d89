"""Worker, beat, Flower and the console as processes that end with the demo."""

import contextlib
import os
import secrets
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from lab import processes
from lab.guard import guarded_process
from pipeline.core.errors import LaikeError

PATIENCE_S = 60


def wait_for(what: str, held: Callable[[], object]) -> None:
    """Wait until something holds, at most `PATIENCE_S`; then it is an error."""
    end = time.monotonic() + PATIENCE_S
    while not held():
        if time.monotonic() > end:
            raise LaikeError(f"waited {PATIENCE_S} s in vain for {what}")
        time.sleep(0.1)


@dataclass(frozen=True, slots=True)
class Page:
    """A page on a free port, with a login of its own."""

    user: str = "demo"
    password: str = field(default_factory=lambda: secrets.token_urlsafe(12), repr=False)
    port: int = field(default_factory=processes.free_port)

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def login(self) -> str:
        """Its login, as the settings have it."""
        return f"{self.user}:{self.password}"

    def status(self, path: str) -> int:
        """The HTTP status of a request without the login; 0 while nothing answers."""
        try:
            return requests.get(f"{self.url}{path}", timeout=processes.HTTP_S).status_code
        except requests.ConnectionError:
            return 0


@dataclass(frozen=True, slots=True)
class Flower(Page):
    """Flower."""

    def get(self, path: str) -> Any:  # noqa: ANN401 JSON
        """What its API answers."""
        return requests.get(f"{self.url}{path}", auth=(self.user, self.password), timeout=processes.HTTP_S).json()


@dataclass(frozen=True, slots=True)
class Services:
    """The product's long-running processes; each logs into a file of its name."""

    environment: Mapping[str, str] = field(repr=False)
    home: Path
    logs: Path
    started: contextlib.ExitStack = field(repr=False)
    flower: Flower = field(default_factory=Flower)
    console: Page = field(default_factory=Page)

    def start(self) -> None:
        """Start worker, beat and Flower, and wait until worker and Flower are ready."""
        self.start_worker()
        self._start("flower", processes.flower(self.flower.port), LAIKE_FLOWER_LOGIN=self.flower.login)
        self._start("beat", (*processes.BEAT, f"--pidfile={self.home / 'beat.pid'}"))
        wait_for("the worker", lambda: " ready." in self.log("worker"))
        wait_for("Flower", lambda: self.flower.status("/healthcheck") == requests.codes.ok)

    def start_console(self) -> None:
        """Start the console and wait until it is ready."""
        self._start("console", processes.console(self.console.port), LAIKE_CONSOLE_LOGIN=self.console.login)
        wait_for("the console", lambda: self.console.status("/healthz") == requests.codes.ok)

    def start_worker(self) -> None:
        """Start the worker."""
        self._start("worker", (*processes.WORKER, f"--pidfile={self._pid_file}"))

    def kill_worker(self) -> None:
        """Kill -9 of the worker."""
        os.kill(int(self._pid_file.read_text(encoding="utf-8")), signal.SIGKILL)
        self._pid_file.unlink()

    def log(self, name: str) -> str:
        """What a process has logged so far."""
        file = self.logs / f"{name}.log"
        return file.read_text(encoding="utf-8", errors="replace") if file.exists() else ""

    def _start(self, name: str, command: Sequence[str], **environment: str) -> None:
        given = {**self.environment, **environment}
        self.started.enter_context(guarded_process(command, self.home, given, log=self.logs / f"{name}.log"))

    @property
    def _pid_file(self) -> Path:
        return self.home / "worker.pid"
