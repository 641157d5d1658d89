"""The settings of the demo in containers: `python -m cli.demo_settings EMULATOR_URL FOLDER`.

Asks the emulator where and with what it is spoken to, writes that into FOLDER/.env, where every process of the image
looks for settings that its environment does not have, and takes the token over.
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

from cli.lab import settings_for

PATIENCE_S = 60
TOKEN = ("access_token", "refresh_token", "expires_at", "refresh_expires_at")


def main(url: str, folder: Path) -> int:
    """Write the settings and import the token; the exit code of the import."""
    facts = _facts(url)
    made = settings_for(facts, os.environ["LAIKE_REDIS_URL"], Path(os.environ["LAIKE_TOKEN_FILE"]).parent)
    made |= {"LAIKE_TOKEN_KEYS": _key(Path(made["LAIKE_TOKEN_FILE"]).parent), "LAIKE_FLOWER_LOGIN": "demo:demo"}
    lines = (f"{name}='{value}'" for name, value in made.items() if name not in os.environ)
    _write(folder / ".env", "\n".join(lines) + "\n")
    cache = folder / "token_cache.json"
    _write(cache, json.dumps({name: facts[name] for name in TOKEN}))
    command = [sys.executable, "-m", "cli.main", "token", "import", str(cache)]
    return subprocess.run(command, env=os.environ | made, check=False).returncode  # noqa: S603 our own command


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
    """The key of an earlier start, so that what was encrypted then stays readable."""
    file = folder / "demo-key"
    if not file.exists():
        _write(file, Fernet.generate_key().decode())
    return file.read_text(encoding="utf-8")


def _write(file: Path, text: str) -> None:
    file.touch(mode=0o600)
    file.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))
