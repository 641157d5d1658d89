"""Warn of limits that come near, by what runs learned: no call is made for it."""

from collections.abc import Mapping, Sequence
from datetime import date

from pipeline.context import Context
from pipeline.core.outcome import LoadOutcome, ViewsOutcome
from pipeline.core.rollover.split import Split
from pipeline.core.table.limits import FIELDS_MAX, calls_warning, rows_warning, share_warning, status_warning
from pipeline.core.table.views import VIEWS_MAX


def limit_warnings(
    ctx: Context, loads: Sequence[LoadOutcome], views: ViewsOutcome, counts: Mapping[date, int]
) -> tuple[str, ...]:
    """A run's warnings about rows, columns, views and calls, from 80 % on.

    Args:
        counts: Rows of the run's table by the day of the count.
    """
    settings, there = ctx.settings, ctx.chain.announced
    fields = max((load.fields for load in loads), default=0)
    found = (
        rows_warning(
            counts,
            settings.table_max_rows,
            successor=there.first if there else None,
            rolls_over=settings.table_split is not Split.NONE,
        ),
        status_warning(_status_rows(ctx), settings.table_max_rows),
        share_warning("列", fields, FIELDS_MAX),
        share_warning("视图", views.total, VIEWS_MAX),
        calls_warning(ctx.quota.used(), settings.feishu_monthly_calls, ctx.now()),
    )
    return tuple(filter(None, found))


def _status_rows(ctx: Context) -> Mapping[date, int]:
    table_id = ctx.status_memory.status_table()
    return ctx.table_facts.beside(table_id).rows() if table_id else {}
