"""Create and filter views under the writer lock, each once even if answers are lost, and read them back."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from pipeline.clients.feishu.base import Base
from pipeline.clients.feishu.views import FULL, NAME_TAKEN, Filter
from pipeline.context import Context
from pipeline.core.errors import BadRequest, BadResponse, NeedsPerson, Retryable
from pipeline.core.model import Account, AccountDay
from pipeline.core.runs.plan import window
from pipeline.core.table.layout import Layout
from pipeline.core.table.views import AccountView, ViewState, affordable, view_names
from pipeline.state.table.table_facts import CheckedView
from pipeline.steps.table.read import layout_now

TRIES = 2  # for a create or a filter whose answer was lost
Active = Callable[[], Collection[str]]  # ids of the accounts with cost
LOOK_UP_S = 1.0  # a late effect gets so long before the look-up


class Repair:
    """Creates and filters views under the writer lock."""

    def __init__(self, ctx: Context, accounts: Sequence[Account]) -> None:
        self._ctx, self._wanted = ctx, view_names(accounts)

    def carry_out(
        self, work: Sequence[AccountView], active: Active | None, names: Mapping[str, str] | None = None
    ) -> dict[str, ViewState]:
        """Create or repair views; each account's state as found, or the reason it stays as it is, by account id."""
        ctx = self._ctx
        with ctx.writing() as base:
            ctx.writes.begin_writing()
            alone = names is not None
            names, (layout, _) = base.views.names() if names is None else names, layout_now(ctx, base)
            new = [view.account for view in work if view.state == ViewState.NEW]
            spent = active() if active else _spent_lately(ctx, new)
            afforded = affordable(new, len(names), spent)
            done = {account.id: ViewState.SPARED for account in new if account not in afforded}
            for view in (view for view in work if view.account.id not in done):
                done[view.account.id] = self._make_right(base, layout, view, set(names.values()), alone=alone)
        return done

    def _make_right(self, base: Base, layout: Layout, view: AccountView, taken: set[str], *, alone: bool) -> ViewState:
        wanted = layout.view_conditions(view.account)
        if not wanted:
            return ViewState.WAITING
        view_id = view.view_id or self._create(base, view.account, taken)
        if view_id is None:
            return ViewState.SPARED
        if _filtered(base, view_id, wanted, alone=alone):
            remember(self._ctx, view.account, view_id)
            return view.state
        return ViewState.UNPROVEN

    def _create(self, base: Base, account: Account, taken: set[str]) -> str | None:
        """Create a view without a filter under the first free name; `None` if the table takes no more.

        Its id is remembered at once, so that a process that takes over filters it instead of making another.
        """
        for name in (name for name in self._wanted[account.id] if name not in taken):
            try:
                view_id = self._create_or_adopt(base, name)
            except NeedsPerson as error:
                if error.code != FULL:
                    raise
                return None  # people's private views count, and we may not see them
            if view_id:
                taken.add(name)
                self._ctx.table_facts.learn_view(account.id, CheckedView(view_id, checked=0))
                return view_id
        return None

    def _create_or_adopt(self, base: Base, name: str) -> str | None:
        """Create one view of this name even if answers are lost; `None` if another view has the name."""
        for left in reversed(range(TRIES)):
            try:
                return base.views.create(name)
            except BadRequest as error:
                if error.code != NAME_TAKEN:
                    raise
            except (Retryable, BadResponse) as error:
                if not error.effect_possible or not left:
                    raise
            self._ctx.pause(LOOK_UP_S)
            found = next((view_id for view_id, there in base.views.names().items() if there == name), None)
            if found and not base.views.conditions(found):
                return found
            if found:
                return None
        return None


def _filtered(base: Base, view_id: str, wanted: Sequence[tuple[str, str]], *, alone: bool) -> bool:
    """Set the first of equivalent conditions that the service takes and that reads back; whether one did.

    Args:
        alone: Nobody else changes the view meanwhile: what the answer has of the filter need not be read again.

    Raises:
        BadRequest: The service took none.
    """
    refusals: list[BadRequest] = []
    for one in wanted:
        try:
            if _reads_back(base, view_id, one, alone=alone):
                return True
        except BadRequest as error:
            refusals.append(error)
    if len(refusals) == len(wanted):
        raise refusals[0]
    return False


def _reads_back(base: Base, view_id: str, wanted: tuple[str, str], *, alone: bool) -> bool:
    """Set a condition; whether it reads back."""
    for left in reversed(range(TRIES)):
        told = _unless_unknown(lambda: base.views.filter_on(view_id, *wanted), last=not left)
        found = told.conditions if alone and told else base.views.conditions(view_id)
        if any(condition.matches(*wanted) for condition in found):
            return True
    return False


def _spent_lately(ctx: Context, accounts: Iterable[Account]) -> set[str]:
    """Accounts with cost in the look-back, as last loaded."""
    days = window(ctx.now(), ctx.settings.lookback_days)
    covered = ctx.coverage.at(AccountDay(account.id, day) for account in accounts for day in days)
    return {at.account_id for at, one in covered.items() if float(one.cost)}


def _unless_unknown(write: Callable[[], Filter | None], *, last: bool) -> Filter | None:
    """Send a write whose outcome is read back afterwards; what its answer says of the filter."""
    try:
        return write()
    except (Retryable, BadResponse) as error:
        if last or not error.effect_possible:
            raise
    return None


def remember(ctx: Context, account: Account, view_id: str) -> None:
    """Remember a view whose filter is right."""
    ctx.table_facts.learn_view(account.id, CheckedView(view_id, ctx.now().timestamp()))
