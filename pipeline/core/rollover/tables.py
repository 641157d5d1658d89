"""What people are shown of a table and its successors, and of a successor before it is announced."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from pipeline.core.chain import Chain, PhysicalTable
from pipeline.core.errors import Trouble

BASE_TABLES_MAX = 100  # tables and dashboards of a base: Bitable, 多维表格概述 and 新增一个数据表


class State(StrEnum):
    """The state of a physical table."""

    IN_USE = "in use"
    REPLACED = "replaced"
    ABSENT = "not found"


@dataclass(frozen=True, slots=True)
class Listed:
    """One physical table.

    Attributes:
        first: Its first day; `None`: it has no lower bound.
        last: Its last day; `None`: no successor is announced or foretold.
        foretold: Whether the last day is only a forecast.
        rows: `None` if it is not in the base.
    """

    table_id: str
    name: str
    first: date | None
    last: date | None
    foretold: bool
    rows: int | None
    cap: int
    state: State
    link: str | None

    @property
    def room(self) -> int | None:
        """How many more rows it takes."""
        return None if self.rows is None else max(0, self.cap - self.rows)


@dataclass(frozen=True, slots=True)
class Coming:
    """A successor that is not made yet.

    Attributes:
        columns: Columns of people, which do not come along.
        linked: Those of them that are computed from, or linked to, others.
        moves: The first day that was announced before, if another was.
    """

    first: date
    name: str
    columns: tuple[str, ...] = ()
    linked: tuple[str, ...] = ()
    moves: date | None = None


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables of a chain, the oldest first; what is announced; how many tables the base holds."""

    tables: tuple[Listed, ...]
    announced: Coming | None
    in_base: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FurtherTables:
    """The tables of a further one.

    Attributes:
        name: Its name in the settings.
        report: The name of the report whose rows it holds.
        item: What a row is about.
        accounts: Names by id of the accounts whose rows it holds, as far as accounts are known.
        found: Its tables; `None`: they cannot be listed.
        trouble: Why they cannot.
    """

    name: str
    report: str
    item: str
    accounts: Mapping[str, str]
    found: Tables | None = None
    trouble: Trouble | None = None


def listed_of(
    chain: Chain,
    names: Mapping[str, str],
    rows: Mapping[str, int],
    links: Mapping[str, str | None],
    *,
    cap: int,
    forecast: date | None,
) -> tuple[Listed, ...]:
    """The tables of a chain as people see them.

    Args:
        names: Names of the base's tables of now, by id.
        rows: Rows by id of the tables that are there.
        forecast: The first day that the next successor would have by the forecast.
    """

    def made(table: PhysicalTable) -> Listed:
        table_id, newest = table.table_id, table.table_id == chain.newest.table_id
        last = chain.last_day(table_id)
        foretold = newest and last is None and forecast is not None
        return Listed(
            table_id=table_id,
            name=names.get(table_id, table.name),
            first=table.first,
            last=forecast - timedelta(days=1) if foretold and forecast else last,
            foretold=foretold,
            rows=rows.get(table_id),
            cap=cap,
            state=State.ABSENT if table_id not in names else State.IN_USE if newest else State.REPLACED,
            link=links.get(table_id),
        )

    return tuple(made(table) for table in chain.tables)
