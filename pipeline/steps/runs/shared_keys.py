"""Keys of a batch that stand in the table under another account: read that account's report and decide."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date

import structlog

from pipeline.clients.oceanengine.reports import read_report
from pipeline.context import Context
from pipeline.core.errors import AccountUnavailable, LaikeError
from pipeline.core.model import Account, AccountDay, FoundRow, ReportRow, WantedRow, ranges
from pipeline.core.outcome import LoadOutcome, Run
from pipeline.core.runs.plan import choose_accounts, of_one_table, parts
from pipeline.core.runs.shared_keys import Report, Shared, by_day, decide
from pipeline.core.table.columns import metrics_of
from pipeline.core.table.layout import Layout
from pipeline.core.table.shared_keys import guests, settled, under_other_names
from pipeline.steps.accounts.roster import remembered_accounts

log = structlog.get_logger()


def settle_with_holders(
    ctx: Context, run: Run, layout: Layout, wanted: Sequence[WantedRow], found: Iterable[FoundRow]
) -> Shared:
    """Decide about every key that stands under another account of ours; without one nothing is read.

    A holder out of reach of the token reports nothing; one whose report cannot be read now leaves a doubt.
    """
    elsewhere = under_other_names(wanted, found, {account.id: account.name for account in run.accounts})
    accounts = _accounts(ctx, run) if elsewhere else {}
    asked = guests(elsewhere, accounts.values())
    if not asked:
        return Shared()
    reports = _Reports(ctx, run).of({guest.at_holder for guest in asked})
    return decide(layout, asked, reports, accounts)


def settled_by_load(
    ctx: Context, run: Run, load: LoadOutcome, layout: Layout, wanted: list[WantedRow]
) -> list[WantedRow]:
    """The wanted rows of a read-back, by the load's decisions; `LaikeError` if they are no longer staged."""
    if not load.shared_in(run.table_id):
        return wanted
    shared = ctx.staging.shared(run.batch_id)
    if len(shared) != load.shared_in(run.table_id):
        raise LaikeError(f"{run.run_id}: the load's decisions about shared promotions are no longer staged")
    return settled(wanted, shared, layout)


def _accounts(ctx: Context, run: Run) -> dict[str, Account]:
    """All accounts of the run and all others of ours, by id, with the names that are written."""
    remembered = remembered_accounts(ctx)
    others = choose_accounts(remembered.names, []) if remembered else ()
    return {account.id: account for account in (*others, *ctx.ledger.run(run.run_id).accounts)}


class _Reports:
    """Reports of single days: as staged by this run, else fetched."""

    def __init__(self, ctx: Context, run: Run) -> None:
        self._ctx, self._part, self._plan = ctx, run, ctx.ledger.run(run.run_id)
        self._metrics = metrics_of(ctx.settings.columns)

    def of(self, places: Iterable[AccountDay]) -> dict[AccountDay, Report]:
        """The report of each account's day, or why it is not known."""
        days: dict[str, set[date]] = defaultdict(set)
        for at in places:
            days[at.account_id].add(at.day)
        found: dict[AccountDay, Report] = {}
        for account_id, wanted in days.items():
            found |= self._staged(account_id, wanted)
            left = {day for day in wanted if AccountDay(account_id, day) not in found}
            found |= self._asked(account_id, left)
        return found

    def _staged(self, account_id: str, days: set[date]) -> dict[AccountDay, Report]:
        found: dict[AccountDay, Report] = {}
        for part in of_one_table(parts(self._plan), self._part):
            if not any(account.id == account_id for account in part.accounts):
                continue
            for one in self._ctx.staging.fetched(part.fetched_id, [account_id]):
                whole = {day.day for day in one.outcome.days if not day.failed} & days
                found |= by_day(account_id, whole if one.has(self._metrics) else (), one.rows)
        return found

    def _asked(self, account_id: str, days: set[date]) -> dict[AccountDay, Report]:
        api, rows = self._ctx.oceanengine(None), list[ReportRow]()
        try:
            for block in ranges(days):
                rows += read_report(api, self._ctx.report, account_id, block, self._metrics)
        except AccountUnavailable:
            return by_day(account_id, days, ())
        except LaikeError as error:
            log.warning("holder_not_asked", account=account_id, error=error.message)
            return {AccountDay(account_id, day): error.trouble() for day in days}
        return by_day(account_id, days, rows)
