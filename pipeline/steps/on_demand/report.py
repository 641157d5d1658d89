"""Gather a report: the table's rows, summed while they are read, and the coverage of their days."""

from collections.abc import Collection, Sequence

from pipeline.context import Context
from pipeline.core.coverage.grid import each_day
from pipeline.core.coverage.history import read_at
from pipeline.core.model import Account, DayRange, china_day
from pipeline.core.telling.other_tables import other_tables
from pipeline.core.telling.report import Report, Restated, Tally, tally
from pipeline.render.period_card import report_card
from pipeline.steps.accounts.roster import choose, current_accounts, remembered_accounts
from pipeline.steps.coverage.grid import coverage
from pipeline.steps.coverage.in_tables import group_of
from pipeline.steps.table.read import layout_now, read_following, rows_of
from pipeline.steps.telling.tell import Sent, send

RUNS_SEARCHED = 2000  # for restatements: years of a daily and a settling run


def gather(ctx: Context, days: DayRange, account_ids: Sequence[str]) -> Report:
    """The report on some days, of all rows of the table or of some accounts.

    Raises:
        WrongInput: An account is unknown.
        TableMismatch: A column is missing.
        LaikeError: The table or the list of accounts cannot be read.
    """
    names = (remembered_accounts(ctx) or current_accounts(ctx)).names
    accounts = [one for one in choose(ctx, names, account_ids) if one.id in group_of(ctx, names)]
    grid = [one for one in coverage(ctx, days) if one.account in accounts]
    only = {account.name for account in accounts} if account_ids else None
    ctx = ctx.pinned()
    first, *later = [_sums(ctx.at_table(table_id), held, only) for table_id, held in ctx.chain.spans(days)]
    for sums in later:
        first.join(sums)
    newest = ctx.chain.newest.table_id
    return Report(
        days=days,
        tally=first,
        grid={one.account: one.days for one in grid},
        restated=tuple(sorted(_restated(ctx, days, accounts), key=lambda one: (one.day, one.account, one.seen_at))),
        as_of=read_at(each_day(grid)),
        made_at=ctx.now(),
        link=_page(ctx, newest),
        others=other_tables(ctx.chain, days, newest, lambda table_id: _page(ctx, table_id)),
        table=ctx.table,
        item=ctx.report.item,
    )


def _sums(ctx: Context, days: DayRange, only: Collection[str] | None) -> Tally:
    """The sums of one table's days."""
    base = ctx.base(None)
    layout, _ = layout_now(ctx, base)
    _, sums = read_following(base, layout, days, lambda now, records: tally(now, rows_of(now, records, days), only))
    return sums


def _page(ctx: Context, table_id: str) -> str | None:
    return ctx.at_table(table_id).settings.table_url


def send_report(ctx: Context, report: Report) -> Sent:
    """Send the main figures to the group. A bot sends no files."""
    return send(ctx, report_card(report))


def _restated(ctx: Context, days: DayRange, accounts: Collection[Account]) -> list[Restated]:
    """Restatements of these days, as the runs after them found."""
    names, found = {account.id: account.name for account in accounts}, []
    for run, summary in ctx.ledger.overview(ctx.ledger.newest(RUNS_SEARCHED)):
        if summary is None or summary.dry_run or china_day(summary.started_at) <= days.first:
            continue
        found += [
            Restated(names[at.account_id], at.day, summary.ended_at, run.run_id)
            for one in (summary, *summary.further)
            for at in (one.restatements if one.table == ctx.table else ())
            if at.day in days and at.account_id in names
        ]
    return found
