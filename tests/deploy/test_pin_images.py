"""`scripts/pin-images` writes digests of the base images where compose and the build find them."""

import os
import stat
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PYTHON, REDIS = "python:3.13-slim@sha256:aaa", "redis:8@sha256:bbb"
ENGINE = """#!/bin/sh
case "$*" in
"pull --quiet python:3.13-slim" | "pull --quiet redis:8") exit $REGISTRY ;;
"image inspect "*" python:3.13-slim") printf 'mirror/python@sha256:0\\n%s\\n' $PYTHON_DIGEST ;;
"image inspect "*" redis:8") echo redis@sha256:bbb ;;
*) echo "unexpected: $*" >&2; exit 99 ;;
esac
"""


def pin(home: Path, *, registry: int = 0, digest: str = "python@sha256:aaa") -> "subprocess.CompletedProcess[str]":
    """Run the script with an engine that answers so, on a `.env` in a folder."""
    (home / "docker").write_text(ENGINE, encoding="utf-8")
    (home / "docker").chmod(0o755)
    told = {"PATH": f"{home}:{os.environ['PATH']}", "REGISTRY": str(registry), "PYTHON_DIGEST": digest}
    return subprocess.run(
        [ROOT / "scripts/pin-images", home / ".env"],
        env=told, capture_output=True, text=True, check=False, timeout=30,
    )  # fmt: skip


def test_the_digests_are_written_beside_the_settings_which_stay(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(
        "LAIKE_FEISHU_APP_ID=cli_1\nREDIS_IMAGE=redis:8@sha256:old\nA='b c'", encoding="utf-8"
    )
    ended = pin(tmp_path)
    assert (ended.returncode, ended.stdout) == (0, f"{PYTHON}\n{REDIS}\n"), ended.stderr
    written = (tmp_path / ".env").read_text(encoding="utf-8").splitlines()
    assert written == ["LAIKE_FEISHU_APP_ID=cli_1", "A='b c'", f"PYTHON_IMAGE={PYTHON}", f"REDIS_IMAGE={REDIS}"]
    assert pin(tmp_path).returncode == 0
    assert (tmp_path / ".env").read_text(encoding="utf-8").splitlines() == written


def test_a_file_that_was_not_there_is_for_its_owner_only(tmp_path: Path) -> None:
    assert pin(tmp_path).returncode == 0
    assert stat.S_IMODE((tmp_path / ".env").stat().st_mode) == 0o600


@pytest.mark.parametrize("answer", [{"registry": 1}, {"digest": ""}])
def test_without_a_registry_nothing_is_changed(answer: dict[str, int | str], tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("A=1\n", encoding="utf-8")
    ended = pin(tmp_path, **answer)  # type: ignore[arg-type]
    assert (ended.returncode, "nothing is changed" in ended.stderr) == (3, True)
    assert (tmp_path / ".env").read_text(encoding="utf-8") == "A=1\n"
    assert not (tmp_path / ".env.aside").exists()
