"""What was measured is kept, and the page says it and nothing else."""

from pathlib import Path

from bench import measured, page
from tests.unit.bench import laps


def test_what_is_kept_comes_back_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "measured.json"
    measured.keep(laps.measured(laps.lap(verified_s=None)), file)
    assert measured.load(file) == laps.measured(laps.lap(verified_s=None))


def test_the_page_of_the_documentation_says_what_was_measured_last() -> None:
    assert page.PAGE.read_text("utf-8") == page.text(measured.load()), "write it anew: python -m bench --write"
