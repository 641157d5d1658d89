"""One view per account, filtered on the account. People's views, and what people made of ours, are left alone."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import structlog

from pipeline.clients.feishu.api import WRITE_TIMEOUT_S
from pipeline.context import Base, Context
from pipeline.core.errors import LaikeError
from pipeline.core.flow import LOAD, VIEWS, Step
from pipeline.core.model import Account
from pipeline.core.outcome import LoadOutcome, Run, ViewsOutcome
from pipeline.core.plan import parts
from pipeline.core.table import Layout
from pipeline.state import keys
from pipeline.state.lease import hold
from pipeline.state.memory import KnownView
from pipeline.steps.once import once
from pipeline.steps.read import match_fields, time_zone

CREATED_A_RUN = 20  # more wait for the next run: a view costs two writes
AUDIT_RUNS = 7  # each view's filter is read anew every so many runs

log = structlog.get_logger()


class ViewState(StrEnum):
    """What an account's view is like."""

    RIGHT = "right"
    NEW = "new"  # there never was one
    WRONG = "wrong"  # no condition, or one on the account column that does not match: ours to repair
    CHANGED = "changed"  # a person filters it otherwise: theirs
    DELETED = "deleted"  # a person deleted it: stays so until --fix
    WAITING = "waiting"  # the account column has no such option before the account's first row


@dataclass(frozen=True, slots=True)
class AccountView:
    """The view of one account as it was found."""

    account: Account
    state: ViewState
    view_id: str | None = None


def check_views(ctx: Context, run_id: str) -> ViewsOutcome:
    """Look after the views of a run's accounts. A failure is an outcome too, and never changes the run's state.

    Raises:
        Busy: A living process is at it.
    """
    run = ctx.ledger.run(run_id)
    return once(ctx, run_id, Step(VIEWS), ViewsOutcome, lambda: _check_or_tell(ctx, run))


def _check_or_tell(ctx: Context, run: Run) -> ViewsOutcome:
    loads = [ctx.ledger.outcome(run.run_id, str(Step(LOAD, part.batch)), LoadOutcome) for part in parts(run)]
    if run.dry_run or any(load is None or load.trouble for load in loads):
        return ViewsOutcome()
    try:
        outcome = _check(ctx, run)
    except LaikeError as error:
        log.warning("views_failed", run=run.run_id, error=error.message)
        outcome = ViewsOutcome(trouble=error.trouble())
    ctx.ledger.emit(run.run_id, "views_checked", created=len(outcome.created), repaired=len(outcome.repaired))
    return outcome


def inspect(ctx: Context, accounts: Sequence[Account], *, deep: bool) -> list[AccountView]:
    """Find the view of each account. `deep` reads every filter; otherwise those never read and a few in turn."""
    base = ctx.base(None)
    names, known = base.views.names(), ctx.memory.views()
    to_read = {account.id for account in accounts} if deep else _whose_turn(accounts, known)
    found = [_locate(account, names, known) for account in accounts]
    if not any(view.view_id and view.account.id in to_read for view in found):
        return found
    layout = _layout(ctx, base)
    return [_read(ctx, base, layout, view) if view.account.id in to_read else view for view in found]


def mend(ctx: Context, views: Sequence[AccountView]) -> ViewsOutcome:
    """Create the new and repair the wrong; the others are only told."""
    made: dict[ViewState, list[str]] = {state: [] for state in ViewState}
    work = [view for view in views if view.state in (ViewState.NEW, ViewState.WRONG)][:CREATED_A_RUN]
    for view in [view for view in views if view not in work]:
        made[view.state].append(view.account.name)
    if work:
        _write(ctx, work, made)
    return ViewsOutcome(
        right=len(made[ViewState.RIGHT]),
        created=tuple(made[ViewState.NEW]),
        repaired=tuple(made[ViewState.WRONG]),
        left_alone=tuple(made[ViewState.CHANGED]),
        missing=tuple(made[ViewState.DELETED] + made[ViewState.WAITING]),
    )


def forget_deleted(ctx: Context, accounts: Sequence[Account]) -> None:
    """Let the views that people deleted be found by name or made anew."""
    for view in inspect(ctx, accounts, deep=False):
        if view.state == ViewState.DELETED:
            ctx.memory.forget_view(view.account.id)


def _check(ctx: Context, run: Run) -> ViewsOutcome:
    return mend(ctx, inspect(ctx, run.accounts, deep=False))


def _whose_turn(accounts: Sequence[Account], known: Mapping[str, KnownView]) -> set[str]:
    never = {account.id for account in accounts if account.id not in known}
    oldest = sorted((known[account.id].checked, account.id) for account in accounts if account.id in known)
    return never | {account_id for _, account_id in oldest[: math.ceil(len(oldest) / AUDIT_RUNS)]}


def _locate(account: Account, names: Mapping[str, str], known: Mapping[str, KnownView]) -> AccountView:
    """By id where we know it, so that a renamed view stays ours; by name where we do not."""
    if account.id in known:
        view_id = known[account.id].view_id
        return AccountView(account, ViewState.RIGHT if view_id in names else ViewState.DELETED, view_id)
    view_id = next((view_id for view_id, name in names.items() if name == account.name), "")
    return AccountView(account, ViewState.RIGHT, view_id) if view_id else AccountView(account, ViewState.NEW)


def _layout(ctx: Context, base: Base) -> Layout:
    return match_fields(ctx, base.tables.fields(base.table_id), time_zone(ctx, base))


def _read(ctx: Context, base: Base, layout: Layout, view: AccountView) -> AccountView:
    if view.state == ViewState.DELETED or not view.view_id:
        return view
    wanted = layout.view_conditions(view.account)
    if not wanted:
        return AccountView(view.account, ViewState.WAITING, view.view_id)
    conditions = base.views.conditions(view.view_id)
    if any(condition.matches(*one) for condition in conditions for one in wanted):
        _remember(ctx, view.account, view.view_id)
        return view
    ours = not conditions or (len(conditions) == 1 and conditions[0].field_id in layout.account_fields)
    return AccountView(view.account, ViewState.WRONG if ours else ViewState.CHANGED, view.view_id)


def _write(ctx: Context, work: Sequence[AccountView], made: dict[ViewState, list[str]]) -> None:
    with hold(ctx.client, keys.writer(ctx.settings.bitable_app_token), ctx.time_left(None)) as lease:
        base = ctx.base(None, before_write=lambda: lease.ensure(WRITE_TIMEOUT_S))
        ctx.memory.begin_writing()
        layout = _layout(ctx, base)
        for view in work:
            state = view.state if _make_right(ctx, base, layout, view) else ViewState.WAITING
            made[state].append(view.account.name)


def _make_right(ctx: Context, base: Base, layout: Layout, view: AccountView) -> bool:
    wanted = layout.view_conditions(view.account)
    if not wanted:
        return False
    view_id = view.view_id or base.views.create(view.account.name)
    base.views.filter_on(view_id, *wanted[0])
    _remember(ctx, view.account, view_id)
    return True


def _remember(ctx: Context, account: Account, view_id: str) -> None:
    ctx.memory.learn_view(account.id, KnownView(view_id, ctx.now().timestamp()))
