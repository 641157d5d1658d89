"""What is installed, into `.venv` and into the image, is locked by hash: nothing else is downloaded."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def pip_calls(file: str) -> list[str]:
    """Every command of a file that installs or builds."""
    text = (ROOT / file).read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    return [call for line in lines for call in line.split("&&") if re.search(r"pip (install|wheel|download)\b", call)]


@pytest.mark.parametrize("file", ["Dockerfile", "scripts/setup"])
def test_pip_downloads_only_what_is_locked_and_builds_nothing_of_others(file: str) -> None:
    calls = pip_calls(file)
    assert calls
    for call in calls:
        locked = "--require-hashes" in call and "--only-binary :all:" in call
        assert locked or "--no-index" in call, call


@pytest.mark.parametrize("file", ["Dockerfile", "scripts/setup"])
def test_our_own_package_is_built_by_what_is_locked(file: str) -> None:
    building = [call for call in pip_calls(file) if call.rstrip().endswith(" .")]
    assert [("--no-build-isolation" in call, "--no-index" in call) for call in building] == [(True, True)]


def test_the_lock_of_the_build_has_what_pyproject_asks_for_with_hashes() -> None:
    asked = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["build-system"]["requires"]
    lock = (ROOT / "requirements-build.lock").read_text(encoding="utf-8")
    for requirement in asked:
        name = re.split(r"[^A-Za-z0-9_-]", requirement)[0]
        assert re.search(rf"^{name}==\S+ \\\n\s+--hash=sha256:", lock, flags=re.MULTILINE), requirement


def test_the_locks_agree_on_the_packages_that_they_share() -> None:
    pinned = re.compile(r"^([a-z0-9-]+)(?:\[.*\])?==(\S+)", re.MULTILINE)
    pins: dict[str, set[str]] = {}
    for lock in ROOT.glob("requirements*.lock"):
        for name, version in pinned.findall(lock.read_text(encoding="utf-8")):
            pins.setdefault(name, set()).add(version)
    assert {name: versions for name, versions in pins.items() if len(versions) > 1} == {}
