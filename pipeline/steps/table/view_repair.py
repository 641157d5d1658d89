"""Create and filter views, each once even if answers are lost, and read them back.

The writer lock is held for one write at a time, and taken only while no load and no status write waits for it. Views
change neither rows nor fields, so that early readings of the table stay valid.
"""

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
Told = Callable[[Account, ViewState], None]  # takes what became of a view
LOOK_UP_S = 1.0  # a late effect gets so long before the look-up


class Repair:
    """Creates and filters views of some accounts."""

    def __init__(self, ctx: Context, accounts: Sequence[Account], names: Mapping[str, str], *, alone: bool) -> None:
        """Prepare the repair.

        Args:
            accounts: All accounts of the table: their views' names differ.
            names: The table's views by id.
            alone: Nobody else changes views meanwhile: what an answer has of a filter need not be read again.
        """
        self._ctx, self._base, self._wanted = ctx, ctx.base(None), view_names(accounts)
        self._taken, self._there, self._alone = set(names.values()), len(names), alone

    def carry_out(self, work: Sequence[AccountView], active: Active | None, tell: Told) -> dict[str, ViewState]:
        """Create or repair views; each account's state as found, or the reason it stays as it is, by account id.

        Args:
            active: Accounts that get a view near the table's limit; by default those that spent lately.
            tell: Called after each view.
        """
        layout, _ = layout_now(self._ctx, self._base)
        new = [view.account for view in work if view.state == ViewState.NEW]
        spent = active() if active else _spent_lately(self._ctx, new)
        afforded = affordable(new, self._there, spent)
        done = {account.id: ViewState.SPARED for account in new if account not in afforded}
        for view in (view for view in work if view.account.id not in done):
            done[view.account.id] = self._make_right(layout, view)
            tell(view.account, done[view.account.id])
        return done

    def _make_right(self, layout: Layout, view: AccountView) -> ViewState:
        wanted = layout.view_conditions(view.account)
        if not wanted:
            return ViewState.WAITING
        view_id = view.view_id or self._create(view.account)
        if view_id is None:
            return ViewState.SPARED
        if self._filtered(view_id, wanted):
            remember(self._ctx, view.account, view_id)
            return view.state
        return ViewState.UNPROVEN

    def _create(self, account: Account) -> str | None:
        """Create a view without a filter under the first free name; `None` if the table takes no more.

        Its id is remembered at once, so that a process that takes over filters it instead of making another.
        """
        for name in (name for name in self._wanted[account.id] if name not in self._taken):
            try:
                view_id = self._create_or_adopt(account, name)
            except NeedsPerson as error:
                if error.code != FULL:
                    raise
                return None  # people's private views count, and we may not see them
            if view_id:
                self._taken.add(name)
                return view_id
        return None

    def _create_or_adopt(self, account: Account, name: str) -> str | None:
        """Create one view of this name even if answers are lost; `None` if another view has the name."""
        for left in reversed(range(TRIES)):
            try:
                return self._created(account, name)
            except BadRequest as error:
                if error.code != NAME_TAKEN:
                    raise
            except (Retryable, BadResponse) as error:
                if not error.effect_possible or not left:
                    raise
            self._ctx.pause(LOOK_UP_S)
            found = next((view_id for view_id, there in self._base.views.names().items() if there == name), None)
            if found and not self._base.views.conditions(found):
                _learn(self._ctx, account, found)
                return found
            if found:
                return None
        return None

    def _created(self, account: Account, name: str) -> str:
        """Create a view, unless another process did since the look; its id."""
        with self._ctx.writing(gives_way=True) as base:
            if there := self._ctx.table_facts.views().get(account.id):
                return there.view_id
            view_id = base.views.create(name)
            _learn(self._ctx, account, view_id)
        return view_id

    def _filtered(self, view_id: str, wanted: Sequence[tuple[str, str]]) -> bool:
        """Set the first of equivalent conditions that the service takes and that reads back; whether one did.

        Raises:
            BadRequest: The service took none.
        """
        refusals: list[BadRequest] = []
        for one in wanted:
            try:
                if self._reads_back(view_id, one):
                    return True
            except BadRequest as error:
                refusals.append(error)
        if len(refusals) == len(wanted):
            raise refusals[0]
        return False

    def _reads_back(self, view_id: str, wanted: tuple[str, str]) -> bool:
        """Set a condition; whether it reads back."""
        for left in reversed(range(TRIES)):
            with self._ctx.writing(gives_way=True) as base:
                told = _unless_unknown(base, view_id, wanted, last=not left)
            found = told.conditions if self._alone and told else self._base.views.conditions(view_id)
            if any(condition.matches(*wanted) for condition in found):
                return True
        return False


def _spent_lately(ctx: Context, accounts: Iterable[Account]) -> set[str]:
    """Accounts with cost in the look-back, as last loaded."""
    days = window(ctx.now(), ctx.settings.lookback_days)
    covered = ctx.coverage.at(AccountDay(account.id, day) for account in accounts for day in days)
    return {at.account_id for at, one in covered.items() if float(one.cost)}


def _unless_unknown(base: Base, view_id: str, wanted: tuple[str, str], *, last: bool) -> Filter | None:
    """Send a write whose outcome is read back afterwards; what its answer says of the filter."""
    try:
        return base.views.filter_on(view_id, *wanted)
    except (Retryable, BadResponse) as error:
        if last or not error.effect_possible:
            raise
    return None


def remember(ctx: Context, account: Account, view_id: str) -> None:
    """Remember a view whose filter is right."""
    ctx.table_facts.learn_view(account.id, CheckedView(view_id, ctx.now().timestamp()))


def _learn(ctx: Context, account: Account, view_id: str) -> None:
    """Remember a view without a filter as ours."""
    ctx.table_facts.learn_view(account.id, CheckedView(view_id, checked=0))
