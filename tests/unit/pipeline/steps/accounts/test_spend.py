"""Days on which an account spent more than its promotions: when the projects are read, what is remembered."""

from collections.abc import Collection, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from pipeline.core.accounts.account_options import AccountOptions
from pipeline.core.accounts.spend import LATELY, LATER, Noted, Weighing
from pipeline.core.coverage.day import Loaded
from pipeline.core.errors import LaikeError, Retryable
from pipeline.core.model import CHINA, AccountDay, ReportRow, Totals
from pipeline.core.outcome import DayState
from pipeline.core.reports import MATERIAL, PROJECT, PROMOTION, Report
from pipeline.core.runs.quality import judge_days
from pipeline.state.coverage.spend import Spend
from pipeline.state.no_redis import in_memory
from pipeline.steps.accounts.spend import remember, weigh_days

DAY = date(2026, 2, 1)
BEFORE = DAY - timedelta(days=1)
SEVEN = datetime(2026, 2, 2, 7, tzinfo=CHINA)
Costs = Mapping[str, str]  # 消耗 by promotion
WHOLE = {"p1": "60", "p2": "40"}  # 100 元 of the account's 140
AWAY = Retryable("the service is away")


class Ground:
    """An account, its projects at the service, and what is remembered of both."""

    def __init__(self) -> None:
        self.spend, self.loaded = Spend(in_memory()), dict[AccountDay, Loaded]()
        self.projects: dict[date, Decimal] = {}
        self.error: LaikeError | None = None
        self.calls = 0
        self.options: dict[str, AccountOptions] = {}
        self.now = SEVEN
        self.ctx: Any = SimpleNamespace(
            spend=self.spend,
            coverage=SimpleNamespace(at=lambda places: {at: self.loaded[at] for at in places if at in self.loaded}),
            report=PROMOTION,
            settings=SimpleNamespace(account_options=self.options, settle_at=time(10, 35), catch_up_days=30),
            now=lambda: self.now,
        )

    def _sums(self, asked: Report, days: Collection[date]) -> dict[date, Decimal]:
        assert asked is PROJECT
        self.calls += 1
        if self.error:
            raise self.error
        return {day: total for day, total in self.projects.items() if day in days}

    def read(self, days: Mapping[date, tuple[Costs, str]], run_id: str = "daily-2026-02-01") -> Weighing:
        """Read the account now and remember it; each day has its promotions' 消耗 and the account's."""
        rows = [
            ReportRow("18", day, promotion, "", {"stat_cost": Decimal(cost)})
            for day, (costs, _) in days.items()
            for promotion, cost in costs.items()
        ]
        totals = {day: Totals(Decimal(total), Decimal(1)) for day, (_, total) in days.items()}
        run: Any = SimpleNamespace(run_id=run_id)
        reports: Any = SimpleNamespace(as_of=self.now, sums=self._sums)
        days_judged = list(judge_days(rows, totals, list(days), self.ctx.report))
        found = weigh_days(self.ctx, reports, run, "18", rows=rows, days=days_judged)
        remember(self.ctx, "18", rows, found)
        return found


def states(found: Weighing) -> list[DayState]:
    return [day.state for day in found.days]


@pytest.fixture
def ground() -> Ground:
    return Ground()


def test_days_that_balance_cost_no_call(ground: Ground) -> None:
    found = ground.read({DAY: (WHOLE, "100")})
    assert (states(found), found.look_again, ground.calls) == ([DayState.LOADED], False, 0)


def test_a_day_with_more_in_its_promotions_than_the_account_spent_is_read_again_without_the_projects(
    ground: Ground,
) -> None:
    found = ground.read({DAY: (WHOLE, "90")})
    assert (states(found), found.look_again, ground.calls) == ([DayState.INCOMPLETE], True, 0)


def test_a_difference_that_the_settings_expect_counts_without_a_call(ground: Ground) -> None:
    ground.options["18"] = AccountOptions(expected=True)
    found = ground.read({DAY: (WHOLE, "140")})
    assert (states(found), found.days[0].outside) == ([DayState.LOADED], Decimal(40))
    assert (found.look_again, ground.calls) == (False, 0)
    assert ground.read({BEFORE: (WHOLE, "90"), DAY: (WHOLE, "140")}).look_again


def test_spend_outside_counts_at_the_second_reading_and_at_once_from_then_on(ground: Ground) -> None:
    ground.projects = {DAY: Decimal(100)}
    first = ground.read({DAY: (WHOLE, "140")})
    assert (states(first), first.look_again) == ([DayState.INCOMPLETE], True)
    ground.now = SEVEN + LATER
    second = ground.read({DAY: (WHOLE, "140")}, "settle-2026-02-01")
    assert (states(second), second.look_again) == ([DayState.LOADED], False)
    assert (second.days[0].outside, second.days[0].outside_new) == (Decimal(40), True)
    tomorrow = DAY + timedelta(days=1)
    ground.projects, ground.now = {tomorrow: Decimal(100)}, SEVEN + timedelta(days=1)
    third = ground.read({tomorrow: (WHOLE, "150")}, "daily-2026-02-02")
    assert (states(third), third.days[0].outside_new) == ([DayState.LOADED], False)


def test_a_day_on_which_the_projects_have_more_is_incomplete_and_the_others_are_good(ground: Ground) -> None:
    ground.projects = {DAY: Decimal(140)}
    found = ground.read({BEFORE: (WHOLE, "100"), DAY: (WHOLE, "140")})
    assert (states(found), found.look_again) == ([DayState.LOADED, DayState.INCOMPLETE], True)
    assert ground.spend.readings("18", [BEFORE, DAY]).keys() == {BEFORE}


def test_where_the_projects_cannot_be_read_the_other_days_are_good_nevertheless(ground: Ground) -> None:
    ground.error = AWAY
    found = ground.read({BEFORE: (WHOLE, "100"), DAY: (WHOLE, "140")})
    assert (states(found), found.unread, found.noted) == ([DayState.LOADED, DayState.INCOMPLETE], AWAY, {})
    trouble = found.days[1].trouble
    assert trouble
    assert "the service is away" in trouble.message


def test_short_days_far_apart_are_weighed_by_one_reading_of_the_witness(ground: Ground) -> None:
    long_ago = DAY - timedelta(days=40)
    ground.projects = {long_ago: Decimal(100), DAY: Decimal(100)}
    found = ground.read({long_ago: (WHOLE, "140"), DAY: (WHOLE, "140")})
    assert found.noted.keys() == {long_ago, DAY}  # both are whole by the projects
    assert all(noted.since == SEVEN for noted in found.noted.values())
    assert ground.calls == 1


@pytest.mark.parametrize(
    ("ago", "rows", "missed"),
    [(1, 5, True), (LATELY.days, 5, True), (LATELY.days + 1, 5, False), (1, 0, False)],
    ids=["rows the day before", "two weeks before", "before that", "an empty day before"],
)
def test_a_day_without_any_row_misses_them_if_days_shortly_before_were_loaded_with_rows(
    ground: Ground, ago: int, rows: int, *, missed: bool
) -> None:
    ground.loaded[AccountDay("18", DAY - timedelta(days=ago))] = Loaded(rows, "60", "c1", SEVEN)
    trouble = ground.read({DAY: ({}, "140")}).days[0].trouble
    assert trouble
    assert ("has no rows, though it had some lately" in trouble.message) is missed


def test_rows_of_another_day_in_the_same_reading_show_that_there_should_be_some(ground: Ground) -> None:
    trouble = ground.read({BEFORE: (WHOLE, "100"), DAY: ({}, "140")}).days[1].trouble
    assert trouble
    assert "has no rows" in trouble.message


def test_a_promotion_that_was_there_at_the_last_good_reading_is_missed(ground: Ground) -> None:
    ground.read({DAY: (WHOLE, "100")})
    ground.projects = {DAY: Decimal(60)}
    found = ground.read({DAY: ({"p1": "60"}, "100")})
    trouble = found.days[0].trouble
    assert trouble
    assert "p2" in trouble.message
    assert ground.spend.readings("18", [DAY])[DAY].costs == {"p1": Decimal(60), "p2": Decimal(40)}  # not overwritten


def test_a_day_that_balances_later_is_noted_no_more(ground: Ground) -> None:
    ground.projects = {DAY: Decimal(100)}
    ground.read({DAY: (WHOLE, "140")})
    assert ground.spend.noted("18").keys() == {DAY}
    ground.read({DAY: (WHOLE, "100")})
    assert ground.spend.noted("18") == {}


def test_an_accepted_day_stays_noted_and_is_the_last_good_reading(ground: Ground) -> None:
    ground.projects = {DAY: Decimal(100)}
    for ground.now in (SEVEN, SEVEN + LATER):
        ground.read({DAY: (WHOLE, "140")})
    assert ground.spend.noted("18")[DAY].accepted
    assert ground.spend.readings("18", [DAY])[DAY].total == Decimal(140)
    assert ground.read({DAY: (WHOLE, "140")}).noted == {}  # nothing new
    assert ground.spend.noted("18")[DAY].accepted


def test_a_day_that_only_a_later_reading_can_make_good_is_not_read_again_at_once(ground: Ground) -> None:
    usual = {BEFORE: Noted(amount=Decimal(40), accepted=True)}
    ground.spend.learn("18", DAY, noted=usual, balanced=[], readings={})
    found = ground.read({DAY: ({}, "140")})
    assert (states(found), found.look_again) == ([DayState.INCOMPLETE], False)


def loaded(rows: int) -> Loaded:
    return Loaded(rows, "0", "", SEVEN)


@pytest.mark.parametrize(
    ("known", "state", "again"),
    [
        ({}, DayState.EMPTY, True),  # it may be a report that is not there yet
        ({DAY: 0}, DayState.EMPTY, False),
        ({BEFORE: 3}, DayState.INCOMPLETE, True),
        ({DAY: 3}, DayState.INCOMPLETE, True),
    ],
)
def test_a_day_without_materials_on_which_the_account_spent_is_judged_by_what_is_loaded(
    ground: Ground, known: Mapping[date, int], state: DayState, *, again: bool
) -> None:
    ground.ctx.report = MATERIAL
    ground.loaded |= {AccountDay("18", day): loaded(rows) for day, rows in known.items()}
    found = ground.read({DAY: ({}, "140")})
    assert (states(found), found.look_again, ground.calls) == ([state], again, 0)


def test_materials_of_the_day_before_that_are_read_with_it_count_as_loaded_ones(ground: Ground) -> None:
    ground.ctx.report = MATERIAL
    found = ground.read({BEFORE: (WHOLE, "140"), DAY: ({}, "140")})
    assert (states(found), found.look_again) == ([DayState.LOADED, DayState.INCOMPLETE], True)
    ground.options["18"] = AccountOptions(expected=True)
    assert states(ground.read({BEFORE: (WHOLE, "140"), DAY: ({}, "140")})) == [DayState.LOADED, DayState.EMPTY]
