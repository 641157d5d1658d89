"""Which views a run mends, and what it says of them."""

from collections.abc import Mapping, Sequence

from pipeline.core.outcome import ViewsOutcome
from pipeline.core.table.views import AccountView, ViewState

CREATED_A_RUN = 20  # more wait for the next run: a view costs two writes and a reading
TO_MEND = (ViewState.WRONG, ViewState.NEW)


def to_mend(views: Sequence[AccountView]) -> list[AccountView]:
    """The views that one run repairs or creates, repairs first."""
    work = [view for view in views if view.state in TO_MEND]
    return sorted(work, key=lambda view: view.state == ViewState.NEW)[:CREATED_A_RUN]


def views_outcome(views: Sequence[AccountView], mended: Mapping[str, ViewState]) -> ViewsOutcome:
    """What became of the views; `mended` has the states of those that the run tried to mend, by account."""
    left = {view.account.id: ViewState.QUEUED if view.state in TO_MEND else view.state for view in views}
    done = {**left, **mended}

    def named(*states: ViewState) -> tuple[str, ...]:
        return tuple(view.account.name for view in views if done[view.account.id] in states)

    return ViewsOutcome(
        right=len(named(ViewState.RIGHT)),
        created=named(ViewState.NEW),
        repaired=named(ViewState.WRONG),
        left_alone=named(ViewState.CHANGED),
        missing=named(ViewState.DELETED, ViewState.WAITING),
        queued=len(named(ViewState.QUEUED)),
        spared=len(named(ViewState.SPARED)),
        unproven=named(ViewState.UNPROVEN),
    )
