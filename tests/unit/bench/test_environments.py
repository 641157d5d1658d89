"""Environments of peers: of the versions that are written down, and made anew only when these change."""

import subprocess
from pathlib import Path

import pytest

from bench import environments
from bench.environments import packages_of, program_of, python_of


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands that were run, none of which does anything; environments are below a folder of the test."""
    run: list[list[str]] = []

    def noted(command: list[str], **_: object) -> None:
        run.append(command)
        (tmp_path / "peers" / "dlt").mkdir(parents=True, exist_ok=True)

    monkeypatch.setattr(environments, "HOME", tmp_path / "peers")
    monkeypatch.setattr(subprocess, "run", noted)
    return run


@pytest.mark.parametrize("name", ["celery", "dlt"])
def test_a_peer_is_a_program_and_exact_versions(name: str) -> None:
    assert program_of(name).exists()
    assert packages_of(name)[name]


def test_an_environment_is_made_once_and_again_for_other_versions(commands: list[list[str]]) -> None:
    python = python_of("dlt")
    assert ["venv" in command for command in commands] == [True, False]
    assert commands[1][0] == str(python)
    python_of("dlt")
    assert len(commands) == 2
    (python.parents[1] / environments.MADE_FROM).write_text("dlt==1.0\n", encoding="utf-8")
    python_of("dlt")
    assert len(commands) == 4
