"""Which view is an account's, and which a person's."""

from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from pipeline.clients.feishu.views import Condition
from pipeline.core.reports import PROMOTION
from pipeline.core.runs.views import FoundViews
from pipeline.core.table.cells import Field
from pipeline.core.table.columns import DEFAULT_COLUMNS, SINGLE_SELECT
from pipeline.core.table.views import AccountView, ViewState
from pipeline.state.no_redis import in_memory
from pipeline.state.table.table_facts import CheckedView, TableFacts
from pipeline.steps.runs.views import forget_deleted, inspect, mend
from tests.unit.pipeline.core.tables import fields
from tests.unit.pipeline.steps.runs.fakes import RUN, SEVEN
from tests.unit.pipeline.steps.table.fakes import FakeViews

EAST, WEST = RUN.accounts
ACCOUNT_FIELD, OTHER_FIELD = fields()[0].id, fields()[3].id
OURS, OTHERS = Condition(ACCOUNT_FIELD, "is", (EAST.name,)), Condition(ACCOUNT_FIELD, "is", ("城北店",))
THEIRS = Condition(OTHER_FIELD, "is", ("春节",))


class Ground:
    """A table with views, and which of them are remembered."""

    def __init__(self) -> None:
        self.views, self.facts, self.fields = FakeViews(), TableFacts(in_memory(), "tbl1"), fields()
        tables = SimpleNamespace(fields=lambda _: self.fields)
        self.base: Any = SimpleNamespace(views=self.views, table_id="tbl1", tables=tables)
        self.ctx: Any = SimpleNamespace(
            base=lambda _: self.base,
            writing=self._writing,
            report=PROMOTION,
            settings=SimpleNamespace(columns=DEFAULT_COLUMNS),
            base_facts=SimpleNamespace(zone=lambda: "Asia/Shanghai"),
            table_facts=self.facts,
            now=lambda: SEVEN,
        )

    def _writing(self, *, gives_way: bool) -> AbstractContextManager[Any]:
        assert gives_way
        return nullcontext(self.base)

    def found(self, *, deep: bool = True) -> AccountView:
        """The view of an account."""
        [view] = inspect(self.ctx, [EAST], deep=deep)
        return view

    def ours(self, *view_filter: Condition, checked_days_ago: float = 0.0) -> str:
        """A view of the account that is remembered."""
        view_id = self.views.add(EAST.name, *view_filter)
        checked = (SEVEN - timedelta(days=checked_days_ago)).timestamp()
        self.facts.learn_view(EAST.id, CheckedView(view_id, checked))
        return view_id


@pytest.fixture
def ground() -> Ground:
    return Ground()


@pytest.mark.parametrize(
    ("view_filter", "state"),
    [
        ([OURS], ViewState.RIGHT),
        ([OURS, THEIRS], ViewState.RIGHT),
        ([], ViewState.WRONG),
        ([OTHERS], ViewState.WRONG),
        ([THEIRS], ViewState.CHANGED),
        ([OTHERS, THEIRS], ViewState.CHANGED),
    ],
    ids=["ours", "ours and more", "none", "of another account", "a person's", "of another account and more"],
)
def test_our_view_is_right_to_repair_or_changed_by_a_person(
    ground: Ground, view_filter: list[Condition], state: ViewState
) -> None:
    view_id = ground.ours(*view_filter)
    assert ground.found() == AccountView(EAST, state, view_id)


def test_a_view_that_a_person_filters_otherwise_is_left_alone(ground: Ground) -> None:
    view_id = ground.ours(THEIRS)
    outcome = mend(ground.ctx, [ground.found()])
    assert (outcome.left_alone, ground.views.filters) == ((EAST.name,), {view_id: (THEIRS,)})
    assert ground.facts.found_views() == FoundViews({EAST.id: ViewState.CHANGED}, total=1)


def test_what_was_left_of_a_view_is_forgotten_once_it_is_right(ground: Ground) -> None:
    view_id = ground.ours(THEIRS)
    mend(ground.ctx, [ground.found()])
    ground.views.filters[view_id] = (OURS,)
    mend(ground.ctx, [ground.found()])
    assert ground.facts.found_views() == FoundViews({}, total=1)


def test_what_was_left_of_other_accounts_views_stays(ground: Ground) -> None:
    ground.facts.learn_found_views({WEST.id: ViewState.DELETED}, 1)
    ground.ours(THEIRS)
    mend(ground.ctx, [ground.found()])
    assert ground.facts.found_views().states == {WEST.id: ViewState.DELETED, EAST.id: ViewState.CHANGED}


def test_a_view_that_a_person_renamed_stays_ours(ground: Ground) -> None:
    view_id = ground.ours(OURS)
    ground.views.named[view_id] = "我的视图"
    assert ground.found() == AccountView(EAST, ViewState.RIGHT, view_id)


def test_a_view_that_a_person_deleted_is_made_again_only_once_it_is_forgotten(ground: Ground) -> None:
    del ground.views.named[ground.ours(OURS)]
    assert ground.found().state == ViewState.DELETED
    forget_deleted(ground.ctx, [EAST, WEST])
    assert ground.found() == AccountView(EAST, ViewState.NEW)


def test_a_view_that_is_there_is_not_forgotten(ground: Ground) -> None:
    ground.ours(OURS)
    forget_deleted(ground.ctx, [EAST])
    assert ground.facts.views().keys() == {EAST.id}


def test_after_redis_was_emptied_a_view_is_found_by_its_name_and_the_right_one_is_preferred(ground: Ground) -> None:
    ground.views.add(EAST.name)
    right = ground.views.add(EAST.name, OURS)
    assert ground.found() == AccountView(EAST, ViewState.RIGHT, right)
    assert ground.facts.views()[EAST.id] == CheckedView(right, SEVEN.timestamp())


def test_a_person_s_view_of_an_account_s_name_is_not_ours(ground: Ground) -> None:
    ground.views.add(EAST.name, THEIRS)
    assert ground.found() == AccountView(EAST, ViewState.NEW)


def test_a_view_of_another_account_of_the_same_name_is_not_taken(ground: Ground) -> None:
    ground.facts.learn_view(WEST.id, CheckedView(ground.views.add(EAST.name, OURS), SEVEN.timestamp()))
    assert ground.found() == AccountView(EAST, ViewState.NEW)


@pytest.mark.parametrize(("days", "deep", "state"), [(0, False, "right"), (0, True, "wrong"), (8, False, "wrong")])
def test_a_filter_is_read_again_on_demand_and_once_a_week(
    ground: Ground, days: float, state: str, *, deep: bool
) -> None:
    ground.ours(OTHERS, checked_days_ago=days)
    assert ground.found(deep=deep).state == state


def test_a_view_of_an_account_without_its_option_waits(ground: Ground) -> None:
    ground.fields = [Field("fldA", fields()[0].name, SINGLE_SELECT), *fields()[1:]]
    view_id = ground.ours()
    assert ground.found() == AccountView(EAST, ViewState.WAITING, view_id)
