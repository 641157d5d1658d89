"""The report of some days: the table's rows summed as they come, beside what is known of each day."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date

from pipeline.context import Context
from pipeline.core.columns import Column
from pipeline.core.model import DayRange
from pipeline.core.plan import choose_accounts
from pipeline.core.report import Report, Sums
from pipeline.core.table import Layout
from pipeline.steps.coverage import coverage
from pipeline.steps.read import Record, layout_now, read_following, rows_of

RUNS_LOOKED_AT = 1000  # about a year of mornings, with what is done besides


def report(ctx: Context, days: DayRange, account_ids: Collection[str]) -> Report:
    """A report of closed days, of all accounts or of some.

    Raises:
        WrongInput: An account is not known.
        LaikeError: As the services say.
    """
    found = coverage(ctx, days)
    names = {one.account.id: one.account.name for one in found}
    chosen = {account.id: account.name for account in choose_accounts(names, list(account_ids))}
    wanted = set(chosen.values()) if account_ids else None
    return Report(
        days=days,
        made_at=ctx.now(),
        sums=_sums(ctx, days, wanted),
        coverage=tuple(one for one in found if one.account.id in chosen),
        restated=_restated(ctx, days, chosen),
    )


def _sums(ctx: Context, days: DayRange, wanted: Collection[str] | None) -> Sums:
    base = ctx.base(None)
    layout, _ = layout_now(ctx, base)

    def made(now: Layout, records: Iterable[Record]) -> Sums:
        sums = Sums(_named(now.columns, "convert_cnt"), _named(now.columns, "promotion_name"))
        for row in rows_of(now, records, days):
            if wanted is None or row.account_name in wanted:
                sums.add(row)
        return sums

    _, sums = read_following(base, layout, days, made)
    return sums


def _named(columns: Iterable[Column], source: str) -> str | None:
    return next((column.name for column in columns if column.source == source), None)


def _restated(ctx: Context, days: DayRange, names: dict[str, str]) -> dict[str, tuple[date, ...]]:
    found: dict[str, set[date]] = defaultdict(set)
    for _, summary in ctx.ledger.overview(ctx.ledger.newest(RUNS_LOOKED_AT)):
        for at in summary.restatements if summary and not summary.dry_run else ():
            if at.day in days and at.account_id in names:
                found[names[at.account_id]].add(at.day)
    return {name: tuple(sorted(of)) for name, of in sorted(found.items())}
