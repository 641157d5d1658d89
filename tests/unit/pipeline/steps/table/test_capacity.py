"""A backfill of several batches is loaded once it is known that all of its rows fit."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from pipeline.context import Context
from pipeline.core.chain import alone
from pipeline.core.errors import Busy, LaikeError, Retryable, TableFull, Trouble
from pipeline.core.model import Account, DayRange
from pipeline.core.outcome import Run
from pipeline.core.reports import PROMOTION
from pipeline.core.runs.plan import parts
from pipeline.core.table.columns import DEFAULT_COLUMNS
from pipeline.steps.table import capacity as step
from pipeline.steps.table.capacity import check_capacity, require_capacity
from tests.unit.pipeline.core.tables import fields

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
TWO = replace(RUN, accounts=(Account("18", "城东店"), Account("19", "城西店")), rows_a_day=0)
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


@dataclass
class Ground:
    """A backfill of two accounts, a table that takes 100 rows, and what the source would bring."""

    held: int = 0  # rows of the whole table
    there: int = 0  # of them on the backfill's days
    each: int = 0  # rows of each account in the source
    run: Run = TWO
    remembered: int | None = None  # the last count of the table, if it was lately
    error: LaikeError | None = None
    given_up: Trouble | None = None
    counted: bool = False

    def checked(self, monkeypatch: pytest.MonkeyPatch) -> bool:
        """Whether the rows fit, or it is left to the batches."""
        monkeypatch.setattr(step, "report_rows", self._rows)
        check_capacity(self._context(), self.run.run_id)
        return self.given_up is None

    def _rows(self, *_: object) -> int:
        self.counted = True
        if self.error:
            raise self.error
        return self.each

    def _count(self, search: Mapping[str, object] | None = None) -> int:
        return self.there if search else self.held

    def _context(self) -> Any:  # noqa: ANN401 stands for a Context
        tables = SimpleNamespace(fields=lambda _: fields())
        base = SimpleNamespace(records=lambda: SimpleNamespace(count=self._count), tables=tables, table_id="tbl1")
        ctx: Any = SimpleNamespace(
            chain=alone("tbl1"),
            at_table=lambda _: ctx,
            ledger=SimpleNamespace(run=lambda _: self.run, give_up=lambda _, why: setattr(self, "given_up", why)),
            table_facts=SimpleNamespace(
                rows=lambda: {} if self.remembered is None else {NOW.date(): self.remembered},
                counted_lately=lambda: True,
                field_ids=dict,
            ),
            base=lambda _: base,
            base_facts=SimpleNamespace(zone=lambda: "Asia/Shanghai"),
            oceanengine=lambda _: None,
            report=PROMOTION,
            settings=SimpleNamespace(columns=DEFAULT_COLUMNS, table_max_rows=100),
        )
        return ctx


@pytest.mark.parametrize(
    ("held", "there", "each", "fits"),
    [
        (60, 0, 20, True),  # 60 + 2 × 20 = 100
        (61, 0, 20, False),
        (90, 30, 20, True),  # 30 of the 40 are there: 90 + 10 = 100
        (91, 30, 20, False),
        (101, 60, 20, False),  # people's rows on these days make no room
    ],
)
def test_a_backfill_is_given_up_before_its_first_write_if_its_new_rows_do_not_fit(
    monkeypatch: pytest.MonkeyPatch, held: int, there: int, each: int, *, fits: bool
) -> None:
    ground = Ground(held, there, each)
    assert ground.checked(monkeypatch) is fits
    assert ground.given_up is None or ground.given_up.reason == TableFull.reason


def test_what_does_not_fit_is_told_in_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    ground = Ground(held=91, there=30, each=20)
    ground.checked(monkeypatch)
    assert ground.given_up
    assert "about 10 rows to create do not fit: the table holds 91 of 100" in ground.given_up.message


@pytest.mark.parametrize(
    "change",
    [{"backfill": False}, {"days": DayRange(RUN.days.last, RUN.days.last)}],
    ids=["a daily run", "one batch"],
)
def test_a_run_whose_load_checks_for_itself_is_not_counted(
    monkeypatch: pytest.MonkeyPatch, change: dict[str, Any]
) -> None:
    ground = Ground(held=100, each=20)
    ground.run = replace(ground.run, **change)
    assert ground.checked(monkeypatch)
    assert not ground.counted


@pytest.mark.parametrize(
    ("rows_a_day", "days", "counted"),
    [(1, 30, False), (1, 40, True), (0, 30, True)],  # 0 + 2 × 40 are eighty of a hundred: near enough to count
    ids=["ample", "not ample", "nobody knows"],
)
def test_the_source_is_not_asked_while_twice_the_expected_rows_leave_much_capacity(
    monkeypatch: pytest.MonkeyPatch, rows_a_day: int, days: int, *, counted: bool
) -> None:
    last = RUN.days.last
    ground = Ground(remembered=0)
    of_many = tuple(Account(str(n), f"{n} 店") for n in range(201))  # two batches of each block of days
    ground.run = replace(
        ground.run, accounts=of_many, rows_a_day=rows_a_day, days=DayRange(last - timedelta(days=days - 1), last)
    )
    assert ground.checked(monkeypatch)
    assert ground.counted is counted


def test_a_table_that_was_not_counted_lately_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    ground = Ground(held=100, each=1)
    ground.run = replace(ground.run, rows_a_day=1)
    assert not ground.checked(monkeypatch)


def test_rows_that_cannot_be_counted_give_nothing_up(monkeypatch: pytest.MonkeyPatch) -> None:
    ground = Ground(held=100, each=20, error=Retryable("the service is away"))
    assert ground.checked(monkeypatch)
    assert ground.counted
