"""Match our columns with the table's fields; rows to and from records.

Follows the Bitable pages on fields and the record filter. A typed table and an all-text one both work; values compare
by meaning.
"""

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from difflib import get_close_matches
from typing import cast
from zoneinfo import ZoneInfo

from pipeline.core.errors import TableMismatch
from pipeline.core.model import ZERO, Account, Cell, FoundRow, ReportRow, WantedRow, ranges
from pipeline.core.reports import ACCOUNT_ID, ACCOUNT_NAME, PROMOTION, REPORTS, Report
from pipeline.core.table.cells import Field, decoder, encode, fits, midnight_ms, plain_text
from pipeline.core.table.columns import DATE, FIELD_TYPES, SINGLE_SELECT, TYPE_NAMES, Column
from pipeline.core.table.record import Record

FILTER_CONDITIONS_MAX = 50  # Bitable, search records: at most 50 conditions
FILTER_CHARACTERS_MAX = 1900  # the documented 2,000 with a margin for how the server counts


@dataclass(frozen=True, slots=True)
class Layout:
    """Our columns matched with the table's fields, in the base's time zone."""

    columns: tuple[Column, ...]
    fields: Mapping[str, Field]  # by column name, also if a person renamed the field
    time_zone: ZoneInfo
    report: str = PROMOTION.name  # the report whose rows the table holds

    @property
    def field_names(self) -> list[str]:
        """The names of our columns in the table."""
        return [self.fields[column.name].name for column in self.columns]

    @property
    def renamed(self) -> dict[str, str]:
        """The new names of renamed fields, by column name."""
        return {name: field.name for name, field in self.fields.items() if field.name != name}

    @property
    def account_fields(self) -> frozenset[str]:
        """Ids of the fields by which a view may show one account."""
        return frozenset(self.fields[c.name].id for c in self.columns if c.source in (ACCOUNT_ID, ACCOUNT_NAME))

    @property
    def about(self) -> Report:
        """The report whose rows the table holds."""
        return REPORTS[self.report]

    def column(self, source: str) -> Column:
        """The column filled from `source`."""
        return next(column for column in self.columns if column.source == source)

    def again(self, fields: Sequence[Field]) -> "Layout":
        """The same columns and fields under their present names; `TableMismatch` if a field is gone or does not fit."""
        return match(
            self.columns, fields, self.time_zone, {n: field.id for n, field in self.fields.items()}, self.about
        )

    def want(self, row: ReportRow, account: Account) -> WantedRow:
        """The row of the table for a row of the report."""
        return WantedRow(row.key, row.account_id, cells_of(self.columns, row, account, self.about))

    def unfit(self, row: WantedRow) -> str:
        """Why the table cannot hold a row; empty: it can."""
        names = ", ".join(name for name, value in row.cells.items() if not fits(value))
        return f"too long or too large for a cell: {names}" if names else ""

    def encode(self, cells: Mapping[str, Cell]) -> dict[str, object]:
        """Cells by column name in write shape."""
        found = {name: self.fields[name] for name in cells}
        return {found[name].name: encode(found[name], value, self.time_zone) for name, value in cells.items()}

    def decode(self, record: Record) -> FoundRow:
        """A record as a row."""
        return self.decoder()(record)

    def decoder(self) -> Callable[[Record], FoundRow]:
        """`decode` for many records."""
        fields = [(one.name, self.fields[one.name].name, decoder(one, self.time_zone)) for one in self.columns]
        day, item, *owner = (self.column(source).name for source in self.about.key_sources)
        account, cost = self.column(ACCOUNT_NAME).name, self.column("stat_cost").name

        def row(record: Record) -> FoundRow:
            cells = {column: value(record.cells.get(field)) for column, field, value in fields}
            spent = cells[cost]
            return FoundRow(
                record_id=record.record_id,
                day=cast("date | None", cells[day]),
                item_id=str(cells[item] or ""),
                account_name=str(cells[account] or ""),
                cost=spent if isinstance(spent, Decimal) else ZERO,
                cells=cells,
                creator=record.creator,
                created_ms=record.created_ms,
                owner=str(cells[owner[0]] or "") if owner else "",
            )

        return row

    def unreadable(self, record: Record, row: FoundRow) -> int:
        """Count our filled cells in a record that hold no value of their column's kind."""
        empty = (self.fields[name].name for name, value in row.cells.items() if value is None)
        return sum(bool(plain_text(record.cells.get(name) or "").strip()) for name in empty)

    def day_filters(self, days: Collection[date]) -> Iterator[dict[str, object]]:
        """Filters that together find every row of `days`, and some of other days."""
        field = self.fields[self.column("day").name]
        if field.type == DATE:
            for one in ranges(days):
                wider = one.first - timedelta(days=1), one.last + timedelta(days=1)
                yield between(field.name, *(midnight_ms(day, self.time_zone) for day in wider))
        else:
            yield from _text_filters(field.name, days)

    def view_conditions(self, account: Account) -> tuple[tuple[str, str], ...]:
        """Field id and value of each view filter that shows an account's rows, the best first.

        An id is better than a name, which two accounts may share. A single select without the option has no filter;
        it is filtered by the option's id; whether the service takes its name is not documented.
        """
        by_id = [column for column in self.columns if column.source == ACCOUNT_ID]
        ids = [(self.fields[column.name].id, json.dumps([account.id])) for column in by_id]
        name = self.fields[self.column(ACCOUNT_NAME).name]
        if name.type != SINGLE_SELECT:
            return (*ids, (name.id, json.dumps([account.name], ensure_ascii=False)))
        option = name.options.get(account.name)
        by_name = json.dumps([account.name], ensure_ascii=False)
        return (*ids, (name.id, json.dumps([option])), (name.id, by_name)) if option else tuple(ids)


def cells_of(
    columns: Sequence[Column], row: ReportRow, account: Account, report: Report = PROMOTION
) -> dict[str, Cell]:
    """The cells of a row of a report, by column name."""
    dimensions: dict[str, Cell] = {
        "day": row.day,
        report.id_field: row.item_id,
        report.name_field: row.item_name,
        ACCOUNT_NAME: account.name,  # last: of the account report they are the item's
        ACCOUNT_ID: account.id,
    }
    return {c.name: c.canonical(dimensions.get(c.source, c.figure(row.metrics))) for c in columns}


def filled(field: Field) -> dict[str, object]:
    """The filter for rows with a filled cell in a field."""
    return {
        "conjunction": "and",
        "conditions": [{"field_name": field.name, "operator": "isNotEmpty", "value": []}],
    }


def between(name: str, after_ms: int, before_ms: int) -> dict[str, object]:
    """The filter for a date field strictly between two midnights (ms since the epoch)."""
    bounds = (("isGreater", after_ms), ("isLess", before_ms))
    conditions = [{"field_name": name, "operator": op, "value": ["ExactDate", str(ms)]} for op, ms in bounds]
    return {"conjunction": "and", "conditions": conditions}


def match(
    columns: Sequence[Column],
    fields: Sequence[Field],
    time_zone: ZoneInfo,
    known: Mapping[str, str] | None = None,
    report: Report = PROMOTION,
) -> Layout:
    """Match each column of a report's table with the field of its name, else with the field of the id in `known`.

    Raises:
        TableMismatch: Columns are missing, or their fields cannot hold them; names each with its cure.
    """
    found = _followed(columns, fields, known or {}) | {field.name: field for field in fields}
    taken = {column.name for column in columns}
    spare = [field.name for field in fields if field.name not in taken]
    problems = [problem for column in columns if (problem := _problem(column, found, spare))]
    if problems:
        english, chinese = zip(*problems, strict=True)
        raise TableMismatch("; ".join(english), what_to_do="".join(chinese))
    return Layout(tuple(columns), {column.name: found[column.name] for column in columns}, time_zone, report.name)


def missing_columns(columns: Sequence[Column], fields: Sequence[Field], known: Mapping[str, str]) -> tuple[Column, ...]:
    """Columns that the table has neither by name nor, renamed, by the field id in `known`."""
    names, ids = {field.name for field in fields}, {field.id for field in fields}
    return tuple(one for one in columns if one.name not in names and known.get(one.name) not in ids)


def _followed(columns: Sequence[Column], fields: Sequence[Field], known: Mapping[str, str]) -> dict[str, Field]:
    """Columns whose field is still there under a name that is not ours."""
    ours = {column.name for column in columns}
    by_id = {field.id: field for field in fields if field.name not in ours}
    return {name: by_id[known[name]] for name in ours if known.get(name) in by_id}


def _problem(column: Column, found: Mapping[str, Field], spare: Sequence[str]) -> tuple[str, str] | None:
    field = found.get(column.name)
    wanted = "或".join(TYPE_NAMES[number] for number in FIELD_TYPES[column.kind])
    if field is None:
        near = get_close_matches(column.name, spare, n=1, cutoff=0.3)
        english = f"the table has no column {column.name!r}" + (f"; the nearest is {near[0]!r}" if near else "")
        cure = f"请把“{near[0]}”改名为“{column.name}”" if near else "可能已被删除，请恢复或新建该列"
        return english, f"找不到“{column.name}”列：{cure}（{wanted}类型）。"
    if not field.holds(column.kind):
        of_type = f"field type {field.type} ({field.type_name})"
        english = f"column {field.name!r} is of {of_type}, which cannot hold {column.kind}"
        return english, f"“{field.name}”列是{field.type_name}类型，请改为{wanted}。"
    return None


def _text_filters(name: str, days: Collection[date]) -> Iterator[dict[str, object]]:
    conditions: list[object] = []
    for text in _spellings(days):
        condition = {"field_name": name, "operator": "contains", "value": [text]}
        if not _fits([*conditions, condition]):
            yield {"conjunction": "or", "conditions": conditions}
            conditions = []
        conditions = [*conditions, condition]
    yield {"conjunction": "or", "conditions": conditions}


def _spellings(days: Collection[date]) -> dict[str, None]:
    """What text cells of `days` contain: our spelling by day, people's spellings by month.

    Few rows have the latter: reading a month of them costs less than a condition for each day and spelling.
    """
    texts = dict.fromkeys(day.isoformat() for day in days)
    for day in days:
        short, long = str(day.month), f"{day.month:02}"
        signs = (sign for month in (short, long) for sign in (f"/{month}/", f".{month}.", f"年{month}月"))
        # 2026-10- would find all our rows of that month
        by_hyphen = f"{day.year}-{short}-" if short != long else f"{day.year}-{short}-{day.day}"
        texts |= dict.fromkeys((*(f"{day.year}{sign}" for sign in signs), by_hyphen))
    return texts


def _fits(conditions: list[object]) -> bool:
    text = json.dumps({"conjunction": "or", "conditions": conditions}, ensure_ascii=False)
    return len(conditions) <= FILTER_CONDITIONS_MAX and len(text) <= FILTER_CHARACTERS_MAX
