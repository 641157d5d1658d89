"""Estimate a backfill before it is begun, from what Redis remembers: no call is made."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from pipeline.context import Context
from pipeline.core.errors import WrongInput
from pipeline.core.model import Account, AccountDay, DayRange
from pipeline.core.outcome import Run
from pipeline.core.overview.runs.estimate import Estimate, InTable, Known, Tables, estimate_of
from pipeline.core.runs import plan
from pipeline.steps.accounts.roster import choose, remembered_accounts
from pipeline.steps.coverage.in_tables import group_of
from pipeline.steps.coverage.known_tables import known_tables_of
from pipeline.steps.runs.backfill import DAYS_LOOKED_AT, open_attempt

PLACES_READ, ACCOUNTS_READ = 4_000, 250  # days of accounts, and accounts: more would not make it more exact
NOBODY = "no accounts are known yet; authorize first, then they are found"


def estimate(ctx: Context, first: date, last: date, account_ids: Sequence[str]) -> tuple[Estimate, Run | None]:
    """What a backfill will cost, and the same one if it is under way.

    Args:
        account_ids: Ids or names; empty means all accounts.

    Raises:
        WrongInput: The range cannot be loaded, an account is unknown, or none is known yet.
    """
    days = plan.past_days(first, last, ctx.now())
    listed = remembered_accounts(ctx)
    if listed is None:
        raise WrongInput(NOBODY)
    here, accounts = ctx.pinned(), choose(ctx, listed.names, account_ids)
    others = (at.pinned() for _, at in known_tables_of(ctx) if at)
    loaded = [_in_table(at, listed.names, days, accounts) for at in (here, *others)]
    wanted = [one for one in loaded if one.run.accounts] or loaded[:1]
    told = estimate_of(wanted, ctx.settings.oceanengine_rate)
    told = replace(told, feishu_used=ctx.quota.used(), feishu_limit=ctx.settings.feishu_monthly_calls)
    begun, *further = [one.run for one in wanted]
    return told, open_attempt(here, replace(begun, further=tuple(further)))


def _in_table(ctx: Context, names: Mapping[str, str], days: DayRange, accounts: Sequence[Account]) -> InTable:
    """What is loaded into a context's table."""
    group = group_of(ctx, names)
    run = _planned(ctx, days, tuple(one for one in accounts if one.id in group))
    chosen = {account.id for account in run.accounts}
    known = _known(ctx, run, [one for one in group if one not in chosen])
    run = replace(run, rows_a_day=_rows_a_day(ctx, run, known))
    return InTable(
        run=run, known=known, tables=_tables(ctx, days), report=ctx.report, base=ctx.settings.bitable_app_token
    )


def _planned(ctx: Context, days: DayRange, accounts: tuple[Account, ...]) -> Run:
    """The run that `begin_backfill` would plan, as far as it matters here."""
    now = ctx.now()
    return Run(
        run_id=plan.backfill_id(days),
        day=days.last,
        days=days,
        accounts=accounts,
        started_at=now,
        deadline=now,
        backfill=True,
        table_id=ctx.chain.table_of(days.last),
        table=ctx.table,
    )


def _rows_a_day(ctx: Context, run: Run, known: Known) -> int:
    """The rows of a day by which `begin_backfill` cuts batches, from the accounts that were looked at."""
    lately = plan.window(ctx.now(), DAYS_LOOKED_AT)
    looked_at = {at: rows for at, rows in known.rows.items() if at.day in lately and at.account_id in known.chosen}
    return plan.fullest(looked_at) * len(run.accounts) // max(1, len(known.chosen))


def _known(ctx: Context, run: Run, others: Sequence[str]) -> Known:
    """What is remembered of the accounts; of many accounts and days, only of some accounts."""
    lately = plan.window(ctx.now(), DAYS_LOOKED_AT)
    days = sorted({*run.days, *lately})
    most = min(ACCOUNTS_READ, max(1, PLACES_READ // len(days)))
    chosen = _some([account.id for account in run.accounts], most if not others else max(1, 3 * most // 4))
    beside = _some(others, max(1, most - len(chosen)))
    places = [AccountDay(one, day) for one in chosen for day in days]
    places += [AccountDay(one, day) for one in beside for day in run.days]
    rows = {at: one.rows for at, one in ctx.coverage.at(places).items()}
    return Known(rows=rows, chosen=chosen, beside=beside, others=len(others))


def _some(account_ids: Sequence[str], most: int) -> Sequence[str]:
    """At most so many accounts, spread over all of them."""
    step = -(-len(account_ids) // most)
    return account_ids[:: max(1, step)]


def _tables(ctx: Context, days: DayRange) -> Tables:
    held = {}
    for table_id, _ in ctx.chain.spans(days):
        if counts := ctx.at_table(table_id).table_facts.rows():
            held[table_id] = counts[max(counts)]
    names = {table.table_id: table.name or ctx.table for table in ctx.chain.tables}
    return Tables(spans=ctx.chain.spans(days), names=names, held=held, cap=ctx.settings.table_max_rows)
