"""Read the log of revisions of our tables for the page of changes."""

from heapq import merge

from pipeline.context import Context
from pipeline.core.overview.registers.changes import ChangesPage, accounts_of, page_of
from pipeline.core.table.revisions import Sought


def changes_page(ctx: Context, sought: Sought, account: str, page: int) -> ChangesPage:
    """A page of changes in all tables of the chain, without a call.

    Args:
        account: Part of an account's name, or its id; empty: any account.
    """
    now, names = ctx.now(), {**ctx.rosters.names(), **ctx.settings.accounts}
    logs = [ctx.at_table(table_id).revisions for table_id in ctx.chain.ids]
    batches = merge(*(log.batches(now) for log in logs), key=lambda one: one.head.at, reverse=True)
    cut = max((when for log in logs if (when := log.cut_at(now))), default=None)
    wanted = Sought(day=sought.day, account_ids=accounts_of(names, account), cause=sought.cause, text=sought.text)
    return page_of(batches, wanted, names, page, cut)
