"""What a base consists of. The API's rules are in the modules by resource."""

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
    """A column. `options` of a select: name → id, oldest first."""

    field_id: str
    name: str
    type: int
    ui_type: str
    property: dict[str, object] | None
    primary: bool = False
    description: str = ""
    options: dict[str, str] = field(default_factory=dict)
    colors: dict[str, int] = field(default_factory=dict)  # of options, by name, where one was chosen


@dataclass(slots=True)
class Record:
    """A row. Cells hold the write shape by field id; empty cells are absent."""

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
    """A view with its filter. `hidden`: field ids. `personal`: listed to its owner only."""

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
    """A table; every change increments `revision`."""

    table_id: str
    name: str
    fields: dict[str, Field] = field(default_factory=dict)
    records: dict[str, Record] = field(default_factory=dict)
    views: dict[str, View] = field(default_factory=dict)
    revision: int = 1
    hidden_calls: int = 0  # so many next calls do not find it
    # rows by filter at this revision, so that paging does not filter again for each page
    matches: dict[str, list[Record]] = field(default_factory=dict)

    def field_named(self, name: str) -> Field | None:
        """The column of this name."""
        return next((column for column in self.fields.values() if column.name == name), None)

    @property
    def primary(self) -> Field:
        """The index column."""
        return next(column for column in self.fields.values() if column.primary)

    def touch(self) -> None:
        """Note a change."""
        self.revision += 1
        self.matches.clear()


@dataclass
class Base:
    """A Bitable app (多维表格), with what our app may do in it."""

    app_token: str
    name: str
    time_zone: str | None = None  # None: that of the settings
    document: str = "edit"  # the app's right on it: none, view, edit, full_access
    advanced: bool = False  # advanced permissions
    tables: dict[str, Table] = field(default_factory=dict)
    writers: int = 0  # writes under way: one at most
    # by client_token: a digest of the request, and its answer
    operations: dict[str, tuple[str, dict[str, object]]] = field(default_factory=dict)
    _numbers: dict[str, int] = field(default_factory=dict)

    def new_id(self, prefix: str) -> str:
        """The next id of a kind, unlike those of other bases; a reset repeats them."""
        self._numbers[prefix] = number = self._numbers.get(prefix, 0) + 1
        return f"{prefix}{self.app_token[-4:]}{number:07d}"

    def condition(self, column: Field, operator: str, value: list[str]) -> Condition:
        """A view's condition on a column."""
        return Condition(self.new_id("con"), column.field_id, operator, value)

    @property
    def hides_rows(self) -> bool:
        """Whether advanced permissions hide all rows, without an error, from an app without full access."""
        return self.advanced and self.document != "full_access"

    @property
    def revision(self) -> int:
        """Changes with every change of a table."""
        return sum(table.revision for table in self.tables.values())

    def rows(self) -> Iterator[Record]:
        """All rows of all tables."""
        for table in self.tables.values():
            yield from table.records.values()


@dataclass(frozen=True)
class Message:
    """A message that the webhook accepted."""

    at: datetime
    body: dict[str, object]
