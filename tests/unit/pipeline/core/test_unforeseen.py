"""What is told of an error that nobody foresaw: its kind and its place, and none of its words."""

import re
from collections.abc import Callable

import pytest

from pipeline.core.causes import cure_of
from pipeline.core.errors import TableFull
from pipeline.core.model import DayRange
from pipeline.core.runs.plan import past_days
from pipeline.core.table.cells import number_in
from pipeline.core.table.formula import Formula
from pipeline.core.unforeseen import Unforeseen, places, trouble_of, unforeseen

CANARY = "canary-7c1e"


class Words:
    """Breaks whoever reads it."""

    def __str__(self) -> str:
        raise KeyError(CANARY)


def caught(act: Callable[..., object], *args: object) -> Exception:
    with pytest.raises(Exception) as met:  # noqa: PT011 whatever it raises
        act(*args)
    return met.value


def test_what_is_told_is_the_kind_and_the_line_of_ours_and_not_the_words() -> None:
    trouble = trouble_of(caught(number_in, Words()))
    assert re.fullmatch(r"KeyError in pipeline/core/table/cells\.py:\d+; the log has the trace", trouble.message)
    assert (trouble.reason, trouble.what_to_do, trouble.needs_person) == ("bug", cure_of(Unforeseen.reason), False)


def test_an_error_of_ours_is_told_as_it_tells_itself() -> None:
    error = TableFull("20,001 rows")
    assert trouble_of(error) == error.trouble()


def test_an_error_that_no_line_of_ours_met_has_no_place() -> None:
    assert str(unforeseen(caught(int, CANARY))) == "ValueError in foreign code; the log has the trace"
    assert places(ValueError(CANARY)) == ["foreign code"]


@pytest.mark.parametrize(
    ("act", "files"),
    [
        (lambda: DayRange(CANARY, 5), ["pipeline/core/model.py"]),  # type: ignore[arg-type]
        (lambda: past_days(5, 5, CANARY), ["pipeline/core/model.py", "pipeline/core/runs/plan.py"]),  # type: ignore[arg-type]
        (lambda: Formula(CANARY), ["pipeline/core/table/formula.py"]),
    ],
)
def test_the_innermost_file_comes_first_and_each_once(act: Callable[[], object], files: list[str]) -> None:
    assert [place.partition(":")[0] for place in places(caught(act))] == files
