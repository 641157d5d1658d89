"""What a command imports before it reads its settings: only what it needs, so that its work begins soon.

Pinned by what is imported, not by seconds.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command

from cli.main import app

ROOT = Path(__file__).parents[3]
SHOW = """
import json, runpy, sys
sys.argv = ["laike", *sys.argv[1:]]
try:
    runpy.run_module("cli.main", run_name="__main__", alter_sys=True)
finally:
    print("\\n" + json.dumps(sorted(sys.modules)))
"""
# one command of each module, with arguments that it accepts; without settings it ends when it reads them
COMMANDS = (
    "sync --local",
    "status",
    "runs",
    "accounts",
    "coverage",
    "report 2026-02-01 2026-02-02",
    "views",
    "export 2026-02-01 2026-02-02",
    "backup",
    "init",
    "doctor",
    "token status",
    "tables",
    "dedup check",
    "notify test",
)
OF_THE_SAME_MODULES = {"backfill", "show", "restore"}
OTHERWISE = {"demo"}  # needs no settings, and begins everything
WORKERS = {"celery", "kombu", "billiard", "flower"}
PAGES = {"jinja2", "pygal", "xlsxwriter", "starlette", "uvicorn", "prometheus_client"}
WITHOUT_REDIS = {"filelock", "fakeredis"}
LABORATORY = {"lab", "emulator", "console", "tests", "openpyxl"}
# what comes after the fetch: imported while the first calls wait for their answers
LATER = {f"pipeline.steps.runs.{name}" for name in ("load", "verify", "views", "finish")}
SETTINGS = "pipeline.settings"
VIEWS = {"pipeline.steps.runs.views"}
NEEDED = {"report": {"jinja2", "pygal"}, "views": VIEWS, "init": VIEWS, "doctor": VIEWS}


def imported(words: str, folder: Path) -> set[str]:
    """The modules, and their packages, that `laike` without settings had imported when it ended."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LAIKE_")}
    ended = subprocess.run(
        [sys.executable, "-c", SHOW, *words.split()],
        cwd=folder,
        env={**clean, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    modules = json.loads(ended.stdout.splitlines()[-1])
    return {*modules, *(name.partition(".")[0] for name in modules)}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_imports_what_it_needs_and_no_more(command: str, tmp_path: Path) -> None:
    modules, needed = imported(command, tmp_path), NEEDED.get(command.partition(" ")[0], set())
    assert modules >= {SETTINGS, *needed}, "it did not come as far as its settings"
    assert not modules & (WORKERS | PAGES | WITHOUT_REDIS | LABORATORY | LATER) - needed


def test_no_command_is_left_out() -> None:
    looked_at = {words.partition(" ")[0] for words in COMMANDS} | OF_THE_SAME_MODULES
    every: set[str] = set(get_command(app).commands)  # type: ignore[attr-defined]
    assert looked_at | OTHERWISE == every


@pytest.mark.parametrize("words", ["--help", "sync --help"])
def test_help_imports_neither_settings_nor_clients(words: str, tmp_path: Path) -> None:
    modules = imported(words, tmp_path)
    assert "typer" in modules
    assert not modules & (WORKERS | PAGES | LABORATORY | {SETTINGS, "pipeline.context", "redis", "requests", "stamina"})
