"""The early read: what it finds, and whether the load may trust it."""

from dataclasses import replace
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from pipeline.core.errors import LaikeError, NeedsPerson
from pipeline.core.model import Account, DayRange, Key
from pipeline.core.outcome import Run
from pipeline.core.runs.plan import parts
from pipeline.core.table.columns import DEFAULT_COLUMNS
from pipeline.core.table.diff import Change
from pipeline.core.table.record import Record
from pipeline.state.runs.staging import Snapshot, packed
from pipeline.state.table.writes import Writes
from pipeline.steps.runs import early_read as step
from pipeline.steps.runs.carried import AS_LEFT
from pipeline.steps.runs.early_read import fresh_or_anew, read_table
from tests.unit.pipeline.core.tables import layout
from tests.unit.pipeline.steps.runs.fakes import DAY, RUN, SEVEN, WorkingContext

OTHER_DAY = DayRange(DAY - timedelta(days=1), DAY - timedelta(days=1))
BACKFILL = replace(RUN, run_id="backfill-1", backfill=True, loaded_before=(0,))
MANY = replace(RUN, accounts=tuple(Account(str(1000 + n), f"{n} 店") for n in range(201)))  # two batches of one day
EARLY, ANEW = "early", "anew"


def snapshot(name: str, read_at: datetime = SEVEN, writes: int = 0) -> Snapshot:
    """A reading of one row, whose id tells which one it is."""
    return Snapshot(layout(), packed([Record(name, {})]), writes, read_at)


def row_of(found: Snapshot | None) -> str | None:
    return next(iter(found.records)).record_id if found else None


class Ground(WorkingContext):
    """A table that is read anew, and what was staged of it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, run: Run = RUN) -> None:
        super().__init__(run)
        facts: Any = SimpleNamespace(base="base")
        self.writes = Writes(self.client, facts)
        self.settings.columns = DEFAULT_COLUMNS
        self.error: LaikeError | None = None
        self.unchanged = False
        monkeypatch.setattr(step, "take_snapshot", self._take)
        monkeypatch.setattr(step, "check_capacity", lambda *_: self.told.append("capacity"))
        monkeypatch.setattr(step, "as_left", lambda *_: self.unchanged)

    def base(self, _: Run) -> Any:  # noqa: ANN401 a base of which nothing but its table is looked at
        """The base."""
        return SimpleNamespace(table_id="tbl1")

    def _take(self, *_: object) -> Snapshot:
        if self.error:
            raise self.error
        return snapshot(ANEW)

    def loads_from(self) -> str | None:
        """The reading that a load uses; what is staged then is the same."""
        ctx: Any = self
        found = row_of(fresh_or_anew(ctx, RUN, ctx.base(RUN)))
        assert row_of(self.staging.snapshot(RUN.batch_id)) == found
        return found

    def read(self, batch: int = 0) -> int:
        """The outcome of the early read of a batch."""
        ctx: Any = self
        return read_table(ctx, self.run_id, batch)


@pytest.fixture
def ground(monkeypatch: pytest.MonkeyPatch) -> Ground:
    made = Ground(monkeypatch)
    made.staging.put_snapshot(RUN.batch_id, snapshot(EARLY))
    return made


def test_an_early_read_of_a_table_that_nobody_wrote_into_is_trusted(ground: Ground) -> None:
    assert ground.loads_from() == EARLY


def test_a_write_on_other_days_leaves_an_early_read_trusted_and_one_on_its_days_does_not(ground: Ground) -> None:
    ground.writes.begin_writing(OTHER_DAY)
    assert ground.loads_from() == EARLY
    ground.writes.begin_writing(DayRange(DAY, DAY))
    assert ground.loads_from() == ANEW


def test_a_write_on_its_days_into_another_table_of_the_base_leaves_it_trusted(ground: Ground) -> None:
    ground.writes.begin_writing(DayRange(DAY, DAY), "tblOther")
    assert ground.loads_from() == EARLY


def test_a_write_that_may_have_touched_every_day_makes_the_load_read_anew(ground: Ground) -> None:
    ground.writes.begin_writing()
    assert ground.loads_from() == ANEW


def test_a_write_before_the_early_read_does_not_count(ground: Ground) -> None:
    ground.writes.begin_writing()
    ground.staging.put_snapshot(RUN.batch_id, snapshot(EARLY, writes=1))
    assert ground.loads_from() == EARLY


@pytest.mark.parametrize(("age_s", "trusted"), [(59, EARLY), (60, ANEW)])
def test_an_early_read_is_trusted_for_a_minute(ground: Ground, age_s: int, trusted: str) -> None:
    ground.now_is = SEVEN + timedelta(seconds=age_s)
    assert ground.loads_from() == trusted


def test_an_early_read_of_other_columns_than_the_settings_is_not_trusted(ground: Ground) -> None:
    ground.settings.columns = DEFAULT_COLUMNS[:-1]
    assert ground.loads_from() == ANEW


def test_once_an_earlier_delivery_set_out_to_write_the_table_is_read_anew(ground: Ground) -> None:
    key = Key(DAY, "7602345678901234567")
    ground.staging.put_changes(RUN.batch_id, {key: Change(key=key, account_id="1801", created=True, old={}, new={})})
    assert ground.loads_from() == ANEW


def test_without_an_early_read_the_table_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Ground(monkeypatch).loads_from() == ANEW


def test_an_early_read_is_staged_and_says_how_many_rows_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    ground = Ground(monkeypatch)
    assert ground.read() == 1
    assert row_of(ground.staging.snapshot(RUN.batch_id)) == ANEW
    assert ground.told == ["capacity", "table_read"]


def test_an_early_read_that_fails_is_no_end_of_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    ground = Ground(monkeypatch)
    ground.error = NeedsPerson("the table cannot be read")
    assert ground.read() == -1
    assert ground.staging.snapshot(RUN.batch_id) is None


def test_a_batch_that_the_table_still_has_is_not_staged(monkeypatch: pytest.MonkeyPatch) -> None:
    ground = Ground(monkeypatch, BACKFILL)
    ground.unchanged = True
    assert ground.read() == AS_LEFT
    assert ground.staging.snapshot(BACKFILL.batch_id) is None


@pytest.mark.parametrize(
    ("run", "outcome"),
    [
        (MANY, -1),
        (replace(MANY, dry_run=True), 1),
        (replace(MANY, loaded_before=(1,)), 1),
    ],
    ids=["it follows on", "a dry run reads nothing back", "an earlier attempt loaded it"],
)
def test_a_batch_of_the_same_days_is_spared_its_read_if_the_one_before_reads_them_back(
    monkeypatch: pytest.MonkeyPatch, run: Run, outcome: int
) -> None:
    ground = Ground(monkeypatch, run)
    assert ground.read(batch=1) == outcome
    assert (ground.staging.snapshot(parts(run)[1].batch_id) is None) == (outcome == -1)


def test_only_the_first_batch_checks_the_capacity(monkeypatch: pytest.MonkeyPatch) -> None:
    ground = Ground(monkeypatch, replace(MANY, dry_run=True))
    ground.read(batch=1)
    assert "capacity" not in ground.told
    ground.read(batch=0)
    assert "capacity" in ground.told
