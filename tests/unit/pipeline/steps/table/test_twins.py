"""The only rows that a sync removes: its own late twins, backed up first."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pipeline.core.errors import LaikeError, NeedsPerson, Retryable
from pipeline.core.model import Account, DayRange, ReportRow
from pipeline.core.outcome import Run
from pipeline.core.table.columns import DEFAULT_COLUMNS, TEXT
from pipeline.core.table.record import Record
from pipeline.state.no_redis import in_memory
from pipeline.state.runs.staging import Cleared, Staging
from pipeline.steps.table import twins as step
from pipeline.steps.table.twins import clear_twins, told
from tests.unit.pipeline.core.tables import DAY, ID, fields, layout

BEGAN = datetime(2026, 2, 2, 7, tzinfo=UTC)
US, THEM = "ou_app", "ou_person"
EAST, LAYOUT, FIELDS = Account("18", "城东店"), layout(), fields(other={"备注": TEXT})
RUN = Run(
    run_id="daily-2026-02-01",
    day=DAY,
    days=DayRange(DAY, DAY),
    accounts=(EAST,),
    started_at=BEGAN,
    deadline=BEGAN + timedelta(minutes=5),
)
LOST = Retryable("no answer", effect_possible=True)


def row(item_id: str = ID, cost: str = "118.36") -> ReportRow:
    figures = {column.source: Decimal(0) for column in DEFAULT_COLUMNS} | {"stat_cost": Decimal(cost)}
    return ReportRow(EAST.id, DAY, item_id, "单元", figures)


WANTED = LAYOUT.want(row(), EAST)


def record(
    name: str, after_s: int = 1, by: str | None = US, source: ReportRow | None = None, **theirs: object
) -> Record:
    """A row of the table, created so long after the run began."""
    cells = LAYOUT.encode(LAYOUT.want(source or row(), EAST).cells)
    return Record(name, {**cells, **theirs}, by, int((BEGAN.timestamp() + after_s) * 1000))


class Table:
    """Rows of a table; a delete meets the given errors in turn, before or after it acts."""

    def __init__(self, *rows: Record) -> None:
        self.rows = {one.record_id: one for one in rows}
        self.errors: list[LaikeError] = []
        self.acts_before_error = False

    def search(self, _: Mapping[str, object], __: Sequence[str]) -> Iterator[Record]:
        return iter(list(self.rows.values()))

    def batch_delete(self, record_ids: Sequence[str]) -> None:
        error = self.errors.pop(0) if self.errors else None
        if error is None or self.acts_before_error:
            self.rows = {one: found for one, found in self.rows.items() if one not in record_ids}
        if error:
            raise error


class Ground:
    """A run whose rows are in a table, perhaps more than once."""

    def __init__(self, home: Path, *rows: Record, ours: str | None = US) -> None:
        self.table, self.home, self.staging = Table(*rows), home, Staging(in_memory())
        self.wrote = False  # then early reads of the table are no longer trusted
        self.base: Any = SimpleNamespace(
            table_id="tbl1", tables=SimpleNamespace(fields=lambda _: FIELDS), records=lambda: self.table
        )
        self.ctx: Any = SimpleNamespace(
            writing=self._writing,
            base=lambda _: self.base,
            base_facts=SimpleNamespace(creator=lambda: ours),
            writes=SimpleNamespace(begin_writing=lambda: setattr(self, "wrote", True)),
            staging=self.staging,
            settings=SimpleNamespace(backups=home / "backups", bitable_table_id="tbl1"),
            now=lambda: BEGAN,
            pause=lambda _: None,
        )

    @contextmanager
    def _writing(self) -> Iterator[Any]:
        yield self.base

    def clear(self) -> tuple[str, ...]:
        return clear_twins(self.ctx, RUN, LAYOUT, [WANTED])

    def left(self) -> list[str]:
        return list(self.table.rows)

    def told(self) -> tuple[str, ...]:
        return told(self.ctx, RUN, LAYOUT, [WANTED])

    def files(self) -> list[Path]:
        return list((self.home / "backups").glob("*.jsonl.gz"))


def test_of_two_rows_that_the_run_wrote_the_younger_is_backed_up_and_removed(tmp_path: Path) -> None:
    ground = Ground(tmp_path, record("rec1", 1), record("rec2", 2))
    assert ground.clear() == ()
    assert (ground.left(), len(ground.files()), ground.wrote) == (["rec1"], 1, True)
    assert ground.told() == ("1 行重复写入的数据已备份并清除",)


@pytest.mark.parametrize(
    "other",
    [
        record("rec2", 2, by=THEM),
        record("rec2", 2, source=row(cost="1.00")),
        record("rec2", -1),
        record("rec2", 0),
    ],
    ids=["a person's", "one with other figures", "one from before the run", "one of its first millisecond"],
)
def test_a_row_that_is_no_late_twin_of_ours_stays(tmp_path: Path, other: Record) -> None:
    ground = Ground(tmp_path, record("rec1"), other)
    assert ground.clear() == ()
    assert ground.left() == ["rec1", "rec2"]
    assert (ground.told(), ground.files(), ground.wrote) == ((), [], False)


def test_a_twin_in_which_a_person_wrote_stays_and_the_bare_one_goes(tmp_path: Path) -> None:
    ground = Ground(tmp_path, record("rec1", 1), record("rec2", 2, 备注="已核对"))
    ground.clear()
    assert ground.left() == ["rec2"]
    both = Ground(tmp_path, record("rec1", 1, 备注="x"), record("rec2", 2, 备注="y"))
    both.clear()
    assert both.left() == ["rec1", "rec2"]


def test_while_it_is_not_known_which_rows_are_ours_none_is_removed(tmp_path: Path) -> None:
    ground = Ground(tmp_path, record("rec1", 1, by=None), record("rec2", 2, by=None), ours=None)
    assert ground.clear() == ()
    assert ground.left() == ["rec1", "rec2"]


def test_twins_of_a_row_that_the_run_did_not_load_stay(tmp_path: Path) -> None:
    other = row("7602345678901234568")
    ground = Ground(tmp_path, record("rec1", 1, source=other), record("rec2", 2, source=other))
    ground.clear()
    assert ground.left() == ["rec1", "rec2"]


def test_nothing_is_removed_that_cannot_be_backed_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> Path:
        raise LaikeError("no space left", what_to_do="请清理磁盘。")

    monkeypatch.setattr(step, "save_copies", full)
    ground = Ground(tmp_path, record("rec1", 1), record("rec2", 2))
    assert ground.clear() == ("重复写入的行未能清除：请清理磁盘。",)
    assert ground.left() == ["rec1", "rec2"]
    assert ground.told() == ()


@pytest.mark.parametrize("acts", [True, False], ids=["they were removed", "they were not"])
def test_a_removal_whose_answer_is_lost_is_looked_up_and_backed_up_once(tmp_path: Path, *, acts: bool) -> None:
    ground = Ground(tmp_path, record("rec1", 1), record("rec2", 2), record("rec3", 3))
    ground.table.errors, ground.table.acts_before_error = [LOST], acts
    assert ground.clear() == ()
    assert ground.left() == ["rec1"]
    assert len(ground.staging.cleared(RUN.batch_id).files) == len(ground.files()) == 1
    assert ground.told() == ("2 行重复写入的数据已备份并清除",)


def test_twins_that_cannot_be_removed_are_a_warning_and_said_to_be_there(tmp_path: Path) -> None:
    ground = Ground(tmp_path, record("rec1", 1), record("rec2", 2))
    ground.table.errors = [NeedsPerson("no right", what_to_do="请开通权限。")]
    assert ground.clear() == ("重复写入的行未能清除：请开通权限。",)
    assert ground.left() == ["rec1", "rec2"]
    assert ground.told() == ("1 行重复写入的数据已备份，但仍在表格中",)


def test_a_delivery_after_a_kill_removes_what_was_backed_up_and_saves_only_what_is_new(tmp_path: Path) -> None:
    ground = Ground(tmp_path, record("rec1", 1), record("rec2", 2))
    ground.staging.put_cleared(RUN.batch_id, Cleared(("rec2",), ("saved",)))
    ground.clear()
    assert (ground.left(), ground.files()) == (["rec1"], [])
    ground.table.rows["rec3"] = record("rec3", 3)  # it lands later still
    ground.clear()
    cleared = ground.staging.cleared(RUN.batch_id)
    assert (ground.left(), cleared.record_ids, len(cleared.files)) == (["rec1"], ("rec2", "rec3"), 2)
    assert ground.told() == ("2 行重复写入的数据已备份并清除",)
