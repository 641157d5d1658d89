"""Notice columns that a person renamed, or deleted and made again."""

from collections.abc import Callable, Mapping
from datetime import datetime

from pipeline.context import Context
from pipeline.core.model import AccountDay
from pipeline.core.table.diff import Causes
from pipeline.core.table.layout import Layout
from pipeline.state.coverage.coverage import Loaded
from pipeline.state.table.table_facts import ColumnField

LastFields = Mapping[str, ColumnField]  # the fields of the last load, by the columns' names in the settings


def learn_columns(ctx: Context, layout: Layout, since: datetime) -> None:
    """Remember the fields that a load wrote into.

    Args:
        since: When the first of its figures was read.
    """
    last = ctx.table_facts.columns()
    ctx.table_facts.learn_columns(
        {
            name: ColumnField(field.id, field.name, _since(last, name, field.id, since))
            for name, field in layout.fields.items()
        }
    )


def is_new(last: LastFields, layout: Layout, covered: Mapping[AccountDay, Loaded]) -> Callable[[AccountDay, str], bool]:
    """Tells whether a column has another field now than when an account's day was last loaded."""

    def told(at: AccountDay, name: str) -> bool:
        if not last:
            return False
        one = last.get(name)
        if one is None or one.field_id != layout.fields[name].id:
            return True
        return bool(one.since and at in covered and covered[at].as_of < one.since)

    return told


def column_warnings(last: LastFields, layout: Layout, why: Causes) -> list[str]:
    """What people did to columns since the last load: renamed them, or deleted and made them again.

    Each is told once. A column that is new in the settings is filled without a warning.
    """
    told = [
        f"“{name}”列已改名为“{now}”, 已跟随"
        for name, now in layout.renamed.items()
        if not (name in last and last[name].name == now)
    ]
    refilled = {name: rows for name, rows in why.refilled.items() if name in last}
    return told + [f"“{name}”列曾被删除后重建，已重新填入 {rows} 行" for name, rows in refilled.items()]


def _since(last: LastFields, name: str, field_id: str, now: datetime) -> datetime | None:
    before = last.get(name)
    if before and before.field_id == field_id:
        return before.since
    return now if last else None
