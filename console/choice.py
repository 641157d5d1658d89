"""Which table a page is about, where the settings have several: kept in the address as `table=NAME`."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from console.inputs import text_in
from console.visit import Visit
from pipeline.context import Context
from pipeline.steps.coverage.known_tables import known_tables_of, table_named

FIRST = "主表（单元）"  # the table of `LAIKE_BITABLE_TABLE_ID`


@dataclass(frozen=True, slots=True)
class Choice:
    """The table that a page is about.

    Attributes:
        name: Its name; empty: the first.
        tables: All tables, name → words, and whether each can be looked at; empty: there is but one.
        ctx: The context on it.
    """

    name: str
    tables: tuple[tuple[str, str, bool], ...]
    ctx: Context

    @property
    def query(self) -> dict[str, str | None]:
        """What an address has to keep."""
        return {"table": self.name or None}

    @property
    def tail(self) -> str:
        """The same as the end of an address."""
        return f"?{urlencode({'table': self.name})}" if self.name else ""

    @property
    def item(self) -> str:
        """What a row of the table is about."""
        return self.ctx.report.item


def chosen(visit: Visit, fields: Mapping[str, str] | None = None) -> Choice:
    """The table that an address, or a form, asks for; `WrongInput` if there is no such table."""
    ctx, name = visit.ctx, text_in(visit.query if fields is None else fields, "table")
    further = [(table.name, table.name, here is not None) for table, here in known_tables_of(ctx)]
    return Choice(name, (("", FIRST, True), *further) if further else (), table_named(ctx, name))
