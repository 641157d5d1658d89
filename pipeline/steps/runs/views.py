"""What follows a run's end: older rows of 同步状态, then one view for each account, filtered on it.

People wait for the figures, and a view costs two writes. A run owes this step until it has its outcome, so that one
that was killed is found again (`ctx.views_owed`). Views that people made or changed are left alone.
"""

from collections.abc import Mapping, Sequence
from functools import partial

import structlog

from pipeline.context import Context
from pipeline.core.errors import LaikeError
from pipeline.core.model import Account
from pipeline.core.outcome import FetchOutcome, LoadOutcome, Run, ViewsOutcome
from pipeline.core.runs.flow import FETCH, LOAD, VIEWS, Step
from pipeline.core.runs.plan import of_one_table, parts, tables_of
from pipeline.core.runs.views import joined_views, of_table, states_after, to_mend, views_outcome
from pipeline.core.table.layout import Layout
from pipeline.core.table.views import AccountView, ViewState, audit_due, view_names
from pipeline.core.tables.ends import table_name
from pipeline.steps.coverage.status import write_later
from pipeline.steps.runs.once import Work, once
from pipeline.steps.table.read import layout_now
from pipeline.steps.table.view_repair import Active, Repair, Told, remember

log = structlog.get_logger()


def check_views(ctx: Context, run_id: str) -> ViewsOutcome:
    """Check and mend the views of the accounts of a run that has ended.

    A failure is an outcome too, and never changes the run's state. Raises as `once` does.
    """
    run = ctx.ledger.run(run_id)
    work = Work(lambda counting: _attempt(counting, run), lambda why: ViewsOutcome(trouble=why))
    outcome = once(ctx, run_id, Step(VIEWS), ViewsOutcome, work)
    ctx.views_owed.settle(run_id)
    return outcome


def _attempt(ctx: Context, run: Run) -> ViewsOutcome:
    cut = parts(run)
    tables = [one for one in tables_of(run) if not one.halted]
    found = [(one, _of_table(ctx.of(one), one, of_one_table(cut, one))) for one in tables]
    return joined_views([of_table(views, table_name(one.table)) if one.several else views for one, views in found])


def _of_table(ctx: Context, run: Run, cut: Sequence[Run]) -> ViewsOutcome:
    try:
        write_later(ctx, run)
    except LaikeError as error:  # the next run of these accounts writes it
        log.warning("status_failed", run=run.run_id, error=error.message)
    loads = [ctx.outcomes.outcome(run.run_id, str(Step(LOAD, part.batch)), LoadOutcome) for part in cut]
    if run.dry_run or any(load is None or load.trouble for load in loads):
        return ViewsOutcome()
    try:
        outcome = _check(ctx, run, cut)
    except LaikeError as error:
        log.warning("views_failed", run=run.run_id, error=error.message)
        ctx.table_facts.learn_views_unchecked(error.trouble())
        outcome = ViewsOutcome(trouble=error.trouble())
    counts = {"created": len(outcome.created), "repaired": len(outcome.repaired)}
    named = {"table": table_name(run.table)} if run.several else {}
    ctx.events.emit(run.run_id, "views_checked", **named, **counts, **ctx.tally.facts())
    ctx.events.archive(run.run_id)  # once more: the run's end did before
    return outcome


def _check(ctx: Context, run: Run, cut: Sequence[Run]) -> ViewsOutcome:
    if _may_wait(ctx, run):
        return ViewsOutcome(right=len(run.accounts))
    read = ctx.staging.layout(cut[-1].batch_id)
    # nobody else makes views in a table that was made for this run, and a process before this one remembered its own
    alone = run.made and not ctx.table_facts.views()
    names = {} if alone else ctx.base(None).views.names()
    found = _look(ctx, names, run.accounts, deep=False, read=read)

    def tell(account: Account, state: ViewState) -> None:
        ctx.views_owed.learn_made(run.own_id, account.id, state)

    before, active = ctx.views_owed.made(run.own_id), partial(_spent_in, ctx, cut)
    return _mend(ctx, found, names, tell, active, alone=alone, before=before)


def _may_wait(ctx: Context, run: Run) -> bool:
    """Whether the look is left to a later run: this one has two tables to read, and each account has had its view."""
    over_a_boundary = run.chain is not None and len(run.chain.spans(run.days)) > 1
    return over_a_boundary and {account.id for account in run.accounts} <= ctx.table_facts.views().keys()


def inspect(ctx: Context, accounts: Sequence[Account], *, deep: bool) -> list[AccountView]:
    """Find the view of each account. `deep` reads every filter, else only new ones and those due for an audit."""
    return _look(ctx, ctx.base(None).views.names(), accounts, deep=deep)


def mend(ctx: Context, views: Sequence[AccountView]) -> ViewsOutcome:
    """Create new views and repair wrong ones, as many as one run may; near the limit only of accounts with cost."""
    return _mend(ctx, views, ctx.base(None).views.names(), lambda *_: None)


def _mend(
    ctx: Context,
    views: Sequence[AccountView],
    names: Mapping[str, str],
    tell: Told,
    active: Active | None = None,
    *,
    alone: bool = False,
    before: Mapping[str, ViewState] | None = None,
) -> ViewsOutcome:
    """Mend views, and remember what is left of them for the next card.

    Args:
        before: What an earlier process made of some.
    """
    work = to_mend(views)
    repair = Repair(ctx, [view.account for view in views], names, alone=alone)
    mended = {**(before or {}), **(repair.carry_out(work, active, tell) if work else {})}
    states = states_after(views, mended)
    total = len(names) + sum(state == ViewState.NEW for state in mended.values())
    ctx.table_facts.learn_found_views(states, total)
    return views_outcome({view.account.id: view.account.name for view in views}, states, total)


def forget_deleted(ctx: Context, accounts: Sequence[Account]) -> None:
    """Forget views that people deleted, so that they are found by name or created again."""
    names, ours = ctx.base(None).views.names(), ctx.table_facts.views()
    for account in accounts:
        if account.id in ours and ours[account.id].view_id not in names:
            ctx.table_facts.forget_view(account.id)


def _spent_in(ctx: Context, cut: Sequence[Run]) -> set[str]:
    """Accounts with cost in a run's window."""
    spent = set()
    for part in cut:
        for account in part.accounts:
            fetch = ctx.outcomes.outcome(part.run_id, str(Step(FETCH, part.batch, account.id)), FetchOutcome)
            if fetch and any(day.cost for day in fetch.days):
                spent.add(account.id)
    return spent


def _look(
    ctx: Context, names: Mapping[str, str], accounts: Sequence[Account], *, deep: bool, read: Layout | None = None
) -> list[AccountView]:
    """Find views by id, so that a renamed one stays ours, or by name if the id is unknown.

    Args:
        names: The table's views by id.
        read: The table's layout as read a moment ago; an account's first row may have come since.
    """
    ours, wanted = ctx.table_facts.views(), view_names(accounts)
    due = set(ours) if deep else audit_due({account_id: one.checked for account_id, one in ours.items()}, ctx.now())
    filters = _Filters(ctx, read)
    claimed = {one.view_id for one in ours.values()}
    found = []
    for account in accounts:
        if account.id not in ours:
            alike = [view_id for name in wanted[account.id] for view_id, other in names.items() if other == name]
            found.append(filters.choose(account, [view_id for view_id in alike if view_id not in claimed]))
        elif (view_id := ours[account.id].view_id) not in names:
            found.append(AccountView(account, ViewState.DELETED, view_id))
        else:
            found.append(filters.read(account, view_id) if account.id in due else _right(account, view_id))
    return found


def _right(account: Account, view_id: str) -> AccountView:
    return AccountView(account, ViewState.RIGHT, view_id)


class _Filters:
    """Reads filters, and the table's layout only if needed."""

    def __init__(self, ctx: Context, layout: Layout | None) -> None:
        self._ctx, self._base = ctx, ctx.base(None)
        self._layout, self._fresh = layout, False

    def choose(self, account: Account, view_ids: Sequence[str]) -> AccountView:
        """Of the views with an account's name, the right one, else one to repair.

        A view that a person filters otherwise is theirs: ours is created beside it.
        """
        seen = [self.read(account, view_id) for view_id in view_ids]
        for state in (ViewState.RIGHT, ViewState.WRONG, ViewState.WAITING):
            if view := next((view for view in seen if view.state == state), None):
                return view
        return AccountView(account, ViewState.NEW)

    def read(self, account: Account, view_id: str) -> AccountView:
        """Check the filter of one view, and remember it if it is right."""
        if not (wanted := self._wanted(account)):
            return AccountView(account, ViewState.WAITING, view_id)
        conditions = self._base.views.conditions(view_id)
        if any(condition.matches(*one) for condition in conditions for one in wanted):
            remember(self._ctx, account, view_id)
            return _right(account, view_id)
        fields = self._layout.account_fields if self._layout else frozenset[str]()
        ours = not conditions or (len(conditions) == 1 and conditions[0].field_id in fields)
        return AccountView(account, ViewState.WRONG if ours else ViewState.CHANGED, view_id)

    def _wanted(self, account: Account) -> tuple[tuple[str, str], ...]:
        if self._layout and (wanted := self._layout.view_conditions(account)):
            return wanted
        if not self._fresh:
            (self._layout, _), self._fresh = layout_now(self._ctx, self._base), True
        return self._layout.view_conditions(account) if self._layout else ()
