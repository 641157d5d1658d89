"""What the group has heard, and which trouble is over."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from pipeline.core.errors import NeedsAuthorization, NeedsPerson, Trouble
from pipeline.core.model import Account, AccountDay, DayRange, china_day
from pipeline.core.outcome import AccountResult, DayState, Run, RunState, Summary
from pipeline.core.telling.recovery import Recovery
from pipeline.state.no_redis import in_memory
from pipeline.state.runs.ledger import Ledger
from pipeline.state.telling.told import Told
from pipeline.state.telling.untold import Untold
from pipeline.steps.telling import hearing as step
from pipeline.steps.telling.hearing import TOKEN_TROUBLES, heard, keep_for_later, mends, recoveries, unheard

DAY = date(2026, 2, 11)
NOW = datetime(2026, 2, 12, 7, 1, tzinfo=UTC)
TODAY, YESTERDAY = china_day(NOW), china_day(NOW) - timedelta(days=1)
EAST, WEST = Account("1801", "城东店"), Account("1802", "城西店")
GOOD, BAD = DayState.LOADED, DayState.FAILED
DEAD = NeedsAuthorization("the token is dead", link="https://oceanengine.example/auth").trouble()


class Ground:
    """Runs that ended, what the group was told of them, and who still owes days."""

    def __init__(self) -> None:
        client = in_memory()
        self.told, self.untold, self.ledger = Told(client), Untold(client), Ledger(client)
        self.owing: dict[str, tuple[date, ...]] = {}
        self.ctx: Any = SimpleNamespace(told=self.told, untold=self.untold, ledger=self.ledger, now=lambda: NOW)

    def ended(
        self,
        run_id: str,
        hours_ago: float,
        states: Mapping[Account, DayState],
        *,
        card: bool = True,
        trouble: Trouble | None = None,
    ) -> Summary:
        """A run that began then, and left its accounts in these states."""
        began, days = NOW - timedelta(hours=hours_ago), DayRange(DAY, DAY)
        run = Run(run_id=run_id, day=DAY, days=days, accounts=tuple(states), started_at=began, deadline=NOW)
        bad = [one for one in states.values() if not one.good]
        end = Summary(
            run_id=run_id,
            state=RunState.SUCCESS if not bad else RunState.PARTIAL if len(bad) < len(states) else RunState.FAILED,
            day=DAY,
            days=days,
            accounts=tuple(result(account, state) for account, state in states.items()),
            trouble=trouble,
            started_at=began,
            ended_at=NOW,
        )
        self.ledger.open(run)
        self.ledger.close(end)
        if card:
            self.told.mark_run(run_id)
        return end

    def token_told(self) -> set[tuple[date, str]]:
        days = (TODAY, YESTERDAY, YESTERDAY - timedelta(days=1))
        return {(day, what) for day in days for what in TOKEN_TROUBLES if self.told.of_trouble(day, what)}


def result(account: Account, state: DayState) -> AccountResult:
    nothing = {"rows": 0, "cost": Decimal(0), "window_rows": 0, "window_cost": Decimal(0)}
    return AccountResult(id=account.id, name=account.name, state=state, **nothing)  # type: ignore[arg-type]


@pytest.fixture
def ground(monkeypatch: pytest.MonkeyPatch) -> Ground:
    made = Ground()
    monkeypatch.setattr(step, "owed", lambda *_: made.owing)
    return made


def test_a_trouble_on_a_card_is_over_once_its_account_owes_nothing(ground: Ground) -> None:
    first = ground.ended("daily", 6, {EAST: BAD, WEST: GOOD})
    ground.ended("catch-up", 3, {EAST: BAD})
    good = ground.ended("settle", 0, {EAST: GOOD, WEST: GOOD})
    assert recoveries(ground.ctx, good) == (Recovery((EAST.name,), first.started_at),)
    ground.owing = {EAST.id: (DAY,)}
    assert recoveries(ground.ctx, good) == ()


def test_of_two_accounts_the_one_that_owes_a_day_is_not_back_and_the_longest_trouble_dates_it(ground: Ground) -> None:
    first = ground.ended("daily", 6, {EAST: BAD, WEST: GOOD})
    second = ground.ended("catch-up", 3, {WEST: BAD})
    good = ground.ended("settle", 0, {EAST: GOOD, WEST: GOOD})
    assert recoveries(ground.ctx, good) == (Recovery((EAST.name, WEST.name), first.started_at),)
    ground.owing = {EAST.id: (DAY,)}
    assert recoveries(ground.ctx, good) == (Recovery((WEST.name,), second.started_at),)


@pytest.mark.parametrize(
    ("hours_ago", "card"),
    [(6, False), (-1, True), (0, True)],
    ids=["was on no card", "is of a run that began later", "is of a run that began with it"],
)
def test_a_trouble_of_which_the_group_has_not_heard_before_is_not_told_as_over(
    ground: Ground, hours_ago: float, *, card: bool
) -> None:
    ground.ended("other", hours_ago, {EAST: BAD}, card=card)
    assert recoveries(ground.ctx, ground.ended("settle", 0, {EAST: GOOD})) == ()


def test_the_run_s_own_card_does_not_hide_the_one_before(ground: Ground) -> None:
    ground.ended("daily", 6, {EAST: BAD})
    good = ground.ended("settle", 0, {EAST: GOOD}, card=True)
    assert recoveries(ground.ctx, good)


def test_a_run_mends_what_was_on_a_card(ground: Ground) -> None:
    good = ground.ended("settle", 0, {EAST: GOOD})
    assert not mends(ground.ctx, good)
    ground.ended("daily", 6, {EAST: BAD})
    assert mends(ground.ctx, good)


@pytest.mark.parametrize(
    ("day", "over"), [(TODAY, True), (YESTERDAY, True), (YESTERDAY - timedelta(days=1), False)], ids=str
)
def test_a_run_with_a_good_account_mends_a_trouble_of_the_token_told_since_yesterday(
    ground: Ground, day: date, *, over: bool
) -> None:
    ground.told.mark_trouble(day, TOKEN_TROUBLES[0])
    assert mends(ground.ctx, ground.ended("settle", 0, {EAST: GOOD, WEST: BAD})) is over
    assert not mends(ground.ctx, ground.ended("failed", 0, {EAST: BAD}))


def test_a_card_of_a_good_run_ends_the_troubles_of_the_token_so_that_a_new_one_is_told(ground: Ground) -> None:
    for day, what in ((TODAY, TOKEN_TROUBLES[0]), (YESTERDAY, TOKEN_TROUBLES[1])):
        ground.told.mark_trouble(day, what)
    heard(ground.ctx, ground.ended("failed", 1, {EAST: BAD}, trouble=NeedsPerson("no right").trouble()), [])
    assert len(ground.token_told()) == 2
    heard(ground.ctx, ground.ended("settle", 0, {EAST: GOOD}), [])
    assert ground.token_told() == set()


def test_a_card_with_the_link_to_authorize_has_told_of_the_dead_token(ground: Ground) -> None:
    heard(ground.ctx, ground.ended("daily", 0, {EAST: GOOD, WEST: BAD}, trouble=DEAD), [])
    assert ground.token_told() == {(TODAY, TOKEN_TROUBLES[0])}


@pytest.mark.parametrize(
    ("has", "kept"),
    [({}, False), ({"news": ("一店恢复",)}, True), ({"restatements": (AccountDay("1801", DAY),)}, True)],
    ids=["nothing", "news", "corrections"],
)
def test_a_run_without_a_card_leaves_what_no_other_run_says(ground: Ground, has: dict[str, Any], *, kept: bool) -> None:
    keep_for_later(ground.ctx, replace(ground.ended("by-hand", 0, {EAST: GOOD}), **has))
    assert (ground.untold.quiet() == ["by-hand"]) is kept


def test_a_card_tells_what_earlier_runs_left_and_then_it_is_left_no_more(ground: Ground) -> None:
    runs = [ground.ended(run_id, 0, {EAST: GOOD}) for run_id in ("first", "second", "now")]
    for minute, run in enumerate(runs):
        ground.untold.learn_quiet(run.run_id, NOW + timedelta(minutes=minute))
    ground.untold.learn_quiet("of a lost Redis", NOW)
    left = unheard(ground.ctx, runs[-1])
    assert [run.run_id for run in left] == ["second", "first"]
    heard(ground.ctx, runs[-1], left)
    assert ground.untold.quiet() == ["of a lost Redis"]
