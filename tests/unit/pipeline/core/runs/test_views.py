"""Which views a run mends, and what it says of them."""

from pipeline.core.model import Account
from pipeline.core.outcome import ViewsOutcome
from pipeline.core.runs.views import (
    CREATED_A_RUN,
    FoundViews,
    of_table,
    states_after,
    to_mend,
    view_notes,
    views_outcome,
)
from pipeline.core.table.views import AccountView, ViewState

NAMES = {str(n): f"门店{n}" for n in range(1, 4)}


def view(number: int, state: ViewState) -> AccountView:
    return AccountView(Account(str(number), f"门店{number}"), state)


def test_a_run_repairs_before_it_creates_and_no_more_than_it_may() -> None:
    new = [view(n, ViewState.NEW) for n in range(CREATED_A_RUN)]
    wrong = view(99, ViewState.WRONG)
    assert to_mend([*new, wrong]) == [wrong, *new[:-1]]


def test_views_that_are_right_or_people_s_are_left_alone() -> None:
    others = set(ViewState) - {ViewState.NEW, ViewState.WRONG}
    assert to_mend([view(n, state) for n, state in enumerate(others)]) == []


def test_views_that_were_not_tried_wait_for_the_next_run() -> None:
    found = [view(1, ViewState.NEW), view(2, ViewState.WRONG), view(3, ViewState.RIGHT)]
    outcome = views_outcome(NAMES, states_after(found, {}))
    assert (outcome.queued, outcome.right, outcome.created, outcome.repaired) == (2, 1, (), ())


def test_what_came_of_a_try_counts_and_not_what_was_found() -> None:
    found = [view(1, ViewState.NEW), view(2, ViewState.WRONG), view(3, ViewState.NEW)]
    tried = {"1": ViewState.NEW, "2": ViewState.UNPROVEN, "3": ViewState.SPARED}
    outcome = views_outcome(NAMES, states_after(found, tried))
    assert (outcome.created, outcome.unproven, outcome.spared, outcome.queued) == (("门店1",), ("门店2",), 1, 0)


def test_what_a_look_left_is_told_of_the_accounts_of_a_run_and_no_others() -> None:
    left = FoundViews({"1": ViewState.DELETED, "9": ViewState.CHANGED}, total=3)
    accounts = [Account(account_id, name) for account_id, name in NAMES.items()]
    outcome = left.of(accounts)
    assert (outcome.missing, outcome.left_alone, outcome.right, outcome.total) == (("门店1",), (), 2, 3)
    assert view_notes(outcome) == ("缺少视图：门店1",)


def test_views_of_one_of_several_tables_name_it() -> None:
    found = of_table(ViewsOutcome(created=("城东店",), missing=("城西店",), queued=2), "项目日报")
    assert view_notes(found)[:2] == ("新建视图：城东店（项目日报）", "缺少视图：城西店（项目日报）")
