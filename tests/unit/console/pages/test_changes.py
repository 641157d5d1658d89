import pytest

from console.pages.changes import CAUSES, cell
from pipeline.core.table.revisions import Cause


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("1234567.5", "1,234,567.5"),
        ("0.00", "0.00"),
        ("-3", "-3"),
        ("1E+3", "1,000"),
        ("", "（空）"),
        ("十二", "十二"),
        ("NaN", "NaN"),
        ("Infinity", "Infinity"),
        ("1E+999999", "1E+999999"),
        ("1E-999999", "1E-999999"),
    ],
)
def test_a_figure_is_shown_as_people_read_it_and_anything_else_as_it_is(text: str, shown: str) -> None:
    assert cell(text) == shown


def test_every_cause_has_a_sign_and_a_word_of_its_own() -> None:
    assert CAUSES.keys() == set(Cause)
    assert len({one.sign for one in CAUSES.values()}) == len({one.word for one in CAUSES.values()}) == len(Cause)
