"""`laike` and `celery` as a person types them; what they print is appended to a transcript."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lab.processes import CELERY
from pipeline.core.errors import LaikeError

LAIKE = (sys.executable, "-m", "cli.main")


@dataclass(frozen=True, slots=True)
class Commands:
    """Commands in the demo's environment."""

    environment: Mapping[str, str] = field(repr=False)
    transcript: Path

    def write(self, text: str) -> None:
        """Append a line to the transcript."""
        with self.transcript.open("a", encoding="utf-8") as file:
            file.write(f"{text}\n")

    def laike(self, *words: str, expect: int) -> None:
        """Run a command; its exit code must be the expected one."""
        self.end(self.begin(*words), expect)

    def begin(self, *words: str) -> "subprocess.Popen[bytes]":
        """Start a command and return at once."""
        self.write(f"\n$ laike {' '.join(words)}")
        with self.transcript.open("a", encoding="utf-8") as file:
            return subprocess.Popen(  # noqa: S603 our own command
                (*LAIKE, *words),
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
            )

    def end(self, begun: "subprocess.Popen[bytes]", expect: int) -> None:
        """Wait for a command that was started; its exit code must be the expected one."""
        code = begun.wait()
        self.write(f"exit code {code}")
        if code != expect:
            words = " ".join(map(str, begun.args[3:]))  # type: ignore[index]
            raise LaikeError(f"`laike {words}` ended with exit code {code}, not {expect}")

    def celery(self, *words: str) -> str:
        """Run `celery` on the product's application; its output."""
        self.write(f"\n$ celery -A worker.app {' '.join(words)}")
        output = self._output((*CELERY, *words))
        self.write(output)
        return output

    def newest_run(self) -> dict[str, Any]:
        """The newest run as `laike runs --json` prints it."""
        newest: dict[str, Any] = json.loads(self._output((*LAIKE, "runs", "1", "--json")))[0]
        return newest

    def _output(self, command: Sequence[str]) -> str:
        environment = {**os.environ, **self.environment}
        ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 ours
        if ended.returncode:
            raise LaikeError(f"`{' '.join(command)}` ended with exit code {ended.returncode}: {ended.stderr}")
        return ended.stdout.strip()
