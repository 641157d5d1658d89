"""`scripts/up`: the first time it makes `.env` and starts the console alone, then everything."""

import re
import shutil
import stat
import subprocess
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from pipeline.settings import Settings
from pipeline.settings_notes import weak_login
from tests.unit.pipeline.conftest import NEEDED

ROOT = Path(__file__).resolve().parents[2]
ENGINE = '#!/bin/sh\necho "$*" >>asked\nexit $ENDS\n'


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with what a checkout has."""
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts/up", tmp_path / "scripts/up")
    shutil.copy(ROOT / ".env.example", tmp_path / ".env.example")
    (tmp_path / "engine").write_text(ENGINE, encoding="utf-8")
    (tmp_path / "engine").chmod(0o755)
    return tmp_path


def up(home: Path, *words: str, ends: int = 0) -> "subprocess.CompletedProcess[str]":
    told = {"PATH": "/usr/bin:/bin", "COMPOSE": str(home / "engine"), "ENDS": str(ends)}
    return subprocess.run(
        [home / "scripts/up", *words], env=told, capture_output=True, text=True, check=False, timeout=30
    )


def asked(home: Path) -> list[str]:
    return (home / "asked").read_text(encoding="utf-8").splitlines()


def test_the_first_time_it_makes_an_env_with_what_nobody_need_think_of(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = up(home)
    assert (ended.returncode, asked(home)) == (0, ["up --build --detach --wait console"]), ended.stderr
    assert stat.S_IMODE((home / ".env").stat().st_mode) == 0o600
    lines, example = (path.read_text(encoding="utf-8").splitlines() for path in (home / ".env", home / ".env.example"))
    differing = {new.partition("=")[0] for new, old in zip(lines, example, strict=True) if new != old}
    assert differing == {"LAIKE_TOKEN_KEYS", "LAIKE_FLOWER_LOGIN", "LAIKE_CONSOLE_LOGIN"}
    monkeypatch.chdir(home)
    for name, value in NEEDED.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("LAIKE_TOKEN_KEYS")
    made = Settings.load()
    Fernet(made.token_keys[0].get_secret_value())
    assert weak_login(made) == []
    name, _, password = made.console_login.get_secret_value().partition(":") if made.console_login else ("", "", "")
    assert f"as {name} with the password {password}." in ended.stdout
    assert "http://127.0.0.1:8000/setup" in ended.stdout


def test_each_folder_has_its_own_secrets(home: Path) -> None:
    up(home)
    first = (home / ".env").read_text(encoding="utf-8")
    (home / ".env").unlink()
    up(home)
    pattern = r"^LAIKE_(?:TOKEN_KEYS|FLOWER_LOGIN|CONSOLE_LOGIN)=(.+)$"
    second = (home / ".env").read_text(encoding="utf-8")
    made = [set(re.findall(pattern, text, re.MULTILINE)) for text in (first, second)]
    assert ([len(one) for one in made], made[0] & made[1]) == ([3, 3], set())


def test_an_env_that_is_there_stays_and_everything_starts(home: Path) -> None:
    (home / ".env").write_text("LAIKE_FEISHU_APP_ID=cli_1\n", encoding="utf-8")
    assert (up(home).returncode, asked(home)) == (0, ["up --build --detach --wait"])
    assert (home / ".env").read_text(encoding="utf-8") == "LAIKE_FEISHU_APP_ID=cli_1\n"


def test_what_does_not_start_is_no_success_and_says_where_to_look(home: Path) -> None:
    (home / ".env").touch()
    ended = up(home, ends=1)
    assert (ended.returncode, "the set-up page of the console" in ended.stderr) == (1, True)
    assert asked(home)[-1] == "logs --no-log-prefix --tail 30 check"


def test_the_demo_needs_no_env_and_makes_none(home: Path) -> None:
    assert (up(home, "demo").returncode, asked(home)) == (0, ["--profile demo up --build --detach --wait"])
    assert not (home / ".env").exists()
