"""Judge a day without a call; tell an outside monitor after each run that covered it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta

import structlog

from pipeline.clients.heartbeat import Heartbeat
from pipeline.context import Context
from pipeline.core.coverage.health import Health, Verdict, judge, together
from pipeline.core.errors import LaikeError
from pipeline.core.model import AccountDay
from pipeline.core.outcome import Run
from pipeline.core.runs.plan import tables_of, yesterday
from pipeline.core.tables.ends import table_name
from pipeline.core.tables.further import FurtherTable
from pipeline.core.tables.groups import accounts_of
from pipeline.steps.accounts.roster import remembered_accounts
from pipeline.steps.coverage.in_tables import group_of
from pipeline.steps.coverage.owed import newest_day

log = structlog.get_logger()


def health(ctx: Context, day: date | None = None, longest: timedelta | None = None) -> Health:
    """The verdict on a day in all tables, by default the newest that is owed; `longest` is how old figures may be.

    Parked accounts do not count.
    """
    ctx = ctx.for_table("", "") if ctx.table else ctx
    accounts, parked = remembered_accounts(ctx), ctx.absences.parked(ctx.now())
    names = {one: name for one, name in accounts.names.items() if one not in parked} if accounts else {}
    judged = day or newest_day(ctx, len(names))
    first = _in_table(ctx, names, judged, longest)
    further = [_in_further(ctx, table, names, judged, longest) for table in ctx.settings.tables]
    if further:  # a group of accounts may leave a table without any
        found = [replace(one, table=name) for name, one in (("", first), *further) if one.accounts]
        named = [replace(one, table=table_name(one.table)) for one in found or [first]]
        return together(named, len(names))
    return first


def _in_further(
    ctx: Context, table: FurtherTable, names: Mapping[str, str], day: date, longest: timedelta | None
) -> tuple[str, Health]:
    root = table.table_id or ctx.further_ids.of(table.name)
    if root is None:  # nobody made it yet
        ours = accounts_of(table, ctx.settings.tables, names)
        return table.name, judge(day, ours, {}, ctx.now(), longest)
    return table.name, _in_table(ctx.for_table(table.name, root), names, day, longest)


def _in_table(ctx: Context, names: Mapping[str, str], day: date, longest: timedelta | None) -> Health:
    here, ours = ctx.pinned(), group_of(ctx, names)
    days = here.book.at(AccountDay(account_id, day) for account_id in ours)
    return judge(day, ours, {at.account_id: one for at, one in days.items()}, ctx.now(), longest)


def tell_outside(ctx: Context, run: Run) -> None:
    """Ping `LAIKE_HEARTBEAT_URL` after a run that covered yesterday; a failed ping harms no run."""
    url, day = ctx.settings.heartbeat_url, yesterday(ctx.now())
    if not url or not any(day in one.days for one in tables_of(run)):
        return
    found = health(ctx, day)
    heartbeat, good = Heartbeat(url.get_secret_value()), found.verdict == Verdict.OK

    def ping() -> None:
        try:
            heartbeat.ping(found.words, good=good)
        except LaikeError as error:
            log.warning("heartbeat_failed", run=run.run_id, error=error.message)

    ctx.pings.send(ping)
