"""An account's days as one letter each: what a grid of a thousand accounts is made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self

from pipeline.core.chain import Chain
from pipeline.core.coverage.states import LETTERS
from pipeline.core.model import DayRange
from pipeline.core.outcome import DayState

BLANK = " "  # nothing is known of the day, or nobody asked for it
A_MONTH = 31  # letters
LACKING = "".join(LETTERS[state] for state in (DayState.INCOMPLETE, DayState.FAILED, DayState.MISSING))
GOOD = "".join(LETTERS[state] for state in DayState if state.good)
STATES_OF = {letter: state for state, letter in LETTERS.items()}


@dataclass(frozen=True, slots=True)
class Line:
    """Letters of days from the first of a month on (months since year 0), 31 for each month."""

    month: int = 0
    letters: str = ""

    @classmethod
    def read(cls, stored: bytes) -> Self:
        """A stored line: the first month (2026-02), then the letters."""
        if not stored:
            return cls()
        text = stored.decode("ascii", "replace")
        return cls(int(text[:4]) * 12 + int(text[5:7]) - 1, text[7:])

    @property
    def first(self) -> date | None:
        """The first day with a letter."""
        return self._day(len(self.letters) - len(self.letters.lstrip(BLANK)))

    def last_of(self, letters: str) -> date | None:
        """The last day with one of these letters."""
        return self._day(at) if (at := max(map(self.letters.rfind, letters))) >= 0 else None

    def _day(self, at: int) -> date | None:
        month = self.month + at // A_MONTH
        return date(month // 12, month % 12 + 1, at % A_MONTH + 1) if at < len(self.letters) else None


@dataclass(frozen=True, slots=True)
class Lines:
    """What is known of an account in one table: how the last readings ended, and what is loaded."""

    last: Line = Line()
    loaded: Line = Line()


@dataclass(frozen=True, slots=True)
class Cut:
    """Which letters of a line a range of days is: (month, first day, last day) for each month, of each table."""

    days: DayRange
    tables: tuple[tuple[tuple[int, int, int], ...], ...]

    @classmethod
    def of(cls, days: DayRange, tables: Chain) -> Self:
        """The cut of a range, each day in the table that holds it."""
        held = dict(tables.spans(days))
        return cls(days, tuple(_months(held[one]) if one in held else () for one in tables.ids))

    def known(self, of_tables: Sequence[Lines]) -> str:
        """A letter for each day: how its last reading ended, else what is loaded, else blank."""
        last = "".join(_cut(lines.last, months) for lines, months in zip(of_tables, self.tables, strict=True))
        if BLANK not in last:
            return last
        loaded = "".join(_cut(lines.loaded, months) for lines, months in zip(of_tables, self.tables, strict=True))
        return "".join(map(_other, last, loaded)) if loaded.strip() else last


def _months(days: DayRange) -> tuple[tuple[int, int, int], ...]:
    found, first = list[tuple[int, int, int]](), days.first
    while first <= days.last:
        month = first.year * 12 + first.month - 1
        after = date((month + 1) // 12, (month + 1) % 12 + 1, 1)
        last = min(days.last, after - timedelta(days=1))
        found.append((month, first.day, last.day))
        first = after
    return tuple(found)


def _cut(line: Line, months: Sequence[tuple[int, int, int]]) -> str:
    parts = []
    for month, first, last in months:
        begin = (month - line.month) * A_MONTH - 1
        part = line.letters[begin + first : begin + last + 1] if begin >= -1 else ""
        parts.append(part.ljust(last - first + 1))
    return "".join(parts)


def _other(one: str, other: str) -> str:
    return other if one == BLANK else one


def first_loaded(of_tables: Sequence[Lines]) -> date | None:
    """The first day that was ever loaded."""
    return min((first for lines in of_tables if (first := lines.loaded.first)), default=None)


def last_loaded(of_tables: Sequence[Lines]) -> date | None:
    """The last day that was ever loaded."""
    return max((day for lines in of_tables if (day := lines.loaded.last_of(GOOD))), default=None)


def last_good(of_tables: Sequence[Lines]) -> date | None:
    """The last day whose last reading was good."""
    return max((day for lines in of_tables if (day := lines.last.last_of(GOOD))), default=None)


def filled(known: str, days: DayRange, first: date, open_from: date, parked_since: date | None) -> str:
    """The same with days of which nothing is known: missing, parked or open, by the rule of `grid`.

    Args:
        first: The first day that somebody asked for; earlier ones stay blank.
        open_from: The first day that is not over, or for which no run had its time.
        parked_since: The day since which a parked account cannot be read.
    """
    begun, ends = _place(days, first), _place(days, open_from)
    parked = min(_place(days, parked_since or open_from), ends)
    parked, ends = max(begun, parked), max(begun, ends)
    return "".join(
        known[start:end].replace(BLANK, letter)
        for start, end, letter in (
            (0, begun, BLANK),
            (begun, parked, LETTERS[DayState.MISSING]),
            (parked, ends, LETTERS[DayState.PARKED]),
            (ends, len(known), LETTERS[DayState.OPEN]),
        )
    )


def _place(days: DayRange, day: date) -> int:
    return min(max(0, (day - days.first).days), len(days))
