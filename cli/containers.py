"""Runs before the services in containers, as `python -m cli.containers`.

`demo FOLDER URL` asks the emulator for its credentials, writes settings into FOLDER/.env (every process of the image
reads it), and imports the token. `check FOLDER DATA VOLUMES` checks settings and Redis, and copies files that an
earlier release kept in DATA, the worker's volume, to the volumes of beat and Flower. A demo and real accounts never
share a Redis: the command says so, and nothing starts.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import requests
from cryptography.fernet import Fernet

from cli.session import opened
from cli.terminal.output import tell
from cli.terminal.streams import forgiving
from cli.volumes import hand_on
from pipeline import settings_roles
from pipeline.core.errors import LaikeError, WrongInput
from pipeline.file_input import read_filled
from pipeline.outgoing import guarded
from pipeline.state.store import connect, ours

PATIENCE_S = 60
MARK = "laike:demo"  # a key in the Redis of a demo
OF_COMPOSE = ("LAIKE_REDIS_URL", "LAIKE_TOKEN_FILE")
TWO_ADDRESSES = (
    "LAIKE_REDIS_URL and LAIKE_REDIS_URL_FILE are both set: "
    'to use another Redis set LAIKE_REDIS_URL_FILE: "" beside LAIKE_REDIS_URL, for every service'
)
NO_TABLE = "note: all settings are there but the table: the console's set-up page makes it, and the worker waits for it"


def check(folder: Path, data: Path, volumes: Path) -> int:
    """Check that the services may start, and put each file where its service looks for it."""
    if os.environ.get("LAIKE_REDIS_URL") and os.environ.get("LAIKE_REDIS_URL_FILE"):
        raise WrongInput(TWO_ADDRESSES)
    so_far = settings_roles.awaiting_table()
    with opened(settings=so_far) as ctx:
        if ctx.client.exists(MARK) and not (folder / ".env").exists():
            raise WrongInput("these volumes are a demo's; end it first: docker compose --profile demo down --volumes")
    for line in [*hand_on(data, volumes), *([NO_TABLE] if so_far else [])]:
        sys.stderr.write(f"{line}\n")
    return 0


def demo(folder: Path, url: str) -> int:
    """Write the demo's settings and import its token; the exit code of the import."""
    from lab.processes import TOKEN, settings_for

    facts = _facts(url)
    redis_url = settings_roles.load("beat").redis_url  # the only setting so far
    made = settings_for(facts, redis_url, Path(os.environ["LAIKE_TOKEN_FILE"]).parent)
    real = [name for name in made if os.environ.get(name) and name not in OF_COMPOSE]
    if real:
        raise WrongInput(f"the demo does not mix with real settings; move .env away for it (it sets {', '.join(real)})")
    _claim(made.pop("LAIKE_REDIS_URL"))  # services have it from compose
    key = _key(Path(made["LAIKE_TOKEN_FILE"]).parent)
    made |= {"LAIKE_TOKEN_KEYS": key, "LAIKE_FLOWER_LOGIN": "demo:demo", "LAIKE_CONSOLE_LOGIN": "demo:demo-demo-demo"}
    lines = (f"{name}='{value}'" for name, value in made.items() if name not in OF_COMPOSE)
    _write(folder / ".env", "\n".join(lines) + "\n")
    cache = folder / "token_cache.json"
    _write(cache, json.dumps({name: facts[name] for name in TOKEN}))
    command = [sys.executable, "-m", "cli.main", "token", "import", str(cache)]
    return subprocess.run(command, env=os.environ | made, check=False).returncode  # noqa: S603 our own command


def _claim(redis_url: str) -> None:
    client = connect(redis_url)
    with ours(redis_url):
        taken = client.dbsize() and not client.exists(MARK)
    if taken:
        msg = "these volumes hold real runs and a real token; give the demo its own: COMPOSE_PROJECT_NAME=laike-demo"
        raise WrongInput(msg)
    client.set(MARK, "1")
    client.close()


def _facts(url: str) -> dict[str, Any]:
    end = time.monotonic() + PATIENCE_S
    while True:
        try:
            answer = requests.get(f"{url}/_control/facts", params={"url": url}, timeout=5)
            answer.raise_for_status()
        except requests.ConnectionError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)
        else:
            found: dict[str, Any] = answer.json()
            return found


def _key(folder: Path) -> str:
    """The key of an earlier start, if there was one: the stored token stays readable."""
    file = folder / "demo-key"
    if not file.exists():
        _write(file, Fernet.generate_key().decode())
    return read_filled(file)


def _write(file: Path, text: str) -> None:
    file.touch(mode=0o600)
    file.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    with forgiving(), guarded():
        try:
            action, place = sys.argv[1], Path(sys.argv[2])
            sys.exit(check(place, *map(Path, sys.argv[3:5])) if action == "check" else demo(place, sys.argv[3]))
        except LaikeError as error:
            sys.exit(tell(error))
