"""Every command at every kind of terminal, among names that would act if they were read as anything but text."""

import json
import os
import re
from typing import Any

import pytest
import typer

from cli.main import app
from tests.lab import Lab
from tests.terminals import CLOSED, GONE, KINDS, READABLE, at_terminal
from tests.unit.cli.hostile import ACTS, NAMES

ELSEWHERE = {"demo": "tests/integration/test_demo.py runs it: its own services, half a minute"}
HOSTILE = r"x\[/nope]:cd:" + "\x1b[2J\u202e\n"
OURS = re.compile(r"\x1b\[(\d+;)*\d*m|\x1b\[\?25[hl]|\x1b\[\d*[KA]|\r")  # colours, and the cursor of a bar
WHOLE = [name for name in NAMES if name and not re.search("[\ud800-\udfff]", name)]
DOCUMENTS = (
    "status",
    "runs",
    "show last",
    "accounts",
    "coverage",
    "views",
    "tables",
    "dedup check",
    "doctor",
    "token status",
)


def commands(day: str) -> list[tuple[list[str], int]]:
    """Every command with words that let it do what it is for, and its exit code."""
    return [(line.split(), code) for line, code in _plain(day).items()]


def further(day: str) -> list[tuple[list[str], int]]:
    """Commands that print a document, and with words that are hostile."""
    plain = _plain(day)
    made = [([*line.split(), "--json"], plain.get(line, 0)) for line in DOCUMENTS]
    refused = ("show", "sync --local --account", "sync --local --day", "token import", "restore", "runs", "dedup clean")
    made += [([*line.split(), HOSTILE], 2) for line in refused]
    return [*made, (["runs", "--account", HOSTILE], 0), (["token", "exchange", HOSTILE], 2), ([HOSTILE], 2)]


def _plain(day: str) -> dict[str, int]:
    return {
        "token import cache.json": 0,
        f"sync --local --day {day}": 0,
        f"backfill {day} {day}": 3,  # no worker
        "runs": 0,
        f"runs 5 --failed --day {day}": 0,
        "show last": 0,
        "status": 0,
        "accounts": 0,
        "coverage": 0,
        "views": 1,  # an account without rows has none to filter by
        "views --fix": 1,
        "tables": 0,
        "tables split": 2,  # LAIKE_TABLE_SPLIT=none
        "tables repair": 0,
        "dedup check": 0,
        "dedup clean --yes": 0,
        f"export {day} {day} --output rows.csv": 0,
        f"report {day} {day} --output page.html": 0,
        "backup all.backup": 0,
        "restore all.backup --yes": 0,
        "notify test": 0,
        "doctor": 1,  # no worker
        "token status": 0,
        "token url": 0,
        "token refresh": 0,
        "token rotate-key": 0,
        "init --yes": 0,
        "--version": 0,
        "--help": 0,
    }


def every_command() -> set[str]:
    """The names of all commands, those of groups with the group's."""
    found = set()

    def look(command: Any, before: str) -> None:  # noqa: ANN401 Typer's own click
        for name, one in getattr(command, "commands", {}).items():
            if hasattr(one, "commands"):
                look(one, f"{before}{name} ")
            else:
                found.add(before + name)

    look(typer.main.get_command(app), "")
    return found


def test_every_command_is_tried_here_or_there_is_a_reason() -> None:
    tried = {" ".join(words) for words, _ in (*commands("D"), *further("D"))}
    untried = {name for name in every_command() if not any(f"{one} ".startswith(f"{name} ") for one in tried)}
    assert untried == set(ELSEWHERE)


@pytest.fixture
def hostile(lab: Lab) -> Lab:
    """A lab whose accounts have names of others."""
    names = dict(zip(lab.accounts, WHOLE, strict=False))
    lab.extra["LAIKE_ACCOUNTS"] = json.dumps(dict(lab.facts["accounts"]) | names)
    (lab.home / "cache.json").write_text(lab.token_cache().read_text(encoding="utf-8"), encoding="utf-8")
    return lab


def assert_ids_are_whole(ended: list[dict[str, Any]]) -> None:
    """Every id that a document has is in one piece in what people read."""
    said = {" ".join(one["words"]): OURS.sub("", one["out"]) for one in ended}
    for command, ids in (("runs", "run_id"), ("views", "view_id"), ("views", "id")):
        for one in json.loads(said[f"{command} --json"]):
            assert (one[ids] or "") in said[command]
    for account in json.loads(said["accounts --json"])["accounts"]:
        assert all(account["id"] in said[command] for command in ("accounts", "show last"))
    assert "report/promotion 1" in said["show last"].replace("\n", " ")


@pytest.mark.parametrize("kind", KINDS)
def test_every_command_ends_as_it_ought_to_at_every_terminal(hostile: Lab, kind: str) -> None:
    day = hostile.day.isoformat()
    wanted = [*commands(day), *(() if kind in (CLOSED, GONE) else further(day))]  # those are one case to the streams
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LAIKE_")}
    ended = at_terminal(kind, [words for words, _ in wanted], clean | hostile.environment(), hostile.home)
    if kind in READABLE:
        assert_ids_are_whole(ended)
    for one, (words, code) in zip(ended, wanted, strict=True):
        assert (one["words"], one["code"]) == (words, code), one
        assert "Traceback" not in one["err"], one
        said = OURS.sub("", one["out"] + one["err"])
        assert not ACTS & set(said) - {"\n"}, one
        if "--json" in one["words"] and kind in READABLE:
            json.loads(OURS.sub("", one["out"]))
