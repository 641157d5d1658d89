"""Read what is known of the accounts, without a call."""

from collections import Counter
from math import ceil

from pipeline.context import Context
from pipeline.core.accounts.account_options import disabled
from pipeline.core.model import AccountDay
from pipeline.core.overview.registers.accounts import PER_PAGE, SPENT_DAYS, AccountsPage, listed, matching, shown
from pipeline.core.runs.plan import told_apart, window
from pipeline.steps.overview.hindrances import access


def accounts_page(ctx: Context, text: str, page: int) -> AccountsPage:
    """A page of the accounts with a text in their name or id; a page beyond the last is the last."""
    now, ctx = ctx.now(), ctx.pinned()
    roster = None if ctx.settings.accounts else ctx.rosters.last()
    names = roster.names if roster else told_apart(ctx.settings.accounts)
    every = listed(names, roster, ctx.absences.all(), disabled(ctx.settings.account_options), now)
    found = matching(every, text)
    pages = max(1, ceil(len(found) / PER_PAGE))
    page = min(page, pages)
    some = found[(page - 1) * PER_PAGE : page * PER_PAGE]
    ids = [one.id for one in some]
    lately = ctx.book.at(AccountDay(one, day) for one in ids for day in window(now, SPENT_DAYS))
    return AccountsPage(
        rows=shown(some, ctx.coverage.days(ids), lately),
        page=page,
        pages=pages,
        found=len(found),
        of=len(every),
        counts=Counter(one.use for one in every),
        skipped=roster.skipped if roster else (),
        discovered_at=roster.at if roster else None,
        by_settings=bool(ctx.settings.accounts),
        authorized=access(ctx).trouble is None,
        known=ctx.ledger.count() > 0,
    )
