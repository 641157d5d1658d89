"""Batches that an earlier attempt loaded: carried over only while the table has them unchanged."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from pipeline.core.coverage.day import LastOutcome, Loaded
from pipeline.core.coverage.standing import table_days
from pipeline.core.errors import Busy
from pipeline.core.model import AccountDay, FoundRow
from pipeline.core.outcome import DayState
from pipeline.core.runs.flow import READ, Step
from pipeline.core.runs.plan import places
from pipeline.state import codec, keys
from pipeline.state.coverage.book import DayBook
from pipeline.state.coverage.coverage import Coverage
from pipeline.state.coverage.last_outcomes import LastOutcomes
from pipeline.steps.runs.carried import AS_LEFT, as_left, carried, is_carried
from tests.chains import only
from tests.unit.pipeline.steps.runs.fakes import DAY, RUN, SEVEN, WorkingContext

PART = replace(RUN, run_id="backfill-1", backfill=True, loaded_before=(0,))
NOT_BEFORE = replace(PART, loaded_before=(1,))
EAST, WEST = (AccountDay(account.id, DAY) for account in RUN.accounts)
ROWS = [
    FoundRow(f"rec{n}", DAY, str(n), account.name, Decimal(n), {"消耗(元)": Decimal(n)})
    for n, account in enumerate(RUN.accounts, 1)
]


class Ground(WorkingContext):
    """A backfill, what an earlier attempt loaded, and how the early read ended."""

    def __init__(self) -> None:
        super().__init__(PART)
        self.coverage, self.last_outcomes = (
            Coverage(self.client, only("tbl1")),
            LastOutcomes(self.client, only("tbl1")),
        )
        self.book = DayBook(self.coverage, self.last_outcomes)
        there = table_days(ROWS, places(PART))
        as_of = SEVEN - timedelta(hours=1)
        loaded = {at: Loaded(1, f"{n}.00", "c", as_of, table=there[at].digest) for n, at in enumerate((EAST, WEST), 1)}
        self.coverage.learn(loaded, SEVEN)
        self.ctx: Any = self

    def shared_now(self) -> Any:  # noqa: ANN401 a time
        return self.now_is

    def early_read(self, outcome: int) -> None:
        self.client.hset(keys.run(PART.run_id), f"step:{Step(READ)}", codec.dump(outcome, int))


@pytest.fixture
def ground() -> Ground:
    return Ground()


def test_a_batch_whose_rows_are_those_that_were_read_back_is_as_it_was_left(ground: Ground) -> None:
    assert as_left(ground.ctx, PART, ROWS)


@pytest.mark.parametrize(
    "rows",
    [ROWS[:1], [ROWS[0], replace(ROWS[1], cells={"消耗(元)": Decimal(9)}, cost=Decimal(9))], [*ROWS, ROWS[1]]],
    ids=["one is gone", "one was edited", "one is doubled"],
)
def test_a_batch_whose_rows_changed_is_fetched(ground: Ground, rows: list[FoundRow]) -> None:
    assert not as_left(ground.ctx, PART, rows)


def test_a_batch_of_which_a_day_is_not_good_or_too_old_is_fetched(ground: Ground) -> None:
    ground.now_is = SEVEN + timedelta(days=1)
    assert not as_left(ground.ctx, PART, ROWS)
    ground.now_is = SEVEN
    ground.last_outcomes.learn({WEST: LastOutcome(state=DayState.INCOMPLETE, as_of=SEVEN)}, SEVEN)
    assert not as_left(ground.ctx, PART, ROWS)


def test_a_batch_that_no_attempt_loaded_is_fetched(ground: Ground) -> None:
    assert not as_left(ground.ctx, NOT_BEFORE, ROWS)
    ground.early_read(AS_LEFT)
    assert not is_carried(ground.ctx, NOT_BEFORE)
    assert carried(ground.ctx, NOT_BEFORE, EAST.account_id) is None


@pytest.mark.parametrize(("early", "there"), [(AS_LEFT, True), (-1, False), (2, False)])
def test_the_early_read_says_whether_a_batch_is_carried(ground: Ground, early: int, *, there: bool) -> None:
    ground.early_read(early)
    assert is_carried(ground.ctx, PART) is there
    assert (carried(ground.ctx, PART, EAST.account_id) is not None) is there


def test_a_fetch_waits_for_the_early_read_until_the_deadline(ground: Ground) -> None:
    assert not is_carried(ground.ctx, PART)
    with pytest.raises(Busy):
        carried(ground.ctx, PART, EAST.account_id)
    ground.now_is = PART.deadline + timedelta(seconds=1)
    assert carried(ground.ctx, PART, EAST.account_id) is None


def test_a_carried_account_is_told_as_it_was_loaded(ground: Ground) -> None:
    ground.early_read(AS_LEFT)
    fetch = carried(ground.ctx, PART, WEST.account_id)
    assert fetch
    [day] = fetch.days
    assert (day.state, day.rows, day.cost) == (DayState.LOADED, 1, Decimal("2.00"))
    assert (fetch.rows, fetch.as_of) == (1, SEVEN - timedelta(hours=1))


def test_a_carried_day_whose_record_is_lost_since_is_missing(ground: Ground) -> None:
    ground.early_read(AS_LEFT)
    ground.client.delete(keys.coverage("tbl1", EAST.account_id))
    fetch = carried(ground.ctx, PART, EAST.account_id)
    assert fetch
    assert [day.state for day in fetch.days] == [DayState.MISSING]
    assert fetch.as_of == PART.started_at
