"""Capacity of the 同步状态 table, counted as the data table's is; when it is full old rows carry new days.

It keeps a row for each account, day and table: 1,000 accounts fill it in three weeks. Nothing is deleted.
"""

from collections.abc import Sequence
from datetime import timedelta
from itertools import islice

from pipeline.clients.feishu.base import Base
from pipeline.clients.feishu.records import Records
from pipeline.context import Context
from pipeline.core.coverage.status import (
    ACCOUNT,
    COMPUTED,
    DAY,
    KEPT_DAYS,
    OldRow,
    Places,
    StatusRow,
    places_for,
    reusable,
)
from pipeline.core.model import china_day
from pipeline.core.table.cells import midnight_ms
from pipeline.core.table.layout import between
from pipeline.steps.table.read import remembered_count, time_zone


def places(ctx: Context, base: Base, records: Records, new: Sequence[StatusRow], *, full: bool = False) -> Places:
    """Where new rows go; `full`: the service takes no more, whatever `LAIKE_TABLE_MAX_ROWS` is."""
    count = _count(ctx, records) if full else _remembered_or_counted(ctx, records, len(new))
    free = 0 if full else max(0, ctx.settings.table_max_rows - count)
    lacking = len(new) - free
    return places_for(new, free, _oldest(ctx, base, records, lacking) if lacking > 0 else [])


def learn_created(ctx: Context, records: Records, more: int) -> None:
    """Add `more` created rows to the count."""
    table_facts = ctx.table_facts.beside(records.table_id)
    if counts := table_facts.rows():
        table_facts.learn_rows(china_day(ctx.now()), counts[max(counts)] + more, counted=False)


def _remembered_or_counted(ctx: Context, records: Records, more: int) -> int:
    """Rows of the table: as remembered while much capacity is free, else counted."""
    remembered = remembered_count(ctx.at_table(records.table_id), more)
    return _count(ctx, records) if remembered is None else remembered


def _count(ctx: Context, records: Records) -> int:
    count = records.count()
    ctx.table_facts.beside(records.table_id).learn_rows(china_day(ctx.now()), count, counted=True)
    return count


def _oldest(ctx: Context, base: Base, records: Records, count: int) -> list[OldRow]:
    """The `count` oldest rows that may carry another day, always in the same order."""
    creator = ctx.base_facts.creator()
    if creator is None:
        return []  # nobody knows which rows are ours
    computed = {field.name for field in base.tables.fields(records.table_id) if field.type in COMPUTED}
    before_ms = midnight_ms(china_day(ctx.now()) - timedelta(days=KEPT_DAYS), time_zone(ctx, base))
    found = records.search(between(DAY, 0, before_ms), [], sort=(DAY, ACCOUNT))
    return list(islice(reusable(found, creator, before_ms, computed), count))
