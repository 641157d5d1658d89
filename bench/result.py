"""The result of a profile: figures beside their goals, and tables for people."""

from collections.abc import Sequence
from dataclasses import dataclass

MIB = 2**20


@dataclass(frozen=True, slots=True)
class Goal:
    """A figure and its limit."""

    profile: str
    what: str
    figure: float
    limit: float
    unit: str = "×"
    at_least: bool = False

    @property
    def holds(self) -> bool:
        """Whether the figure is within the limit."""
        return self.figure >= self.limit if self.at_least else self.figure <= self.limit

    @property
    def said(self) -> tuple[str, str]:
        """The figure and the goal for a table."""
        return _with(self.figure, self.unit), f"{'≥' if self.at_least else '≤'} {_with(self.limit, self.unit)}"


@dataclass(frozen=True, slots=True)
class Table:
    """Cells for people; the first column is words, the others are figures."""

    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """The result of one profile."""

    goals: Sequence[Goal] = ()
    tables: Sequence[Table] = ()


def mib(count: float) -> str:
    """Bytes for people."""
    return f"{count / MIB:.0f}"


def _with(figure: float, unit: str) -> str:
    shown = f"{figure:.3f}".rstrip("0").rstrip(".") if figure % 1 else f"{figure:.0f}"
    return f"{shown} {unit}".rstrip()
