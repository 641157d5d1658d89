"""Tables besides the one that a card or a report links to: some of its days are in them."""

from collections.abc import Callable
from dataclasses import dataclass

from pipeline.core.chain import Chain
from pipeline.core.model import DayRange


@dataclass(frozen=True, slots=True)
class OtherTable:
    """A table that holds some of the days; `link` is its page, where that is known."""

    name: str
    days: DayRange
    link: str | None = None


def other_tables(
    chain: Chain, days: DayRange, linked: str, link_to: Callable[[str], str | None]
) -> tuple[OtherTable, ...]:
    """The tables that hold some days, without the linked one, the oldest first.

    Args:
        linked: The id of the table that is linked anyway.
        link_to: The page of a table by its id.
    """
    names = {table.table_id: table.name or table.table_id for table in chain.tables}
    spans = chain.spans(days) if len(chain.tables) > 1 else []
    return tuple(OtherTable(names[one], held, link_to(one)) for one, held in spans if one != linked)
