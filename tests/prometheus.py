"""The real promtool and prometheus, where there are any: `scripts/prometheus` brings them."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from lab.processes import free_port
from tests.workers import wait_until

ROOT = Path(__file__).resolve().parents[1]
BROUGHT = ROOT / ".venv" / "prometheus"
DEPLOY = ROOT / "deploy" / "prometheus"


def binary(name: str) -> str:
    """The path of a program; the test is skipped without it, and fails where it is required."""
    found = shutil.which(name, path=f"{BROUGHT}{os.pathsep}{os.environ['PATH']}")
    if found:
        return found
    assert not os.environ.get("LAIKE_REQUIRE_PROMETHEUS"), f"LAIKE_REQUIRE_PROMETHEUS is set but there is no {name}"
    pytest.skip(f"there is no {name} here; scripts/prometheus brings it where there is apt")


def promtool(*words: str | Path, given: str = "", cwd: Path = DEPLOY) -> "subprocess.CompletedProcess[str]":
    """Run promtool."""
    command = [binary("promtool"), *map(str, words)]
    return subprocess.run(command, cwd=cwd, input=given, capture_output=True, text=True, check=False, timeout=60)


class Prometheus:
    """A running server."""

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}"

    def ready(self) -> bool:
        """Whether it answers."""
        try:
            return requests.get(f"{self._url}/-/ready", timeout=5).ok
        except requests.ConnectionError:
            return False

    def api(self, path: str) -> Any:  # noqa: ANN401 JSON
        """What its API answers."""
        answer = requests.get(f"{self._url}/api/v1/{path}", timeout=5)
        assert answer.ok, answer.text
        return answer.json()["data"]

    def scraped(self) -> bool:
        """Whether it scraped its target."""
        return [target["health"] for target in self.api("targets")["activeTargets"]] == ["up"]

    def firing(self) -> set[str]:
        """The alerts that fire."""
        alerts = self.api("alerts")["alerts"]
        return {alert["labels"]["alertname"] for alert in alerts if alert["state"] == "firing"}


@contextmanager
def prometheus(config: Path, home: Path) -> Iterator[Prometheus]:
    """A server on a configuration file."""
    port = free_port()
    command = [
        binary("prometheus"), f"--config.file={config}", f"--storage.tsdb.path={home}/tsdb",
        f"--web.listen-address=127.0.0.1:{port}", "--log.level=warn",
    ]  # fmt: skip
    with (home / "prometheus.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        server = Prometheus(port)
        assert wait_until(server.ready, 20), (home / "prometheus.log").read_text(encoding="utf-8")
        yield server
    finally:
        process.terminate()
        process.wait(20)
