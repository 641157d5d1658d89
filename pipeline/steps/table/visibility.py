"""Stop loading while rows that must be in the table cannot be read: what seems to be missing would be created twice.

An app that lost a permission gets success and an empty list (Bitable, advanced permissions). `laike doctor`, or a
person, resumes loading.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NoReturn

import structlog

from pipeline.clients.feishu.base import Base
from pipeline.context import Context
from pipeline.core.coverage.day import UNKNOWN
from pipeline.core.errors import TablesDisagree, TableUnseen
from pipeline.core.model import Account
from pipeline.core.outcome import Run
from pipeline.core.read_back import DayAgreement
from pipeline.core.runs.reading import believed
from pipeline.core.table.layout import Layout, filled
from pipeline.core.table.visibility import hidden_rows
from pipeline.state.table.visibility import VisibilityLost
from pipeline.steps.table.read import read_rows

log = structlog.get_logger()


def require_visibility(ctx: Context) -> None:
    """Refuse to write (`TableUnseen`, `TablesDisagree`) while loading is stopped."""
    if lost := ctx.visibility.lost():
        raise (TablesDisagree if lost.tables else TableUnseen)(lost.why)


def refuse_empty(ctx: Context, accounts: Iterable[Account], *, stop: bool = True) -> None:
    """Stop loading into a table that reads as empty although rows were loaded into it.

    Args:
        stop: Stop later loads, too; a dry run does not.

    Raises:
        TableUnseen: The table must hold rows.
    """
    if holds_rows(ctx, accounts):
        why = "the table reads as empty although rows were loaded into it: the permission may be lost"
        _refuse(ctx, why, stop=stop)


def refuse_lost_keys(ctx: Context, base: Base, layout: Layout, *, stop: bool = True) -> None:
    """Stop loading where a key column was deleted and made again and is empty: each row would be created twice.

    Args:
        stop: Stop later loads, too; a dry run does not.

    Raises:
        TableUnseen: The rows have lost their keys.
    """
    last = ctx.table_facts.columns()
    for name in (column.name for column in layout.columns if column.source in layout.about.key_sources):
        field, before = layout.fields[name], last.get(name)
        if not before or before.field_id == field.id or not ctx.visibility.seen():
            continue
        if not base.records().count(filled(field)):
            _refuse(ctx, f"column {name} was deleted and made again: the rows have lost their keys", stop=stop)


def holds_rows(ctx: Context, accounts: Iterable[Account]) -> bool:
    """Whether rows of ours were seen in the table, by us or, where Redis was emptied, by what 同步状态 says."""
    if ctx.visibility.seen():
        return True
    covered, here = (ctx.coverage.of(account.id).items() for account in accounts), ctx.settings.bitable_table_id
    unsure = ((day, loaded) for days in covered for day, loaded in days if loaded.rows and loaded.checksum == UNKNOWN)
    rebuilt = (loaded for day, loaded in unsure if ctx.chain.table_of(date.fromisoformat(day)) == here)
    emptied, now = ctx.visibility.emptied(), ctx.shared_now()
    return any(emptied is None or believed(loaded.as_of, now) > emptied for loaded in rebuilt)


def stop_if_invisible(ctx: Context, run: Run, agreements: Sequence[DayAgreement]) -> None:
    """Stop loading (`TableUnseen`) where none of the rows just created for a day reads back."""
    changes = ctx.staging.changes(run.batch_id).values() if any(one.missing for one in agreements) else ()
    hidden = hidden_rows(agreements, changes)
    if not hidden:
        return
    names = {account.id: account.name for account in run.accounts}
    why = f"{sum(hidden.values())} rows that were just created cannot be read back: the permission may be lost"
    log.error("loading_stopped", why=why)
    _refuse(ctx, why, tuple((names[at.account_id], at.day) for at in hidden))


def _refuse(ctx: Context, why: str, days: tuple[tuple[str, date], ...] = (), *, stop: bool = True) -> NoReturn:
    if stop:
        ctx.visibility.learn_lost(VisibilityLost(why, days))
    raise TableUnseen(why)


def still_invisible(base: Base, layout: Layout, lost: VisibilityLost) -> bool:
    """Whether days whose rows could not be read back still show none."""
    days = {day for _, day in lost.days}
    rows = read_rows(base, layout, days) if days else []
    return not set(lost.days) <= {(row.account_name, row.day) for row in rows}


def unblock(ctx: Context) -> None:
    """Resume loading: a person looked, and the table shows all that there is."""
    ctx.visibility.learn_emptied(ctx.now())
