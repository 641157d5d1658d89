"""What earlier attempts at a backfill leave to do."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from pipeline.core.coverage.day import LastOutcome, Loaded
from pipeline.core.errors import Trouble
from pipeline.core.model import Account, AccountDay, DayRange
from pipeline.core.outcome import DayState, Run, RunState
from pipeline.core.runs.plan import BATCH_ROWS, ENDING_S, backfill_id
from pipeline.core.runs.summary import bare_summary
from pipeline.state.coverage.book import DayBook
from pipeline.state.coverage.coverage import Coverage
from pipeline.state.coverage.last_outcomes import LastOutcomes
from pipeline.state.no_redis import in_memory
from pipeline.state.runs.ledger import Ledger
from pipeline.steps.runs.backfill import open_attempt, rows_a_day, stop, taken_up
from tests.chains import only
from tests.unit.pipeline.steps.runs.fakes import DAY, RUN, SEVEN

DAYS = DayRange(DAY - timedelta(days=2), DAY)  # three batches of one day, since each has as many rows as a batch takes
WHY = Trouble(reason="stopped", message="m", what_to_do="w")
HOUR = timedelta(hours=1)


def backfill(run_id: str, began: datetime, **other: Any) -> Run:  # noqa: ANN401 fields of a run
    made = replace(
        RUN, run_id=backfill_id(DAYS, run_id), days=DAYS, backfill=True, table_id="tbl1", rows_a_day=BATCH_ROWS
    )
    return replace(made, started_at=began, deadline=began + timedelta(minutes=5), **other)


WANTED = backfill("now", SEVEN)


class Ground:
    """Backfills of the past, and what is known of their days."""

    def __init__(self) -> None:
        client = in_memory()
        self.ledger, self.coverage, self.last = (
            Ledger(client),
            Coverage(client, only("tbl1")),
            LastOutcomes(client, only("tbl1")),
        )
        self.alive: set[str] = set()
        self.ctx: Any = SimpleNamespace(
            ledger=self.ledger,
            coverage=self.coverage,
            book=DayBook(self.coverage, self.last),
            pulse=SimpleNamespace(silent_s=lambda run_id: 0.0 if run_id in self.alive else 1e9),
            now=lambda: SEVEN,
            shared_now=lambda: SEVEN,
            of=lambda _: self.ctx,
        )

    def attempt(self, hours_ago: float, state: RunState | None = None, **other: Any) -> Run:  # noqa: ANN401 of a run
        """An attempt that ended so, or that has no end."""
        run = backfill(f"{hours_ago}", SEVEN - hours_ago * HOUR, **other)
        self.ledger.open(run)
        if state:
            self.ledger.close(replace(bare_summary(run, WHY, SEVEN), state=state))
        return run

    def loaded(self, batches: Iterable[int], hours_ago: float, rows: int = 2) -> None:
        """Both accounts' days of these batches were loaded then."""
        days = [list(DAYS)[batch] for batch in batches]
        self.learn(days, Loaded(rows, "1.00", "c1", SEVEN - hours_ago * HOUR))

    def learn(self, days: Iterable[date], loaded: Loaded) -> None:
        places = [AccountDay(account.id, day) for account in RUN.accounts for day in days]
        self.coverage.learn(dict.fromkeys(places, loaded), SEVEN)

    def taken_up(self) -> tuple[int, ...]:
        """The batches that the wanted backfill takes over."""
        return taken_up(self.ctx, WANTED).loaded_before


@pytest.fixture
def ground() -> Ground:
    return Ground()


def test_without_an_earlier_attempt_everything_is_to_do(ground: Ground) -> None:
    ground.loaded([0, 1, 2], hours_ago=1)
    assert taken_up(ground.ctx, WANTED) == WANTED


def test_what_a_dead_attempt_loaded_is_taken_over_and_the_attempt_is_stopped(ground: Ground) -> None:
    dead = ground.attempt(2)
    ground.loaded([0, 2], hours_ago=1)
    assert ground.taken_up() == (0, 2)
    why = ground.ledger.given_up(dead.run_id)
    assert why
    assert why.reason == "stopped"


def test_an_attempt_that_ended_in_part_is_taken_over_and_stays_as_it_ended(ground: Ground) -> None:
    ended = ground.attempt(2, RunState.PARTIAL)
    ground.loaded([1], hours_ago=1)
    assert ground.taken_up() == (1,)
    assert ground.ledger.given_up(ended.run_id) is None


def test_what_was_loaded_before_the_attempt_began_is_fetched_anew(ground: Ground) -> None:
    ground.attempt(2)
    ground.loaded([0], hours_ago=3)
    ground.loaded([1], hours_ago=2)
    assert ground.taken_up() == (1,)


def test_attempts_in_a_row_are_taken_over_together(ground: Ground) -> None:
    ground.attempt(6)
    ground.loaded([0], hours_ago=5)
    ground.attempt(2)
    ground.loaded([1], hours_ago=1)
    assert ground.taken_up() == (0, 1)


def test_a_success_is_the_end_of_what_is_taken_over(ground: Ground) -> None:
    earlier = ground.attempt(6)
    ground.attempt(4, RunState.SUCCESS)
    ground.loaded([0], hours_ago=5)
    assert ground.taken_up() == ()
    ground.attempt(2)
    ground.loaded([1], hours_ago=1)
    assert ground.taken_up() == (1,)
    assert ground.ledger.given_up(earlier.run_id) is None


def test_plans_of_other_days_are_not_read(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    own = ground.attempt(2)
    ground.ledger.open(replace(own, run_id=backfill_id(DayRange(DAYS.first, DAYS.first), "x")))
    read: list[str] = []

    def plans(ids: list[str]) -> list[Run]:
        read.extend(ids)
        return []

    monkeypatch.setattr(ground.ledger, "plans", plans)
    ground.taken_up()
    assert read == [own.run_id]


@pytest.mark.parametrize(
    "other",
    [
        {"days": DayRange(DAYS.first, DAY - timedelta(days=1))},
        {"accounts": RUN.accounts[:1]},
        {"table_id": "tbl2"},
        {"run_id": "daily-2026-02-11"},
    ],
    ids=["days", "accounts", "table", "kind of run"],
)
def test_a_run_of_other_days_accounts_table_or_kind_is_no_attempt(ground: Ground, other: dict[str, Any]) -> None:
    run = replace(backfill("other", SEVEN - 2 * HOUR), **other)
    ground.ledger.open(run)
    ground.loaded([0, 1, 2], hours_ago=1)
    assert ground.taken_up() == ()
    assert ground.ledger.given_up(run.run_id) is None


def test_it_is_cut_into_batches_as_the_newest_attempt_was(ground: Ground) -> None:
    ground.attempt(6, rows_a_day=1)
    ground.attempt(2, rows_a_day=BATCH_ROWS // 2)  # two days a batch
    ground.loaded([0, 1], hours_ago=1)
    taken = taken_up(ground.ctx, WANTED)
    assert (taken.rows_a_day, taken.loaded_before) == (BATCH_ROWS // 2, (0,))


def test_a_batch_of_which_a_day_is_missing_in_doubt_or_a_day_old_is_fetched_anew(ground: Ground) -> None:
    ground.attempt(30)
    ground.loaded([0], hours_ago=25)
    ground.loaded([1, 2], hours_ago=1)
    first, doubtful = RUN.accounts[0].id, LastOutcome(state=DayState.INCOMPLETE, written=True, as_of=SEVEN)
    ground.last.learn({AccountDay(first, list(DAYS)[1]): doubtful}, SEVEN)
    assert ground.taken_up() == (2,)


def test_an_attempt_is_under_way_while_it_has_no_end_and_lives_or_is_in_time(ground: Ground) -> None:
    run = ground.attempt(2)
    assert open_attempt(ground.ctx, WANTED) is None
    ground.alive.add(run.run_id)
    assert open_attempt(ground.ctx, WANTED) == run
    ground.ledger.close(bare_summary(run, WHY, SEVEN))
    assert open_attempt(ground.ctx, WANTED) is None
    in_time = ground.attempt((300 + ENDING_S) / 3600)
    assert open_attempt(ground.ctx, WANTED) == in_time


def test_the_rows_of_a_day_are_the_sum_of_each_account_s_fullest_day_of_the_last_week(ground: Ground) -> None:
    full, half = (Loaded(rows, "1.00", "c1", SEVEN) for rows in (800, 400))
    ground.learn([DAY - timedelta(days=6)], full)
    ground.learn([DAY], half)
    ground.learn([DAY - timedelta(days=7)], replace(full, rows=5000))
    assert rows_a_day(ground.ctx, RUN.accounts) == 1600
    assert rows_a_day(ground.ctx, [Account("9", "新店")]) == 0


def test_a_backfill_that_was_given_up_before_it_is_stopped_keeps_its_reason(ground: Ground) -> None:
    run = ground.attempt(1)
    ground.ledger.give_up(run.run_id, replace(WHY, reason="table_full"))
    stop(ground.ctx, run)
    given_up = ground.ledger.given_up(run.run_id)
    assert given_up
    assert given_up.reason == "table_full"
