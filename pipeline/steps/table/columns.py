"""Columns that are others than they were: renamed by a person, or deleted and made again."""

from collections.abc import Callable, Mapping
from datetime import datetime

from pipeline.context import Context
from pipeline.core.model import AccountDay
from pipeline.core.table.diff import Causes
from pipeline.core.table.layout import Layout
from pipeline.state.coverage.coverage import Loaded
from pipeline.state.table.table_facts import KnownColumn

Known = Mapping[str, KnownColumn]  # the fields of the last load, by the columns' names in the settings


def learn_columns(ctx: Context, layout: Layout, since: datetime) -> None:
    """Remember the fields that a load wrote into; what is new about them was told by it.

    Args:
        since: When the first of what it wrote was read.
    """
    known = ctx.table_facts.columns()
    ctx.table_facts.learn_columns(
        {
            name: KnownColumn(field.id, field.name, _since(known, name, field.id, since))
            for name, field in layout.fields.items()
        }
    )


def is_new(known: Known, layout: Layout, covered: Mapping[AccountDay, Loaded]) -> Callable[[AccountDay, str], bool]:
    """Tells whether a column is another one now than that into which an account's day was last loaded."""

    def told(at: AccountDay, name: str) -> bool:
        if not known:
            return False
        one = known.get(name)
        if one is None or one.field_id != layout.fields[name].id:
            return True
        return bool(one.since and at in covered and covered[at].as_of < one.since)

    return told


def column_warnings(known: Known, layout: Layout, why: Causes) -> list[str]:
    """What people did to columns since the last load, each told once: renamed, or deleted and made again.

    A column that is new in the settings is theirs, and is filled without a word.
    """
    told = [
        f"“{name}”列已改名为“{now}”，系统已按新名称写入"
        for name, now in layout.renamed.items()
        if not (name in known and known[name].name == now)
    ]
    refilled = {name: rows for name, rows in why.refilled.items() if name in known}
    return told + [f"“{name}”列曾被删除后重建，已重新填入 {rows:,} 行" for name, rows in refilled.items()]


def _since(known: Known, name: str, field_id: str, now: datetime) -> datetime | None:
    before = known.get(name)
    if before and before.field_id == field_id:
        return before.since
    return now if known else None
