"""Days as letters."""

from datetime import date

import pytest

from pipeline.core.coverage.letters import Cut, Line, Lines, filled, first_loaded, last_good
from pipeline.core.model import DayRange
from tests.chains import chained

JANUARY = Line.read(b"2026-01" + b"L" * 30 + b"F")
DAYS = DayRange(date(2025, 12, 30), date(2026, 2, 2))
ONE = chained(("tbl1", None))
TWO = chained(("tbl1", None), ("tbl2", date(2026, 1, 30)))


def test_a_line_says_which_day_a_letter_is() -> None:
    line = Line.read(b"2026-02" + b"  L" + b" " * 28 + b"0F" + b" " * 29)
    assert line.first == date(2026, 2, 3)
    assert line.last_of("L0") == date(2026, 3, 1)
    assert line.last_of("F") == date(2026, 3, 2)
    assert line.last_of("P") is None


@pytest.mark.parametrize("stored", [b"", b"2026-02" + b" " * 31])
def test_of_an_empty_line_nothing_is_known(stored: bytes) -> None:
    line = Line.read(stored)
    assert line.first is None
    assert Cut.of(DAYS, ONE).known([Lines(line, line)]) == " " * len(DAYS)


def test_a_range_is_cut_out_of_lines_that_begin_later_and_end_earlier() -> None:
    assert Cut.of(DAYS, ONE).known([Lines(JANUARY)]) == "  " + "L" * 30 + "F" + "  "


def test_what_is_loaded_shows_where_no_reading_is_remembered() -> None:
    loaded = Line.read(b"2025-12" + b" " * 30 + b"0" + b"0" * 31)
    assert Cut.of(DAYS, ONE).known([Lines(JANUARY, loaded)]) == " 0" + "L" * 30 + "F" + "  "


def test_each_day_counts_in_the_table_that_holds_it() -> None:
    later = Line.read(b"2026-01" + b"I" * 31 + b"I" * 31)
    assert Cut.of(DAYS, TWO).known([Lines(JANUARY), Lines(later)]) == "  " + "L" * 29 + "IIII"
    assert Cut.of(DayRange(date(2026, 1, 1), date(2026, 1, 2)), TWO).known([Lines(JANUARY), Lines(later)]) == "LL"


def test_first_and_last_days_are_those_of_any_table() -> None:
    tables = [Lines(JANUARY, Line.read(b"2026-01 L")), Lines(Line.read(b"2026-02L"), Line())]
    assert first_loaded(tables) == date(2026, 1, 2)
    assert last_good(tables) == date(2026, 2, 1)
    assert first_loaded([Lines()]) is last_good([Lines()]) is None


@pytest.mark.parametrize(
    ("first", "open_from", "parked", "expected"),
    [
        (1, 6, None, " -L--Foo"),
        (0, 5, 3, "--LPPFoo"),
        (0, 5, 7, "--L--Foo"),
        (4, 3, None, "  L oFoo"),
        (9, 9, None, "  L  F  "),
        (-3, -2, None, "ooLooFoo"),
    ],
)
def test_unknown_days_are_missing_parked_open_or_left_out(
    first: int, open_from: int, parked: int | None, expected: str
) -> None:
    days = DayRange(date(2026, 2, 1), date(2026, 2, 8))

    def day(place: int) -> date:
        return date.fromordinal(days.first.toordinal() + place)

    begun = None if parked is None else day(parked)
    assert filled("  L  F  ", days, day(first), day(open_from), begun) == expected
