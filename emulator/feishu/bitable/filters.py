"""Filters of record search and views: conditions are checked by field type and compiled once."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import reduce
from typing import Any
from zoneinfo import ZoneInfo

from emulator.feishu.bitable.model import Field, Record
from emulator.feishu.bitable.values import COMPUTED, LATEST_MS
from emulator.shared.parsing import whole

Predicate = Callable[[Record], bool]

EMPTINESS = ("isEmpty", "isNotEmpty")
TEXTUAL = ("is", "isNot", "contains", "doesNotContain", *EMPTINESS)
NUMERIC = ("is", "isNot", "isGreater", "isGreaterEqual", "isLess", "isLessEqual", *EMPTINESS)
TEMPORAL = ("is", "isGreater", "isLess", *EMPTINESS)
# Bitable: record filter guide. Formula and lookup fields cannot be filtered.
OPERATORS: dict[int, tuple[str, ...]] = {
    1: TEXTUAL, 2: NUMERIC, 3: TEXTUAL, 4: TEXTUAL, 5: TEMPORAL, 7: ("is",), 11: TEXTUAL, 13: TEXTUAL, 15: TEXTUAL,
    1001: TEMPORAL, 1002: TEMPORAL, 1003: TEXTUAL, 1004: TEXTUAL, 1005: TEXTUAL,
}  # fmt: skip
CONJUNCTIONS = ("and", "or")
MOST_VALUES = 10
SINGLE = (1, 2, 13, 15, 7, 1005)  # these take one value
SETS = (3, 4, 11, 1003, 1004)
DATES = (5, 1001, 1002)
EXACT_DATE = "ExactDate"
DAYS = ("Today", "Yesterday", "Tomorrow")
PERIODS = (
    "CurrentWeek", "LastWeek", "CurrentMonth", "LastMonth",
    "TheLastWeek", "TheNextWeek", "TheLastMonth", "TheNextMonth",
)  # fmt: skip
WEEK, MONTH = timedelta(days=6), timedelta(days=29)
ONE_DAY = timedelta(days=1)


class BadCondition(Exception):
    """Why a field does not take a condition."""


@dataclass(frozen=True)
class Test:
    """A checked condition; selects are compared by option name."""

    column: Field
    operator: str
    values: list[str]


def check(test: Test) -> None:
    """Raise BadCondition unless the field's type takes this operator with these values."""
    kind = test.column.type
    if test.operator not in OPERATORS.get(kind, ()):
        raise BadCondition(f"{test.column.name}: operator {test.operator} for type {kind}")
    if test.operator in EMPTINESS:
        if test.values:
            raise BadCondition(f"{test.column.name}: {test.operator} takes an empty list")
    elif not _fitting(test):
        raise BadCondition(f"{test.column.name}: value {test.values} for {test.operator}")


def _fitting(test: Test) -> bool:
    kind, values = test.column.type, test.values
    if kind in DATES:
        return _is_date(test.operator, values)
    if kind in SINGLE:
        return len(values) == 1 and _is_single(kind, values[0])
    only_one = kind in SETS and kind != 4 and test.operator in ("is", "isNot")  # noqa: PLR2004 - 4 is multi-select
    return len(values) == 1 if only_one else 1 <= len(values) <= MOST_VALUES


def _is_single(kind: int, value: str) -> bool:
    if kind == 2:  # noqa: PLR2004 - a number field
        try:
            return float(value) == float(value)
        except ValueError:
            return False
    return kind != 7 or value in ("true", "false")  # noqa: PLR2004 - a checkbox


def _is_date(operator: str, values: list[str]) -> bool:
    if values[:1] == [EXACT_DATE]:
        return len(values) == len([EXACT_DATE, "ms"]) and whole(values[1], 0, LATEST_MS - 1) is not None
    named = (*DAYS, *PERIODS) if operator == "is" else DAYS
    return len(values) == 1 and values[0] in named


def compiled(tests: list[Test], conjunction: str, zone: ZoneInfo, today: date, *, by_day: bool = True) -> Predicate:
    """One predicate for a flat list of conditions. `by_day`: compare dates by day, else their instant with midnight."""
    parts = [_predicate(test, zone, today, by_day=by_day) for test in tests]
    return combined(parts, conjunction)


def combined(parts: list[Predicate], conjunction: str) -> Predicate:
    """All or any of the parts."""
    return reduce(_both if conjunction == "and" else _either, parts)


# in pairs: a generator per row would cost three times the conditions
def _both(one: Predicate, other: Predicate) -> Predicate:
    return lambda record: one(record) and other(record)


def _either(one: Predicate, other: Predicate) -> Predicate:
    return lambda record: one(record) or other(record)


def _predicate(test: Test, zone: ZoneInfo, today: date, *, by_day: bool) -> Predicate:
    value_of = _reader(test.column)
    if test.operator in EMPTINESS:
        empty = test.operator == "isEmpty"
        return lambda record: (value_of(record) is None) == empty
    kind = test.column.type
    if kind in DATES:
        return _date_predicate(test, value_of, zone, today, by_day=by_day)
    if kind in SETS:
        return _set_predicate(test, value_of)
    if kind == 2:  # noqa: PLR2004 - a number field
        compare, bound = NUMBERS[test.operator], float(test.values[0])
        return lambda record: compare(value_of(record), bound)
    if kind == 7:  # noqa: PLR2004 - a checkbox
        wanted = test.values[0] == "true"
        return lambda record: bool(value_of(record)) == wanted
    match, text = TEXTS[test.operator], test.values[0]
    return lambda record: match(_text(value_of(record)), text)


def _reader(column: Field) -> Callable[[Record], Any]:
    return COMPUTED.get(column.type, lambda record: record.cells.get(column.field_id))


def _text(value: Any) -> str:  # noqa: ANN401 - a text, phone or url cell
    if value is None:
        return ""
    return str(value["text"]) if isinstance(value, dict) else str(value)


TEXTS: dict[str, Callable[[str, str], bool]] = {
    "is": lambda cell, text: cell == text,
    "isNot": lambda cell, text: cell != text,
    "contains": lambda cell, text: text in cell,
    "doesNotContain": lambda cell, text: text not in cell,
}
NUMBERS: dict[str, Callable[[Any, float], bool]] = {
    "is": lambda cell, bound: cell == bound,
    "isNot": lambda cell, bound: cell != bound,
    "isGreater": lambda cell, bound: cell is not None and cell > bound,
    "isGreaterEqual": lambda cell, bound: cell is not None and cell >= bound,
    "isLess": lambda cell, bound: cell is not None and cell < bound,
    "isLessEqual": lambda cell, bound: cell is not None and cell <= bound,
}
SET_TESTS: dict[str, Callable[[set[str], set[str]], bool]] = {
    "is": lambda cell, wanted: cell == wanted,
    "isNot": lambda cell, wanted: cell != wanted,
    "contains": lambda cell, wanted: bool(cell & wanted),
    "doesNotContain": lambda cell, wanted: not cell & wanted,
}


def _set_predicate(test: Test, value_of: Callable[[Record], Any]) -> Predicate:
    compare, wanted = SET_TESTS[test.operator], set(test.values)

    def names(value: Any) -> set[str]:  # noqa: ANN401 - an option, a list of options, or persons
        listed = value if isinstance(value, list) else [] if value is None else [value]
        return {item["id"] if isinstance(item, dict) else item for item in listed}

    return lambda record: compare(names(value_of(record)), wanted)


def _date_predicate(
    test: Test, value_of: Callable[[Record], Any], zone: ZoneInfo, today: date, *, by_day: bool
) -> Predicate:
    """Compare by day in the document's time zone; ExactDate is cut to midnight there."""
    first, last = _span(test.values, zone, today)
    # compute midnights once: a search looks at every row
    begin, end = _midnight_ms(first, zone), _midnight_ms(last + ONE_DAY, zone)
    if test.operator == "isGreater" and not by_day:
        return lambda record: (ms := value_of(record)) is not None and ms > begin
    if test.operator == "isGreater":
        return lambda record: (ms := value_of(record)) is not None and ms >= end
    if test.operator == "isLess":
        return lambda record: (ms := value_of(record)) is not None and ms < begin
    return lambda record: (ms := value_of(record)) is not None and begin <= ms < end


def _midnight_ms(day: date, zone: ZoneInfo) -> float:
    return datetime.combine(day, time(), zone).timestamp() * 1000


def day_of(ms: int, zone: ZoneInfo) -> date:
    """The calendar day of a date cell."""
    return datetime.fromtimestamp(ms / 1000, zone).date()


def _span(values: list[str], zone: ZoneInfo, today: date) -> tuple[date, date]:
    if values[0] == EXACT_DATE:
        day = day_of(int(values[1]), zone)
        return day, day
    monday = today - timedelta(days=today.weekday())
    first_of_month = today.replace(day=1)
    last_month = first_of_month - ONE_DAY
    return {
        "Today": (today, today),
        "Yesterday": (today - ONE_DAY, today - ONE_DAY),
        "Tomorrow": (today + ONE_DAY, today + ONE_DAY),
        "CurrentWeek": (monday, monday + WEEK),
        "LastWeek": (monday - WEEK - ONE_DAY, monday - ONE_DAY),
        "CurrentMonth": (first_of_month, (first_of_month + timedelta(days=31)).replace(day=1) - ONE_DAY),
        "LastMonth": (last_month.replace(day=1), last_month),
        "TheLastWeek": (today - WEEK, today),
        "TheNextWeek": (today, today + WEEK),
        "TheLastMonth": (today - MONTH, today),
        "TheNextMonth": (today, today + MONTH),
    }[values[0]]
