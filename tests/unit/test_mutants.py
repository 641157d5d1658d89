"""The patches that take a defence out: each says what it does and which cases look for it, and applies to this tree."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.chaos.campaign.cases import all_cases

ROOT = Path(__file__).resolve().parents[2]
PATCHES = sorted((ROOT / "tests" / "chaos" / "mutants").glob("*.patch"))
PRODUCT = {"pipeline", "worker", "cli"}
each_patch = pytest.mark.parametrize("patch", PATCHES, ids=lambda patch: patch.stem)


def test_there_are_at_least_ten() -> None:
    assert len(PATCHES) >= 10


@each_patch
def test_a_mutant_applies(patch: Path) -> None:
    check = ["git", "apply", "--check", str(patch)]
    done = subprocess.run(check, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"make it anew: {done.stderr}"


@each_patch
def test_a_mutant_touches_the_product_alone_and_says_what_it_takes_out(patch: Path) -> None:
    words = patch.read_text(encoding="utf-8")
    assert re.match(r"[A-Z].*\.\n\n(cases|tests): ", words)
    assert {path.split("/")[0] for path in re.findall(r"^\+\+\+ b/(\S+)", words, flags=re.MULTILINE)} <= PRODUCT


@each_patch
def test_what_a_mutant_names_is_there(patch: Path) -> None:
    kind, named = re.findall(r"^(cases|tests): (.*)", patch.read_text(encoding="utf-8"), flags=re.MULTILINE)[0]
    if kind == "cases":
        words = set(named.split()) - {"and", "or", "not"}
        assert all(any(word in case.id for case in all_cases()) for word in words)
    else:
        assert all(_defined(*test.split("::")) for test in named.split())


def _defined(path: str, *names: str) -> bool:
    """Whether a file of tests has these names."""
    source = (ROOT / path).read_text(encoding="utf-8")
    return all(re.search(rf"(def|class) {name.partition('[')[0]}\b", source) for name in names)
