"""The page of tables: each physical table, what is foretold, and what does not come along."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from pipeline.core.chain import Chain
from pipeline.core.rollover.tables import Coming, Tables, listed_of
from pipeline.core.rollover.words import foretold_details


@dataclass(frozen=True, slots=True, kw_only=True)
class TablesPage:
    """The tables of a chain as people see them.

    Attributes:
        counted: When each table's rows were counted; a table of which nobody knows is absent.
        details: What people must know and do about an announced successor, as sentences.
        asked: Whether the base was asked just now; else its tables are as last known.
        may_split: Whether the settings let a table have a successor.
        stops: Stable words for why loading is stopped.
        warning: What people must know of the newest table's room.
    """

    found: Tables
    counted: Mapping[str, date]
    details: tuple[str, ...]
    asked: bool
    may_split: bool
    stops: tuple[str, ...] = ()
    warning: str | None = None


def as_known(
    chain: Chain,
    counts: Mapping[str, Mapping[date, int]],
    links: Mapping[str, str | None],
    *,
    cap: int,
    forecast: date | None,
) -> Tables:
    """The tables as they are remembered: none is absent, and what people added to them is not known.

    Args:
        counts: Rows by table and by the day of the count.
        forecast: The first day of the next successor by these counts.
    """
    names = {table.table_id: table.name for table in chain.tables}
    rows = {table_id: of[max(of)] for table_id, of in counts.items() if of}
    told = chain.announced
    coming = Coming(told.first, told.name) if told and told.first else None
    return Tables(listed_of(chain, names, rows, links, cap=cap, forecast=forecast), coming, 0)


def details_of(found: Tables, today: date) -> tuple[str, ...]:
    """What people must know and do about an announced successor; nothing without one."""
    coming = found.announced
    if coming is None:
        return ()
    old = found.tables[-1].name or "现有表格"
    return tuple(foretold_details(coming.first, coming.name, old, today, columns=coming.columns, linked=coming.linked))
