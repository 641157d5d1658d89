"""Parse the values of a row: id, name, day, figure. What does not parse is refused here."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from pipeline.core.errors import BadResponse
from pipeline.core.model import DayRange
from pipeline.core.table.columns import holdable, plain_figure
from pipeline.core.text import one_line

SHOWN = 80  # letters of what is refused
LONGEST_ID = 32
LONGEST_FIGURE = 64  # letters


def id_in(path: str, row: Mapping[str, Any], name: str) -> str:
    """An id as text; some endpoints send a number, some a string.

    Raises:
        BadResponse: There is none.
    """
    value = row.get(name)
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    if not is_id(text):
        raise BadResponse(f"{path}: a row has no {name}: {shown(value)}")
    return text


def is_id(text: str) -> bool:
    """Whether a text is digits, as few as an `int` is made of without a thought."""
    return len(text) <= LONGEST_ID and text.isascii() and text.isdigit()


def name_in(row: Mapping[str, Any], name: str) -> str:
    """A name, plain and bounded, also where it comes as a number; empty where there is none.

    Raises:
        BadResponse: What is there is no name.
    """
    value = row.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal | None):
        raise BadResponse(f"a report row has no usable {name}: {shown(value)}")
    return name_of(value)


def name_of(value: object) -> str:
    """A name as `name_in` gives it; empty where the value is no name."""
    is_number = isinstance(value, int | Decimal) and not isinstance(value, bool)
    return one_line(str(value) if is_number else value)


def day_in(row: Mapping[str, Any], days: DayRange) -> date:
    """The day of a report row.

    Raises:
        BadResponse: The day is missing, unreadable, or not one of `days`.
    """
    said = row.get("stat_time_day")
    try:
        day = date.fromisoformat(str(said)[:10])
    except ValueError:
        raise BadResponse(f"a report row has no day: stat_time_day is {shown(said)}") from None
    if day not in days:
        raise BadResponse(f"a report row of {day} lies outside {days.first} .. {days.last}")
    return day


def figure_in(row: Mapping[str, Any], name: str) -> Decimal:
    """A figure that a cell of a table can hold.

    Raises:
        BadResponse: There is none.
    """
    text = str(row.get(name))
    figure = plain_figure(text) if len(text) <= LONGEST_FIGURE else None
    if figure is None or not holdable(figure):
        raise BadResponse(f"a report row has no usable {name}: {shown(row.get(name))}")
    return figure


def shown(value: object) -> str:
    """What is refused, as a message shows it: its beginning."""
    return f"{value!r:.{SHOWN}}" if isinstance(value, str | None) else f"{value!s:.{SHOWN}}"
