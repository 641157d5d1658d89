"""A table and its successors: which physical table holds which days.

A physical table holds the days from its first day to the day before its successor's; a day belongs to one table for
ever. The first table has no lower bound.
"""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from pipeline.core.model import DayRange


@dataclass(frozen=True, slots=True)
class PhysicalTable:
    """One table of a chain.

    Attributes:
        table_id: Its id; empty while it is only announced.
        first: Its first day; `None` for the first table, which has no lower bound.
        name: Its name when it was registered; people may have renamed it since.
        record_id: Its row in 数据表清单; empty if there is none, or nobody remembers it.
        by_hand: Whether a person announced it: then it comes although the old table would last longer.
    """

    table_id: str
    first: date | None = None
    name: str = ""
    record_id: str = ""
    by_hand: bool = False


@dataclass(frozen=True, slots=True)
class Chain:
    """A table and its successors, the oldest first; at least one.

    Attributes:
        announced: The successor that is foretold and not made yet.
        registry: The id of 数据表清单; empty while no boundary was ever foretold.
    """

    tables: tuple[PhysicalTable, ...]
    announced: PhysicalTable | None = None
    registry: str = ""

    @property
    def root(self) -> str:
        """The id of the first table, which names the chain."""
        return self.tables[0].table_id

    @property
    def newest(self) -> PhysicalTable:
        """The table that new days go into."""
        return self.tables[-1]

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of the tables."""
        return tuple(table.table_id for table in self.tables)

    def table_of(self, day: date) -> str:
        """The id of the table that holds a day."""
        if len(self.tables) == 1:
            return self.root
        begins = [table.first or date.min for table in self.tables]
        return self.tables[max(0, bisect_right(begins, day) - 1)].table_id

    def days_of(self, table_id: str, days: DayRange) -> DayRange | None:
        """The days of a range that a table holds."""
        held = [day for day in days if self.table_of(day) == table_id]
        return DayRange(held[0], held[-1]) if held else None

    def last_day(self, table_id: str) -> date | None:
        """The last day of a table; `None` for the newest, unless its successor is announced."""
        later = [*self.tables[1:], *([self.announced] if self.announced else [])]
        after = dict(zip(self.ids, later, strict=False)).get(table_id)
        return after.first - timedelta(days=1) if after and after.first else None

    def spans(self, days: DayRange) -> list[tuple[str, DayRange]]:
        """The tables that hold a range, and which of its days each holds, the oldest first."""
        spans = ((table_id, self.days_of(table_id, days)) for table_id in self.ids)
        return [(table_id, held) for table_id, held in spans if held]

    def tables_of(self, days: Iterable[date]) -> list[str]:
        """The ids of the tables that hold some days, the oldest first."""
        held = {self.table_of(day) for day in days}
        return [table_id for table_id in self.ids if table_id in held]

    def with_successor(self, table: PhysicalTable) -> "Chain":
        """The chain after the announced successor was made."""
        return replace(self, tables=(*self.tables, table), announced=None)


def alone(table_id: str) -> Chain:
    """A table without a successor."""
    return Chain((PhysicalTable(table_id),))
