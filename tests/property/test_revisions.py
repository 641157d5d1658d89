"""Whatever the source corrects and people edit: the log of revisions says what each load changed, once."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emulator.world.world import World
from pipeline.context import Context
from pipeline.core.model import Key
from pipeline.core.runs.flow import LOAD, Step
from pipeline.core.table.revisions import Batch, Cause, Revision, revision_of
from pipeline.steps.runs import load as loading_step
from pipeline.steps.runs.load import load
from tests import inprocess
from tests.inprocess import control
from tests.property.cases import CHOICES, FIGURES, Case, account_of
from tests.property.loading import TABLE_ID, Loading

NEWEST, DAYS = date(2026, 3, 3), 2
Report = dict[tuple[int, int], tuple[int, ...]]
Told = Counter[tuple[str, str, str, str, Cause]]  # day, promotion, column, old → new, cause

_small, _cents = st.integers(0, 3), st.integers(0, 5_000_000)
_figures = st.tuples(_cents, _small, _cents, _small)
_keys = st.tuples(st.integers(0, 4), st.integers(0, DAYS - 1))


@dataclass(frozen=True)
class Morning:
    """What the source restates, and what people edit, before a load: row, column, figure."""

    restated: Report
    edited: tuple[tuple[int, str, int], ...]
    deleted: tuple[int, ...]


_edits = st.tuples(st.integers(0, 9), st.sampled_from(sorted(FIGURES)), _small)
_mornings = st.builds(
    Morning,
    st.dictionaries(_keys, _figures, max_size=3),
    st.lists(_edits, max_size=3).map(tuple),
    st.lists(st.integers(0, 9), max_size=1).map(tuple),
)


@pytest.fixture(scope="module")
def world() -> World:
    return World()


@pytest.fixture(scope="module")
def ctx(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Context]:
    with inprocess.quiet():
        yield inprocess.context(world, TABLE_ID, tmp_path_factory.mktemp("home"))


def begun(world: World, ctx: Context, report: Report, kinds: int = 0) -> Loading:
    """An empty table, into which a report was loaded."""
    types = {name: choices[(kinds >> place) % len(choices)] for place, (name, choices) in enumerate(CHOICES.items())}
    loading = Loading(world, ctx, Case(NEWEST, DAYS, types, 0, dict(report), ()))
    loading.run()
    return loading


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.dictionaries(_keys, _figures, min_size=1, max_size=6),
    st.lists(_mornings, min_size=1, max_size=4),
    st.integers(0, 255),
)
def test_after_any_history_the_log_says_exactly_what_each_load_changed(
    world: World, ctx: Context, report: Report, mornings: list[Morning], kinds: int
) -> None:
    loading = begun(world, ctx, report, kinds)
    expected = {}
    for morning in mornings:
        before = loading.case
        loading.case = replace(before, report={**before.report, **morning.restated})
        _edit(loading, morning)
        said = _differences(loading, before)
        loaded, verified = loading.run()
        assert (loaded.trouble, verified.trouble) == (None, None)
        if said:
            expected[f"run-{loading.runs}"] = said
    logged = {batch.head.run_id: batch for batch in _batches(loading)}
    assert {run: _told(batch) for run, batch in logged.items()} == expected
    assert all(batch.head.written for batch in logged.values())
    assert all(batch.head.rows == len(batch.lines()) for batch in logged.values())


def test_a_load_that_is_killed_leaves_its_changes_in_the_log_and_the_next_delivery_confirms_them(
    world: World, ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    loading = begun(world, ctx, {(0, 0): (100, 1, 100, 0), (1, 0): (200, 1, 200, 0)})
    loading.case = replace(loading.case, report={(0, 0): (150, 1, 150, 0), (1, 0): (250, 1, 250, 0)})

    class Killed(BaseException):
        """As by a signal: no handler of errors sees it."""

    def killed(*_: object) -> None:
        raise Killed

    run_id = _planned(loading)
    for moment in ("_update", "_learn_rows"):
        with monkeypatch.context() as patched:
            patched.setattr(loading_step._Load, moment, killed)
            with pytest.raises(Killed):
                load(ctx, run_id, 0)
        (batch,) = _batches(loading)
        assert not batch.head.written
        assert len(batch.lines()) == 2
    load(ctx, run_id, 0)
    (batch,) = _batches(loading)
    assert batch.head.written
    assert _told(batch).total() == 4


def test_a_second_delivery_of_a_load_logs_nothing_more(world: World, ctx: Context) -> None:
    loading = begun(world, ctx, {(0, 0): (100, 1, 100, 0)})
    loading.case = replace(loading.case, report={(0, 0): (150, 1, 150, 0)})
    loading.load()
    first = [(batch.head.written, batch.lines()) for batch in _batches(loading)]
    ctx.outcomes.forget_outcome(f"run-{loading.runs}", str(Step(LOAD, 0)))
    load(ctx, f"run-{loading.runs}", 0)
    assert [(batch.head.written, batch.lines()) for batch in _batches(loading)] == first
    assert len(first) == 1


def test_first_loads_and_loads_that_change_nothing_leave_no_key(world: World, ctx: Context) -> None:
    loading = begun(world, ctx, {(0, 0): (100, 1, 100, 0)})
    loading.run()
    assert not list(ctx.client.scan_iter("*revisions*"))


def test_figures_of_a_day_of_which_nobody_knows_what_was_loaded_have_no_clear_cause(world: World, ctx: Context) -> None:
    loading = begun(world, ctx, {(0, 0): (100, 1, 100, 0)})
    for key in ctx.client.scan_iter("*coverage*"):
        ctx.client.delete(key)
    loading.case = replace(loading.case, report={(0, 0): (150, 1, 100, 0)})
    loading.run()
    (batch,) = _batches(loading)
    assert [one.cause for one in _revisions(batch)] == [Cause.UNCLEAR]


def _planned(loading: Loading) -> str:
    """A run of which everything but the load is done."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("tests.property.loading.load", lambda *_: None)
        loading.load()
    return f"run-{loading.runs}"


def _edit(loading: Loading, morning: Morning) -> None:
    rows = list(loading.table.records)
    for place, column, figure in morning.edited:
        cell = loading.case.figure_cell(column, Decimal(figure))
        record_id = rows[place % len(rows)]
        control(loading.world, "rows/edit", table_id=TABLE_ID, record_id=record_id, fields={column: cell})
    for place in morning.deleted if len(rows) > 1 else ():  # a table that reads as empty is not loaded into
        control(loading.world, "rows/delete", table_id=TABLE_ID, record_id=rows[place % len(rows)])


def _differences(loading: Loading, before: Case) -> Told:
    """What a load will change, by the table and the source, without the product."""
    there, told = loading.keys(), Told()
    for row in loading.case.source():
        for cells in there.get(row.key, []):
            for column, metric in FIGURES.items():
                old, new = Decimal(str(cells[column])), row.metrics[metric]
                if old != new:
                    told[
                        _line(row.key, column, f"{old} {new}", _cause(loading.case, before, row.account_id, row.day))
                    ] += 1
    return told


def _cause(case: Case, before: Case, account_id: str, day: date) -> Cause:
    def of_day(one: Case) -> Report:
        back = (NEWEST - day).days
        return {
            at: figures for at, figures in one.report.items() if at[1] == back and account_of(at[0]).id == account_id
        }

    return Cause.EDITED if of_day(case) == of_day(before) else Cause.RESTATED


def _line(key: Key, column: str, change: str, cause: Cause) -> tuple[str, str, str, str, Cause]:
    old, new = (f"{Decimal(text).normalize():f}" for text in change.split())
    return key.day.isoformat(), key.item_id, column, f"{old} → {new}", cause


def _batches(loading: Loading) -> list[Batch]:
    return list(loading.ctx.at_table(TABLE_ID).revisions.batches(loading.ctx.now() + timedelta(seconds=1)))


def _revisions(batch: Batch) -> list[Revision]:
    return [revision_of(line) for line in batch.lines()]


def _told(batch: Batch) -> Told:
    return Told(
        _line(Key(one.day, one.item_id), figure.column, f"{figure.old} {figure.new}", one.cause)
        for one in _revisions(batch)
        for figure in one.figures
    )
