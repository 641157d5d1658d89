"""Columns that a person renamed, or deleted and made again, since the last load."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from pipeline.core.model import AccountDay
from pipeline.core.table.cells import NO_ID, Field
from pipeline.core.table.diff import Causes
from pipeline.core.table.layout import Layout


@dataclass(frozen=True, slots=True)
class ColumnField:
    """The field that a column was last written into, by id and the name it had.

    `since`: when it replaced another field; readings before then were not written into it.
    """

    field_id: str
    name: str
    since: datetime | None = None


LastFields = Mapping[str, ColumnField]  # the fields of the last load, by the columns' names in the settings


def written_fields(last: LastFields, layout: Layout, read_at: datetime) -> dict[str, ColumnField]:
    """The fields that a load wrote into, to be remembered; `read_at` is when its first figures were read."""

    def since(name: str, field_id: str) -> datetime | None:
        if name in last and last[name].field_id == field_id:
            return last[name].since
        return read_at if last else None

    def written(name: str, field: Field) -> ColumnField | None:
        return last.get(name) if field.id == NO_ID else ColumnField(field.id, field.name, since(name, field.id))

    fields = {name: written(name, field) for name, field in layout.fields.items()}
    return {name: field for name, field in fields.items() if field}


def is_new(
    last: LastFields, layout: Layout, loaded_at: Mapping[AccountDay, datetime]
) -> Callable[[AccountDay, str], bool]:
    """Tells whether a column has another field now than when an account's day was last loaded."""

    def told(at: AccountDay, name: str) -> bool:
        if not last:
            return False
        before = last.get(name)
        if before is None or before.field_id != layout.fields[name].id:
            return True
        return bool(before.since and at in loaded_at and loaded_at[at] < before.since)

    return told


def column_warnings(last: LastFields, layout: Layout, why: Causes) -> list[str]:
    """What people did to columns since the last load: renamed them, or deleted and made them again.

    Each is told once. A column that is new in the settings is filled without a warning.
    """
    told = [
        f"“{name}”列已改名为“{now}”，系统已按新名称写入"
        for name, now in layout.renamed.items()
        if not (name in last and last[name].name == now)
    ]
    refilled = {name: rows for name, rows in why.refilled.items() if name in last}
    return told + [f"“{name}”列曾被删除后重建，已重新填入 {rows:,} 行" for name, rows in refilled.items()]
