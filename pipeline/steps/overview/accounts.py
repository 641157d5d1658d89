"""Read what is known of the accounts, without a call."""

from collections import Counter
from collections.abc import Sequence
from math import ceil

from pipeline.context import Context
from pipeline.core.accounts.account_options import disabled
from pipeline.core.coverage.day import DayCoverage
from pipeline.core.coverage.letters import Lines
from pipeline.core.model import AccountDay
from pipeline.core.overview.registers.accounts import PER_PAGE, SPENT_DAYS, AccountsPage, listed, matching, shown
from pipeline.core.reports import PROMOTION
from pipeline.core.runs.plan import told_apart, window
from pipeline.core.tables.groups import accounts_of
from pipeline.steps.coverage.known_tables import known_tables_of
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
    letters, lately = _known(ctx, ids)
    return AccountsPage(
        rows=shown(some, letters, lately),
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
        tables=_tables(ctx, ids),
    )


def _known(ctx: Context, ids: Sequence[str]) -> tuple[dict[str, Sequence[Lines]], dict[AccountDay, DayCoverage]]:
    """Letters of all days, and the last days, of accounts in the table that their promotions go into."""
    letters: dict[str, Sequence[Lines]] = dict(ctx.day_letters.of(ids))
    lately = _lately(ctx, ids)
    for table, here in known_tables_of(ctx):
        if here and table.report.name == PROMOTION.name:
            ours, on = [one for one in ids if one in table.accounts], here.pinned()
            letters |= on.day_letters.of(ours)
            lately |= _lately(on, ours)
    return letters, lately


def _lately(ctx: Context, ids: Sequence[str]) -> dict[AccountDay, DayCoverage]:
    return dict(ctx.book.at(AccountDay(one, day) for one in ids for day in window(ctx.now(), SPENT_DAYS)))


def _tables(ctx: Context, ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The tables that rows of each account go into; nothing where there is but one table."""
    tables = ctx.settings.tables
    if not tables:
        return {}
    groups = [(one.name if one else "", accounts_of(one, tables, dict.fromkeys(ids, ""))) for one in (None, *tables)]
    return {one: tuple(name for name, group in groups if one in group) for one in ids}
