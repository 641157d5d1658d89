import re
from pathlib import Path

import pytest

from console.pages.doctor import ORDER, SIGNS, subject
from pipeline.steps.doctor.findings import State

CHECKS = Path("pipeline/steps/doctor")
NAMES = re.compile(r'(?:ok|warning|broken|of_error|unauthorized)\(\s*"([a-z_.]+)"')


def test_every_state_has_its_sign_and_its_place() -> None:
    assert SIGNS.keys() == set(ORDER) == set(State)


@pytest.mark.parametrize(
    "check", sorted({name for file in CHECKS.glob("*.py") for name in NAMES.findall(file.read_text())})
)
def test_every_check_says_what_it_is_about(check: str) -> None:
    assert subject(check) != "其他"


def test_an_unknown_check_is_shown_all_the_same() -> None:
    assert subject("weather") == "其他"
