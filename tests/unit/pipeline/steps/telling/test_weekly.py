"""When the week's card is sent."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from pipeline.core.coverage.grid import AccountCoverage
from pipeline.core.errors import Retryable
from pipeline.core.model import CHINA, Account, DayRange
from pipeline.core.outcome import Run
from pipeline.state.no_redis import in_memory
from pipeline.state.telling.told import Told
from pipeline.steps.telling import weekly as step
from pipeline.steps.telling.weekly import last_week, tell_week

SUNDAY = date(2026, 2, 8)
MONDAY = datetime(2026, 2, 9, 10, 40, tzinfo=CHINA)
SETTLE = Run(
    run_id="settle-2026-02-08",
    day=SUNDAY,
    days=DayRange(SUNDAY, SUNDAY),
    accounts=(Account("1801", "城东店"),),
    started_at=MONDAY,
    deadline=MONDAY,
)


class Ground:
    """A group with a bot, and accounts whose coverage is asked for."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.cards: list[Any] = []
        self.asked: DayRange | None = None
        self.error: Exception | None = None
        self.now = MONDAY
        bot = SimpleNamespace(send=lambda card, _: self.cards.append(card))
        self.ctx: Any = SimpleNamespace(
            settings=SimpleNamespace(report_weekly=True),
            bot=lambda: bot,
            told=Told(in_memory()),
            now=lambda: self.now,
            pause=lambda _: None,
        )
        monkeypatch.setattr(step, "coverage", self._coverage)

    def _coverage(self, _: object, days: DayRange) -> list[AccountCoverage]:
        if self.error:
            raise self.error
        self.asked = days
        return []


@pytest.fixture
def ground(monkeypatch: pytest.MonkeyPatch) -> Ground:
    return Ground(monkeypatch)


def test_the_week_is_told_once_after_monday_s_settling_run(ground: Ground) -> None:
    tell_week(ground.ctx, SETTLE)
    tell_week(ground.ctx, SETTLE)
    [card] = ground.cards
    assert "周报 2026-02-02 至 2026-02-08" in str(card)


@pytest.mark.parametrize(
    ("run", "later"),
    [
        (replace(SETTLE, run_id="daily-2026-02-08"), timedelta(0)),
        (replace(SETTLE, run_id="settle-2026-02-09", day=SUNDAY + timedelta(days=1)), timedelta(days=1)),
        (SETTLE, timedelta(days=7)),
    ],
    ids=["the daily run", "Tuesday's", "a week late"],
)
def test_no_other_run_tells_the_week(ground: Ground, run: Run, later: timedelta) -> None:
    ground.now = MONDAY + later
    tell_week(ground.ctx, run)
    assert ground.cards == []


def test_without_the_setting_or_a_bot_the_coverage_is_not_even_read(ground: Ground) -> None:
    ground.ctx.settings.report_weekly = False
    tell_week(ground.ctx, SETTLE)
    ground.ctx.settings.report_weekly, ground.ctx.bot = True, lambda: None
    tell_week(ground.ctx, SETTLE)
    assert ground.asked is None


def test_a_week_that_cannot_be_told_does_not_fail_the_run_and_is_told_by_the_next_delivery(ground: Ground) -> None:
    ground.error = Retryable("the service is away")
    tell_week(ground.ctx, SETTLE)
    assert ground.cards == []
    ground.error = None
    tell_week(ground.ctx, SETTLE)
    assert len(ground.cards) == 1


def test_a_week_is_compared_with_the_one_before(ground: Ground) -> None:
    assert last_week(ground.ctx).days == DayRange(SUNDAY - timedelta(days=6), SUNDAY)
    assert ground.asked == DayRange(SUNDAY - timedelta(days=13), SUNDAY)
