"""What the demo plays on: the emulator, a Redis, worker, beat and Flower, all of them gone when it ends."""

import contextlib
import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from pathlib import Path
from typing import Any

import requests
from cryptography.fernet import Fernet

from cli.terminal import output
from lab import processes
from pipeline.core.errors import LaikeError
from pipeline.core.model import CHINA

PATIENCE_S = 60
LEAD = timedelta(seconds=9)  # the processes are ready by then, and beat fires before anybody gets bored
RATE = "20"  # calls a second: the emulator allows more than the real service
LOG_LINES_SHOWN = 15


@dataclass
class Stage:
    """A lab, the environment in which the product works on it, and the processes that were started."""

    emulator: processes.Emulator
    environment: dict[str, str] = field(repr=False)
    home: Path
    started: contextlib.ExitStack
    flower_login: tuple[str, str] = field(default_factory=lambda: ("demo", secrets.token_urlsafe(12)), repr=False)
    flower_port: int = field(default_factory=processes.free_port)

    @property
    def flower_url(self) -> str:
        """Where Flower shows task state."""
        return f"http://127.0.0.1:{self.flower_port}"

    def start_worker(self) -> None:
        """Start the worker."""
        self._start("worker", (*processes.WORKER, f"--pidfile={self._pid_file}"))

    def kill_worker(self) -> int:
        """Kill -9 of the worker; its process id."""
        pid = int(self._pid_file.read_text(encoding="utf-8"))
        os.kill(pid, signal.SIGKILL)
        self._pid_file.unlink()
        return pid

    def start_beat(self) -> None:
        """Start the scheduler."""
        self._start("beat", (*processes.BEAT, f"--pidfile={self.home / 'beat.pid'}"))

    def start_flower(self) -> None:
        """Start Flower with a login of its own."""
        self._start("flower", processes.flower(self.flower_port), LAIKE_FLOWER_LOGIN=":".join(self.flower_login))

    def flower(self, path: str, *, login: bool = True) -> requests.Response:
        """An answer of Flower's API."""
        auth = self.flower_login if login else None
        return requests.get(f"{self.flower_url}{path}", auth=auth, timeout=10)

    def wait_until_ready(self) -> None:
        """Wait until the worker and Flower answer.

        Raises:
            LaikeError: One of them does not in time.
        """
        self.wait_for("the worker", lambda: " ready." in self.log("worker"))
        self.wait_for("Flower", self._flower_answers)

    def wait_for(self, what: str, held: Callable[[], object]) -> None:
        """Wait until something comes true.

        Raises:
            LaikeError: It does not in time.
        """
        end = time.monotonic() + PATIENCE_S
        while not held():
            if time.monotonic() > end:
                msg = f"the demo waited {PATIENCE_S} s in vain for {what}"
                raise LaikeError(msg)
            time.sleep(0.1)

    def sync(self, expect: int) -> dict[str, Any]:
        """A run that the group is told of, and what `laike runs --json` says of it."""
        self.laike("sync", "--tell", expect=expect)
        return self.newest_run()

    def newest_run(self) -> dict[str, Any]:
        """What `laike runs --json` says of the newest run."""
        newest: dict[str, Any] = json.loads(self.said(self._laike("runs", "1", "--json")))[0]
        return newest

    def laike(self, *words: str, expect: int) -> None:
        """Run a command as a person would.

        Raises:
            LaikeError: It ended with another exit code than the demo is about.
        """
        _say_command("laike", *words)
        code = subprocess.run(self._laike(*words), env=self._whole_environment, check=False).returncode  # noqa: S603 ours
        self._expect(f"laike {' '.join(words)}", code, expect)

    def begin(self, *words: str) -> "subprocess.Popen[bytes]":
        """Begin a command as a person would, and do something else meanwhile."""
        _say_command("laike", *words)
        return subprocess.Popen(self._laike(*words), env=self._whole_environment)  # noqa: S603 ours

    def end(self, begun: "subprocess.Popen[bytes]", expect: int) -> None:
        """Wait for a command that was begun.

        Raises:
            LaikeError: It ended with another exit code than the demo is about.
        """
        self._expect("the command", begun.wait(), expect)

    def celery(self, *words: str) -> str:
        """Run the celery command on our application; what it prints.

        Raises:
            LaikeError: It failed.
        """
        _say_command("celery", "-A", "worker.app", *words)
        said = self.said((*processes.CELERY, *words))
        for line in said.splitlines():
            output.say(line)
        return said

    def said(self, command: Sequence[str]) -> str:
        """What a command prints on stdout.

        Raises:
            LaikeError: It failed; with what it said on stderr.
        """
        ended = subprocess.run(  # noqa: S603 our own command
            command, env=self._whole_environment, capture_output=True, text=True, check=False
        )
        if ended.returncode:
            msg = f"`{' '.join(command)}` ended with {ended.returncode}: {ended.stderr}"
            raise LaikeError(msg)
        return ended.stdout.strip()

    def control(self, action: str, body: object) -> None:
        """Change something in the emulator."""
        answer = requests.post(f"{self.emulator.url}/_control/{action}", json=body, timeout=10)
        answer.raise_for_status()

    def look(self, what: str, **params: str) -> Any:  # noqa: ANN401 JSON
        """Look into the emulator."""
        answer = requests.get(f"{self.emulator.url}/_control/{what}", params=params, timeout=10)
        answer.raise_for_status()
        return answer.json()

    def log(self, name: str) -> str:
        """What a process logged so far."""
        file = self.home / f"{name}.log"
        return file.read_text(encoding="utf-8", errors="replace") if file.exists() else ""

    def _start(self, name: str, command: Sequence[str], **environment: str) -> None:
        told = {**self.environment, **environment}
        self.started.enter_context(processes.guarded_process(command, self.home, told, log=self.home / f"{name}.log"))

    @property
    def _whole_environment(self) -> dict[str, str]:
        return os.environ | self.environment

    @property
    def _pid_file(self) -> Path:
        return self.home / "worker.pid"

    def _laike(self, *words: str) -> tuple[str, ...]:
        return (sys.executable, "-m", "cli.main", *words)

    def _expect(self, what: str, code: int, expect: int) -> None:
        output.say(f"exit code {code}")
        if code != expect:
            msg = f"`{what}` ended with {code}, expected was {expect}"
            raise LaikeError(msg)

    def _flower_answers(self) -> bool:
        try:
            return self.flower("/healthcheck").ok
        except requests.ConnectionError:
            return False


def _say_command(*words: str) -> None:
    output.say()
    output.say((f"$ {' '.join(words)}", "bold"))


@contextlib.contextmanager
def stage() -> Iterator[Stage]:
    """A stage shortly before seven in the morning; when something goes wrong, the worker's last words are shown."""
    with contextlib.ExitStack() as started:
        redis_url = started.enter_context(processes.redis_server())
        home = Path(tempfile.mkdtemp(prefix="laike-demo-"))
        emulator = started.enter_context(processes.emulator(clean=home))
        environment = processes.settings_for(emulator.facts, redis_url, home)
        environment["LAIKE_TOKEN_KEYS"] = Fernet.generate_key().decode()
        environment["LAIKE_OCEANENGINE_RATE"] = RATE
        environment["LAIKE_BEAT_FILE"] = str(home / "beat-schedule")
        made = Stage(emulator, environment, home, started)
        try:
            yield made
        except LaikeError:
            for line in made.log("worker").splitlines()[-LOG_LINES_SHOWN:]:
                output.note(line)
            raise


def set_clock(made: Stage) -> datetime:
    """Let it be shortly before seven on the day after the newest figures; what time it is now."""
    seven = datetime.combine(date.fromisoformat(made.emulator.facts["day"]) + timedelta(days=1), clock(7), CHINA)
    offset_s = (seven - LEAD - datetime.now(UTC)).total_seconds()
    made.control("settings", {"clock_offset_s": offset_s})
    made.environment["LAIKE_CLOCK_OFFSET_S"] = f"{offset_s:.3f}"
    return seven - LEAD
