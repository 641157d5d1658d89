"""The patches that take a defence out: each says what it does and which cases look for it, and applies to this tree."""

import re
import subprocess
from pathlib import Path

from tests.chaos.campaign.cases import all_cases
from tests.unit.test_house import offenders

ROOT = Path(__file__).resolve().parents[2]
PATCHES = sorted((ROOT / "tests" / "chaos" / "mutants").glob("*.patch"))
PRODUCT = {"pipeline", "worker", "cli"}
CASES = [case.id for case in all_cases()]


def test_there_are_at_least_ten() -> None:
    assert len(PATCHES) >= 10


def test_every_mutant_applies() -> None:
    assert offenders(PATCHES, _refused) == {}, "make it anew"


def test_every_mutant_touches_the_product_alone_and_says_what_it_takes_out() -> None:
    assert offenders(PATCHES, _ill_formed) == {}


def test_what_a_mutant_names_is_there() -> None:
    assert offenders(PATCHES, _unknown) == {}


def _refused(patch: Path) -> list[str]:
    check = ["git", "apply", "--check", str(patch)]
    done = subprocess.run(check, cwd=ROOT, capture_output=True, text=True, check=False)
    return [done.stderr] if done.returncode else []


def _ill_formed(patch: Path) -> list[str]:
    words = patch.read_text(encoding="utf-8")
    touched = {path.split("/")[0] for path in re.findall(r"^\+\+\+ b/(\S+)", words, flags=re.MULTILINE)}
    header = [] if re.match(r"[A-Z].*\.\n\n(cases|tests): ", words) else ["its header"]
    return header + sorted(touched - PRODUCT)


def _unknown(patch: Path) -> list[str]:
    """What its header names and nobody has: words of cases, or tests."""
    kind, named = re.findall(r"^(cases|tests): (.*)", patch.read_text(encoding="utf-8"), flags=re.MULTILINE)[0]
    if kind == "tests":
        return [test for test in named.split() if not _defined(*test.split("::"))]
    words = set(named.split()) - {"and", "or", "not"}
    return sorted(word for word in words if not any(word in case for case in CASES))


def _defined(path: str, *names: str) -> bool:
    """Whether a file of tests has these names."""
    file = ROOT / path
    source = file.read_text(encoding="utf-8") if file.is_file() else ""
    return file.is_file() and all(re.search(rf"(def|class) {name.partition('[')[0]}\b", source) for name in names)
