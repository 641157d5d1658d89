"""A view is made once, filtered on its account alone, and left alone where it is a person's."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from pipeline.clients.feishu.views import FULL, Condition
from pipeline.core.coverage.day import Loaded
from pipeline.core.errors import BadRequest, BadResponse, LaikeError, NeedsPerson, Retryable
from pipeline.core.model import Account, AccountDay
from pipeline.core.reports import PROMOTION
from pipeline.core.runs.plan import yesterday
from pipeline.core.table.cells import Field
from pipeline.core.table.columns import DEFAULT_COLUMNS, SINGLE_SELECT
from pipeline.core.table.views import VIEWS_MAX, VIEWS_NEAR, AccountView, ViewState
from pipeline.state.table.table_facts import CheckedView
from pipeline.steps.table.view_repair import Repair
from tests.unit.pipeline.core.tables import fields
from tests.unit.pipeline.steps.table.fakes import FakeViews

NOW = datetime(2026, 2, 2, 7, tzinfo=UTC)
EAST, WEST = Account("1801", "城东店"), Account("1802", "城西店")
LOST, REFUSED = Retryable("no answer", effect_possible=True), Retryable("not taken", effect_possible=False)
SELECT = Field("fldA", "账户名称", SINGLE_SELECT)


class Ground:
    """A table with its views, and what is remembered of them."""

    def __init__(self) -> None:
        self.views, self.fields, self.remembered = FakeViews(), fields(), dict[str, CheckedView]()
        self.loaded: dict[AccountDay, Loaded] = {}
        self.told: dict[str, ViewState] = {}
        self.holds = 0
        self.base: Any = SimpleNamespace(
            views=self.views, table_id="tbl1", tables=SimpleNamespace(fields=lambda _: self.fields)
        )
        self.ctx: Any = SimpleNamespace(
            base=lambda _: self.base,
            writing=self._writing,
            report=PROMOTION,
            settings=SimpleNamespace(columns=DEFAULT_COLUMNS, lookback_days=3),
            base_facts=SimpleNamespace(zone=lambda: "Asia/Shanghai"),
            table_facts=SimpleNamespace(
                field_ids=dict, learn_view=self.remembered.__setitem__, views=lambda: self.remembered
            ),
            coverage=SimpleNamespace(at=lambda places: {at: self.loaded[at] for at in places if at in self.loaded}),
            now=lambda: NOW,
            pause=lambda _: None,
        )

    @contextmanager
    def _writing(self, *, gives_way: bool) -> Iterator[Any]:
        assert gives_way
        self.holds += 1
        yield self.base

    def repair(self, *work: AccountView, active: set[str] | None = None) -> dict[str, ViewState]:
        made = Repair(self.ctx, (EAST, WEST), self.views.names(), alone=False)
        return made.carry_out(work or [new(EAST)], None if active is None else lambda: active, self._tell)

    def _tell(self, account: Account, state: ViewState) -> None:
        self.told[account.id] = state

    def shown(self) -> dict[str, str]:
        """The value that each filtered view shows, by the view's name."""
        return {self.views.named[view_id]: one.values[0] for view_id, (one,) in self.views.filters.items()}


def new(account: Account) -> AccountView:
    return AccountView(account, ViewState.NEW)


@pytest.fixture
def ground() -> Ground:
    return Ground()


def test_a_new_view_shows_its_account_and_is_remembered_as_right(ground: Ground) -> None:
    assert ground.repair(new(EAST), new(WEST)) == {EAST.id: ViewState.NEW, WEST.id: ViewState.NEW}
    assert ground.shown() == {"城东店": "城东店", "城西店": "城西店"}
    assert {view.checked for view in ground.remembered.values()} == {NOW.timestamp()}


def test_each_view_is_told_and_each_write_has_the_lock_for_itself(ground: Ground) -> None:
    ground.repair(new(EAST), new(WEST))
    assert (ground.told, ground.holds) == ({EAST.id: ViewState.NEW, WEST.id: ViewState.NEW}, 4)


def test_a_view_that_another_process_made_since_the_look_is_filtered_and_no_second_one_is_made(ground: Ground) -> None:
    names = ground.views.names()
    view_id = ground.views.add("城东店")
    ground.remembered[EAST.id] = CheckedView(view_id, checked=0)
    made = Repair(ground.ctx, (EAST, WEST), names, alone=False)
    assert made.carry_out([new(EAST)], None, lambda *_: None) == {EAST.id: ViewState.NEW}
    assert (ground.views.named, ground.shown()) == ({view_id: "城东店"}, {"城东店": "城东店"})


def test_a_wrong_view_is_filtered_anew_and_no_other_is_made(ground: Ground) -> None:
    view_id = ground.views.add("城东店")
    assert ground.repair(AccountView(EAST, ViewState.WRONG, view_id)) == {EAST.id: ViewState.WRONG}
    assert (ground.views.named, ground.shown()) == ({view_id: "城东店"}, {"城东店": "城东店"})


@pytest.mark.parametrize("acts", [True, False], ids=["it was made", "it was not made"])
@pytest.mark.parametrize("error", [LOST, BadResponse("torn")], ids=["no answer", "a torn answer"])
def test_a_create_whose_answer_is_lost_makes_one_view(ground: Ground, error: LaikeError, *, acts: bool) -> None:
    ground.views.create_errors, ground.views.acts_before_error = [error], acts
    assert ground.repair() == {EAST.id: ViewState.NEW}
    assert list(ground.views.named.values()) == ["城东店"]
    assert ground.shown() == {"城东店": "城东店"}


@pytest.mark.parametrize("errors", [[REFUSED], [LOST, LOST]], ids=["refused", "lost twice"])
def test_a_create_that_had_no_effect_is_an_error(ground: Ground, errors: list[LaikeError]) -> None:
    ground.views.create_errors, ground.views.acts_before_error = errors, False
    with pytest.raises(Retryable):
        ground.repair()
    assert ground.views.named == {}


@pytest.mark.parametrize("theirs", [(Condition("fldX", "is", ("x",)),), ()], ids=["with a filter", "without one"])
def test_a_person_s_view_of_the_same_name_is_left_alone_and_ours_gets_another_name(
    ground: Ground, theirs: tuple[Condition, ...]
) -> None:
    view_id = ground.views.add("城东店", *theirs)
    ground.repair()
    assert ground.views.conditions(view_id) == theirs
    assert list(ground.views.named.values()) == ["城东店", "城东店 (1801)"]


def test_a_name_of_a_view_that_we_may_not_see_is_passed_over(ground: Ground) -> None:
    ground.views.hidden = {"城东店"}
    assert ground.repair() == {EAST.id: ViewState.NEW}
    assert ground.shown() == {"城东店 (1801)": "城东店"}


@pytest.mark.parametrize("theirs", [True, False], ids=["with a filter", "without one"])
def test_a_view_that_appears_while_ours_is_made_is_ours_if_nobody_filters_it(
    ground: Ground, monkeypatch: pytest.MonkeyPatch, *, theirs: bool
) -> None:
    view_filter = (Condition("fldX", "is", ("x",)),) if theirs else ()
    listed = iter([dict[str, str]()])  # the list that was read first
    view_id = ground.views.add("城东店", *view_filter)
    monkeypatch.setattr(ground.views, "names", lambda: next(listed, ground.views.named))
    ground.repair()
    assert (ground.views.conditions(view_id) == view_filter) is theirs
    assert len(ground.views.named) == (2 if theirs else 1)


def test_where_every_name_is_taken_no_view_is_made(ground: Ground) -> None:
    for name in ("城东店", "城东店 (1801)"):
        ground.views.add(name, Condition("fldX", "is", ("x",)))
    assert ground.repair() == {EAST.id: ViewState.SPARED}
    assert ground.remembered == {}


def test_a_table_that_takes_no_more_views_spares_the_account(ground: Ground) -> None:
    ground.views.create_errors = [NeedsPerson("full", code=FULL)]
    assert ground.repair() == {EAST.id: ViewState.SPARED}
    ground.views.create_errors = [NeedsPerson("no right", code=91403)]
    with pytest.raises(NeedsPerson):
        ground.repair()


def test_an_account_without_its_option_waits_and_gets_no_view_without_a_filter(ground: Ground) -> None:
    ground.fields = [SELECT, *fields()[1:]]
    assert ground.repair() == {EAST.id: ViewState.WAITING}
    assert ground.views.named == {}


def test_a_process_killed_before_the_filter_leaves_a_view_that_the_next_one_repairs(ground: Ground) -> None:
    ground.views.filter_errors = [REFUSED]
    with pytest.raises(Retryable):
        ground.repair()
    assert ground.remembered == {EAST.id: CheckedView("vew0", checked=0)}


def test_a_filter_that_does_not_read_back_is_unproven_and_looked_at_again_by_the_next_run(ground: Ground) -> None:
    ground.views.deaf = True
    assert ground.repair() == {EAST.id: ViewState.UNPROVEN}
    assert ground.remembered == {EAST.id: CheckedView("vew0", checked=0)}


@pytest.mark.parametrize("acts", [True, False], ids=["it was kept", "it was not kept"])
def test_a_filter_whose_answer_is_lost_is_read_back_before_it_is_sent_again(ground: Ground, *, acts: bool) -> None:
    ground.views.filter_errors, ground.views.acts_before_error = [LOST], acts
    assert ground.repair() == {EAST.id: ViewState.NEW}
    assert ground.shown() == {"城东店": "城东店"}


def test_a_filter_whose_answer_is_lost_twice_is_an_error(ground: Ground) -> None:
    ground.views.filter_errors, ground.views.acts_before_error = [LOST, LOST], False
    with pytest.raises(Retryable):
        ground.repair()


@pytest.mark.parametrize(("refused", "shown"), [([], "optEast"), (["optEast"], "城东店")], ids=["its id", "its name"])
def test_a_single_select_is_filtered_by_what_the_service_takes_of_its_option(
    ground: Ground, refused: list[str], shown: str
) -> None:
    ground.fields, ground.views.refused = [replace(SELECT, options={"城东店": "optEast"}), *fields()[1:]], set(refused)
    assert ground.repair() == {EAST.id: ViewState.NEW}
    assert ground.shown() == {"城东店": shown}


def test_a_service_that_takes_no_condition_is_an_error(ground: Ground) -> None:
    ground.views.refused = {"城东店"}
    with pytest.raises(BadRequest):
        ground.repair()


def test_near_the_limit_only_accounts_with_cost_get_a_view(ground: Ground) -> None:
    for n in range(VIEWS_NEAR - 1):
        ground.views.add(f"view {n}")
    spared = {EAST.id: ViewState.SPARED, WEST.id: ViewState.NEW}
    assert ground.repair(new(EAST), new(WEST), active={WEST.id}) == spared


def test_whether_an_account_has_cost_is_known_of_the_days_that_were_loaded_lately(ground: Ground) -> None:
    for n in range(VIEWS_NEAR - 1):
        ground.views.add(f"view {n}")
    for account, cost in ((EAST, "0.00"), (WEST, "0.01")):
        ground.loaded[AccountDay(account.id, yesterday(NOW))] = Loaded(1, cost, "c1", NOW)
    assert ground.repair(new(EAST), new(WEST)) == {EAST.id: ViewState.SPARED, WEST.id: ViewState.NEW}


def test_in_a_full_table_views_are_still_repaired(ground: Ground) -> None:
    wrong = AccountView(WEST, ViewState.WRONG, ground.views.add("城西店"))
    for n in range(VIEWS_MAX - 1):
        ground.views.add(f"view {n}")
    done = ground.repair(new(EAST), wrong, active={EAST.id, WEST.id})
    assert done == {EAST.id: ViewState.SPARED, WEST.id: ViewState.WRONG}
    assert ground.shown() == {"城西店": "城西店"}
