"""A backfill of several batches is loaded once it is known that all of its rows fit."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import cast

import pytest

from pipeline.context import Context
from pipeline.core.errors import Busy, TableFull, Trouble
from pipeline.core.model import Account, DayRange
from pipeline.core.outcome import Run
from pipeline.core.runs.plan import parts
from pipeline.steps.table.capacity import require_capacity

NOW = datetime(2026, 2, 2, 7, tzinfo=UTC)
RUN = Run(
    run_id="backfill-2025",
    day=date(2026, 2, 1),
    days=DayRange(date(2025, 1, 1), date(2025, 12, 31)),
    accounts=(Account("18", "城东店"),),
    started_at=NOW,
    deadline=NOW + timedelta(minutes=5),
    backfill=True,
    rows_a_day=1000,
)
FULL = TableFull("the rows do not fit", what_to_do="请换新表。").trouble()
LOST = Trouble(reason="interrupted", message="m", what_to_do="w")


@dataclass
class Remembered:
    """A run, whether its capacity was checked, and why it was given up."""

    run: Run = RUN
    checked: bool = False
    given_up: Trouble | None = None
    now: datetime = NOW

    def context(self) -> Context:
        ledger = SimpleNamespace(run=lambda _: self.run, given_up=lambda _: self.given_up)
        outcomes = SimpleNamespace(is_done=lambda *_: self.checked)
        return cast("Context", SimpleNamespace(ledger=ledger, outcomes=outcomes, now=lambda: self.now))


def require(remembered: Remembered) -> None:
    require_capacity(remembered.context(), parts(RUN)[-1])


def test_a_batch_waits_for_the_check() -> None:
    with pytest.raises(Busy):
        require(Remembered())


@pytest.mark.parametrize(
    "remembered",
    [
        Remembered(checked=True),
        Remembered(now=RUN.deadline + timedelta(seconds=1)),
        Remembered(replace(RUN, backfill=False)),
        Remembered(replace(RUN, days=DayRange(RUN.days.last, RUN.days.last))),
        Remembered(checked=True, given_up=LOST),
    ],
    ids=["checked", "after the deadline", "no backfill", "one batch", "given up for another reason"],
)
def test_a_batch_is_loaded_where_nothing_is_to_be_waited_for(remembered: Remembered) -> None:
    require(remembered)


def test_no_batch_is_loaded_where_the_rows_do_not_fit() -> None:
    with pytest.raises(TableFull, match="do not fit") as caught:
        require(Remembered(checked=True, given_up=FULL))
    assert caught.value.what_to_do == FULL.what_to_do
