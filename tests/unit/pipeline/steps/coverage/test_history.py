"""The figures of the past, as the ledger keeps them."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from emulator.world.world import World
from pipeline.context import Context
from pipeline.core.coverage.history import Figures
from pipeline.core.model import AccountDay, DayRange, Totals
from pipeline.state.coverage.coverage import UNKNOWN, Loaded
from pipeline.steps.coverage.history import ACCOUNTS_AT_ONCE, history
from tests import inprocess

DAY = date(2026, 2, 11)
NOW = datetime(2026, 2, 12, 7, tzinfo=UTC)
ONE = DayRange(DAY, DAY)


@pytest.fixture
def ctx(tmp_path: Path) -> Context:
    """A context without servers."""
    return inprocess.context(World(), "tblNone", tmp_path)


def covered(ctx: Context, checksum: str, totals: Totals | None) -> Figures:
    ctx.coverage.learn({AccountDay("1", DAY): Loaded(2, "118.36", checksum, NOW, totals)})
    return history(ctx, ["1"], ONE)[AccountDay("1", DAY)]


def test_figures_are_rows_cost_and_the_account_s_conversions(ctx: Context) -> None:
    said = covered(ctx, "c1", Totals(Decimal("118.36"), Decimal(7)))
    assert said == Figures(2, Decimal("118.36"), Decimal(7))


def test_where_the_account_report_said_nothing_there_were_no_conversions(ctx: Context) -> None:
    assert covered(ctx, "c1", None).conversions == 0


def test_conversions_that_nobody_remembers_are_not_zero(ctx: Context) -> None:
    assert covered(ctx, UNKNOWN, None).conversions is None


def test_a_day_that_was_never_loaded_is_absent_and_no_account_is_forgotten(ctx: Context) -> None:
    numbers = [str(number) for number in range(2 * ACCOUNTS_AT_ONCE + 1)]
    places = [AccountDay(number, DAY) for number in numbers]
    ctx.coverage.learn(dict.fromkeys(places, Loaded(1, "1", "c", NOW)))
    assert history(ctx, numbers, DayRange(DAY, DAY + timedelta(days=1))).keys() == set(places)
