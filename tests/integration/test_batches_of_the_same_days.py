"""Batches of the same days, as an agency has them, do not read the same rows more often than they must."""

import itertools

import pytest

from pipeline.core.outcome import RunState
from pipeline.core.runs import plan
from pipeline.state.table.writes import Writes
from tests.lab import Lab


@pytest.fixture
def agency(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """A lab whose seven accounts make three batches."""
    monkeypatch.setattr(plan, "BATCH_ACCOUNTS", 3)
    return lab


def searches(lab: Lab) -> int:
    """Pages of rows that were read from the table."""
    calls = lab.look("calls")["calls"]
    return sum(one["endpoint"] == "records.search" and one["about"]["table_id"] == lab.table_id for one in calls)


def test_the_read_back_of_a_batch_is_the_early_read_of_the_next(agency: Lab) -> None:
    summary = agency.sync(agency.day)
    assert (summary.state, summary.verified) == (RunState.SUCCESS, True)
    agency.assert_agrees(agency.day, agency.day)
    assert searches(agency) == 1 + 3 + 3  # one early read, the count of all rows before each batch, the read-backs
    again = agency.sync(agency.day)
    assert (again.state, again.created, again.updated) == (RunState.SUCCESS, 0, 0)


def test_what_somebody_else_wrote_after_the_read_back_is_read_before_the_next_batch_is_written(
    agency: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    agency.sync(agency.day)
    before = searches(agency)
    counts = itertools.count()
    monkeypatch.setattr(Writes, "writes", lambda _: next(counts))
    summary = agency.sync(agency.day)
    assert (summary.state, summary.created) == (RunState.SUCCESS, 0)
    assert searches(agency) - before == 1 + 3 + 3  # each load reads again


def test_a_dry_run_reads_each_batch_itself(agency: Lab) -> None:
    assert agency.sync(agency.day, dry_run=True).created == len(agency.source(agency.day, agency.day))
