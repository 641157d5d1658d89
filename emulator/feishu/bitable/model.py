"""What a base is made of, in memory. No rule of the API lives here: those are in the modules by resource."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

# created_by / last_modified_by of a record, as search shows them
Actor = dict[str, str]
APP: Actor = {"id": "ou_5f3a9c1e7b2d4680app0laikesync0001", "name": "laike-sync 应用"}
PERSON: Actor = {"id": "ou_8c1d2e3f4a5b6c7d8e9f0a1b2c3d4e5f", "name": "王小燕"}

SELECTS = (3, 4)


@dataclass
class Field:
    """A column. Options of a select are name → id, in the order in which they came."""

    field_id: str
    name: str
    type: int
    ui_type: str
    property: dict[str, object] | None
    primary: bool = False
    description: str = ""
    options: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Record:
    """A row. Cells are keyed by field id and hold the write shape; an empty cell is not there."""

    record_id: str
    number: int
    cells: dict[str, object]
    created_ms: int
    created_by: Actor
    modified_ms: int
    modified_by: Actor


@dataclass(frozen=True)
class Condition:
    """One condition of a view: select values are option ids, as the API keeps them."""

    condition_id: str
    field_id: str
    operator: str
    value: list[str]


@dataclass
class View:
    """A view with its filter; `hidden` are field ids. A personal one is listed to its owner alone."""

    view_id: str
    name: str
    type: str = "grid"
    conjunction: str = "and"
    conditions: list[Condition] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)
    hierarchy: str | None = None
    personal: bool = False


@dataclass
class Table:
    """A table; `revision` moves with every change of it."""

    table_id: str
    name: str
    fields: dict[str, Field] = field(default_factory=dict)
    records: dict[str, Record] = field(default_factory=dict)
    views: dict[str, View] = field(default_factory=dict)
    revision: int = 1
    unseen: int = 0  # calls about it that are still answered as if it were not there
    # rows that matched a filter at the present revision: paging would evaluate it anew for each page
    matches: dict[str, list[Record]] = field(default_factory=dict)

    def field_named(self, name: str) -> Field | None:
        """The column of this name."""
        return next((known for known in self.fields.values() if known.name == name), None)

    @property
    def primary(self) -> Field:
        """The index column."""
        return next(known for known in self.fields.values() if known.primary)

    def touch(self) -> None:
        """Something changed."""
        self.revision += 1
        self.matches.clear()


@dataclass
class Base:
    """A Bitable app (多维表格)."""

    app_token: str
    name: str
    tables: dict[str, Table] = field(default_factory=dict)
    writers: int = 0  # writes under way: there may be one
    # what a client_token did: a digest of the request, and the answer
    operations: dict[str, tuple[str, dict[str, object]]] = field(default_factory=dict)
    _numbers: dict[str, int] = field(default_factory=dict)

    def new_id(self, prefix: str) -> str:
        """The next id of a kind, the same after each reset."""
        self._numbers[prefix] = number = self._numbers.get(prefix, 0) + 1
        return f"{prefix}{self.app_token[-4:]}{number:07d}"

    def condition(self, column: Field, operator: str, value: list[str]) -> Condition:
        """A view's condition on a column."""
        return Condition(self.new_id("con"), column.field_id, operator, value)

    @property
    def revision(self) -> int:
        """Moves with every change of any table."""
        return sum(table.revision for table in self.tables.values())

    def rows(self) -> Iterator[Record]:
        """All rows of all tables."""
        for table in self.tables.values():
            yield from table.records.values()


@dataclass(frozen=True)
class Message:
    """A message that the webhook took."""

    at: datetime
    body: dict[str, object]
