"""Accounts and days for tests of the first page: a Sunday, looked at on Monday morning."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from pipeline.core.coverage.day import DayCoverage, LastOutcome, Loaded
from pipeline.core.model import CHINA, Account, Totals
from pipeline.core.outcome import DayState
from pipeline.core.overview.today.verdict import DaySeen

DAY = date(2026, 11, 29)
EAST, WEST, NORTH = Account("1", "城东店"), Account("2", "城西店"), Account("3", "城北店")
SEVEN, SETTLED = time(7, 2), time(10, 36)


def at(clock: str, days_later: int = 0) -> datetime:
    """A time on the morning after the day."""
    return datetime.combine(DAY + timedelta(days=1 + days_later), time.fromisoformat(clock), CHINA)


def loaded(cost: str = "100", conversions: str | None = "5", read: str = "07:02", rows: int = 2) -> DayCoverage:
    """A day that was loaded at some time of that morning."""
    totals = Totals(Decimal(cost), Decimal(conversions)) if conversions is not None else None
    return DayCoverage(Loaded(rows, cost, "c" if conversions is not None else "", at(read), totals))


def bad(state: DayState = DayState.FAILED, **more: Any) -> DayCoverage:  # noqa: ANN401 fields of LastOutcome
    """A day whose last reading did not bring it."""
    return DayCoverage(last=LastOutcome(state=state, **more))


def seen(days: dict[str, DayCoverage], clock: str = "08:00", **more: Any) -> DaySeen:  # noqa: ANN401 its other fields
    """What is known of the day, by default of two accounts."""
    given: dict[str, Any] = {
        "day": DAY,
        "now": at(clock),
        "waited_for": [EAST, WEST],
        "days": days,
        "known": True,
        "daily_at": time(7),
        "due_at": at("07:05"),
        "settle_at": time(10, 35),
        "patience": timedelta(minutes=5),
    }
    return DaySeen(**given | more)
