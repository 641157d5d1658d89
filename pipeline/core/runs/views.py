"""Which views a run mends, and what it says of them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.core.errors import Trouble
from pipeline.core.model import Account
from pipeline.core.outcome import ViewsOutcome
from pipeline.core.table.views import VIEWS_MAX, AccountView, ViewState

CREATED_A_RUN = 20  # more wait for the next run: a view costs two writes and a reading
TO_MEND = (ViewState.WRONG, ViewState.NEW)
DONE = (ViewState.RIGHT, *TO_MEND)  # of a view after mending: nothing is left to say


@dataclass(frozen=True, slots=True)
class FoundViews:
    """What the last look left for a person.

    Attributes:
        states: Of the views that are not right, by account id.
        total: Views of the table that we may see; 0: not counted.
        trouble: Why views could not be checked.
    """

    states: Mapping[str, ViewState]
    total: int = 0
    trouble: Trouble | None = None

    def of(self, accounts: Collection[Account]) -> ViewsOutcome:
        """The same as an outcome, of some accounts."""
        states = {one.id: self.states.get(one.id, ViewState.RIGHT) for one in accounts}
        return views_outcome({one.id: one.name for one in accounts}, states, self.total, self.trouble)


def to_mend(views: Sequence[AccountView]) -> list[AccountView]:
    """The views that one run repairs or creates, repairs first."""
    work = [view for view in views if view.state in TO_MEND]
    return sorted(work, key=lambda view: view.state == ViewState.NEW)[:CREATED_A_RUN]


def states_after(views: Sequence[AccountView], mended: Mapping[str, ViewState]) -> dict[str, ViewState]:
    """The state of each view by account id; that which it was found in, where it was mended.

    Args:
        mended: What came of the views that the run tried to mend, by account id.
    """
    left = {view.account.id: ViewState.QUEUED if view.state in TO_MEND else view.state for view in views}
    return {**left, **mended}


def views_outcome(
    names: Mapping[str, str], states: Mapping[str, ViewState], total: int = 0, trouble: Trouble | None = None
) -> ViewsOutcome:
    """What became of the views.

    Args:
        names: Of the accounts, by id.
        states: As of `states_after`.
    """

    def named(*wanted: ViewState) -> tuple[str, ...]:
        return tuple(name for account_id, name in names.items() if states.get(account_id) in wanted)

    return ViewsOutcome(
        right=len(named(ViewState.RIGHT)),
        created=named(ViewState.NEW),
        repaired=named(ViewState.WRONG),
        left_alone=named(ViewState.CHANGED),
        missing=named(ViewState.DELETED, ViewState.WAITING),
        queued=len(named(ViewState.QUEUED)),
        spared=len(named(ViewState.SPARED)),
        unproven=named(ViewState.UNPROVEN),
        total=total,
        trouble=trouble,
    )


def joined_views(found: Sequence[ViewsOutcome]) -> ViewsOutcome:
    """What became of the views of several tables."""
    first, *others = found or [ViewsOutcome()]
    for one in others:
        first = ViewsOutcome(
            right=first.right + one.right,
            created=(*first.created, *one.created),
            repaired=(*first.repaired, *one.repaired),
            left_alone=(*first.left_alone, *one.left_alone),
            missing=(*first.missing, *one.missing),
            queued=first.queued + one.queued,
            spared=first.spared + one.spared,
            unproven=(*first.unproven, *one.unproven),
            total=max(first.total, one.total),
            trouble=first.trouble or one.trouble,
        )
    return first


def of_table(views: ViewsOutcome, table: str) -> ViewsOutcome:
    """What became of the views of one of several tables: names are those of accounts with the table."""

    def named(names: Sequence[str]) -> tuple[str, ...]:
        return tuple(f"{name}（{table}）" for name in names)

    return replace(
        views,
        created=named(views.created),
        repaired=named(views.repaired),
        left_alone=named(views.left_alone),
        missing=named(views.missing),
        unproven=named(views.unproven),
    )


def view_notes(views: ViewsOutcome) -> tuple[str, ...]:
    """What became of the views, in lines for a person."""
    words = {
        "新建视图": views.created,
        "修复视图": views.repaired,
        "未改动的自定义视图": views.left_alone,
        "缺少视图": views.missing,
        "视图筛选未生效": views.unproven,
    }
    notes = [f"{word}：{'、'.join(names)}" for word, names in words.items() if names]
    notes += [f"还有 {views.queued} 个视图待处理，下次运行时继续"] if views.queued else []
    notes += [f"视图数接近上限 {VIEWS_MAX} 个，{views.spared} 个账户未建视图"] if views.spared else []
    return (*notes, f"视图未检查：{views.trouble.what_to_do}") if views.trouble else tuple(notes)
