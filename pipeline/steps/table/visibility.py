"""A table whose rows cannot be seen is not written: what is there would be created a second time.

Success with an empty list can mean a lost permission (Bitable, advanced permissions). Loading stops when a table in
which our rows were seen reads as empty, or when rows that were just created do not read back; doctor or a person lets
it go on.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

import structlog

from pipeline.clients.feishu.base import Base
from pipeline.context import Context
from pipeline.core.coverage.day import UNKNOWN
from pipeline.core.errors import TableUnseen
from pipeline.core.model import Account
from pipeline.core.outcome import Run
from pipeline.core.read_back import DayAgreement
from pipeline.core.runs.reading import believed
from pipeline.core.table.layout import Layout, filled
from pipeline.state.table.visibility import Unseen
from pipeline.steps.table.read import read_rows

KEY = ("day", "promotion_id")  # what fills the columns that make a row unique

log = structlog.get_logger()


def refuse_unseen(ctx: Context) -> None:
    """Write nothing while loading is stopped.

    Raises:
        TableUnseen: It is.
    """
    if unseen := ctx.visibility.unseen():
        raise TableUnseen(unseen.why)


def refuse_empty(ctx: Context, accounts: Iterable[Account], *, stop: bool = True) -> None:
    """Stop loading into a table that reads as empty, if there must be rows in it.

    Args:
        stop: Whether later loads are stopped, too; a dry run only says so.

    Raises:
        TableUnseen: There must be.
    """
    if not holds_rows(ctx, accounts):
        return
    unseen = Unseen("the table reads as empty although rows were loaded into it: the permission may be lost")
    if stop:
        ctx.visibility.learn_unseen(unseen)
    raise TableUnseen(unseen.why)


def refuse_lost_keys(ctx: Context, base: Base, layout: Layout, *, stop: bool = True) -> None:
    """Stop loading where a column of the key was made anew and is empty: each row would be created a second time.

    Args:
        stop: Whether later loads are stopped, too; a dry run only says so.

    Raises:
        TableUnseen: It is so.
    """
    known = ctx.table_facts.columns()
    for name in (column.name for column in layout.columns if column.source in KEY):
        field, before = layout.fields[name], known.get(name)
        if not before or before.field_id == field.id or not ctx.visibility.seen():
            continue
        if not base.records().count(filled(field)):
            unseen = Unseen(f"column {name} was deleted and made again: the rows have lost their keys")
            if stop:
                ctx.visibility.learn_unseen(unseen)
            raise TableUnseen(unseen.why)


def holds_rows(ctx: Context, accounts: Iterable[Account]) -> bool:
    """Whether rows of ours were seen in the table, by us or, where Redis was emptied, by what 同步状态 says."""
    if ctx.visibility.seen():
        return True
    covered = (ctx.coverage.of(account.id).values() for account in accounts)
    recalled = (known for days in covered for known in days if known.rows and known.checksum == UNKNOWN)
    emptied, now = ctx.visibility.emptied(), ctx.shared_now()
    return any(emptied is None or believed(known.as_of, now) > emptied for known in recalled)


def stop_if_unseen(ctx: Context, run: Run, agreements: Sequence[DayAgreement]) -> None:
    """Stop loading if, of a day for which rows were created, as many as that are missing: no look-up can be trusted.

    Raises:
        TableUnseen: It is so.
    """
    missing = {one.at: one.missing for one in agreements if one.missing}
    changes = ctx.staging.changes(run.batch_id).values() if missing else ()
    created = Counter(change.at for change in changes if change.created)
    hidden = sorted(at for at, count in created.items() if missing.get(at, 0) >= count)
    if not hidden:
        return
    names = {account.id: account.name for account in run.accounts}
    days = tuple((names[at.account_id], at.day) for at in hidden)
    rows = sum(created[at] for at in hidden)
    unseen = Unseen(f"{rows} rows that were just created cannot be read back: the permission may be lost", days)
    ctx.visibility.learn_unseen(unseen)
    log.error("loading_stopped", why=unseen.why)
    raise TableUnseen(unseen.why)


def still_unseen(base: Base, layout: Layout, unseen: Unseen) -> bool:
    """Whether days whose rows could not be read back still show none."""
    days = {day for _, day in unseen.days}
    rows = read_rows(base, layout, days) if days else []
    return not set(unseen.days) <= {(row.account_name, row.day) for row in rows}


def unblock(ctx: Context) -> None:
    """Go on with the table as it is: a person looked, and it shows all that there is."""
    ctx.visibility.forget_unseen(ctx.now())
