from datetime import UTC, date, datetime

import pytest

from pipeline.core.model import DayRange
from pipeline.core.outcome import Run, RunState, Summary
from pipeline.core.run_kind import RunKind
from pipeline.core.runs.plan import scheduled_id

NOW = datetime(2026, 2, 12, 7, tzinfo=UTC)
DAY = date(2026, 2, 11)
KINDS = pytest.mark.parametrize(
    ("run_id", "kind"),
    [
        ("daily-2026-02-11", RunKind.DAILY),
        ("daily-2026-02-11-0212070000123", RunKind.MANUAL),
        ("daily-2026-02-11-0212070000123-2", RunKind.MANUAL),
        ("settle-2026-02-11", RunKind.SETTLE),
        ("catch-up-2026-02-11-1", RunKind.CATCH_UP),
        ("catch-up-2026-02-11-0204-0210-1", RunKind.CATCH_UP),
        ("backfill-2026-02-01-2026-02-10-0212070000123", RunKind.BACKFILL),
        ("backfill-2026-02-01-2026-02-10-9b2f3c1e", RunKind.BACKFILL),
    ],
)


@KINDS
def test_a_run_and_its_summary_are_of_the_kind_that_its_id_says(run_id: str, kind: RunKind) -> None:
    days = DayRange(DAY, DAY)
    run = Run(run_id=run_id, day=DAY, days=days, accounts=(), started_at=NOW, deadline=NOW)
    end = Summary(run_id=run_id, state=RunState.SUCCESS, day=DAY, days=days, accounts=(), started_at=NOW, ended_at=NOW)
    assert run.kind is end.kind is kind


@KINDS
def test_an_id_begins_with_the_prefix_of_its_kind(run_id: str, kind: RunKind) -> None:
    assert run_id.startswith(kind.prefix)


@pytest.mark.parametrize("kind", [RunKind.DAILY, RunKind.SETTLE])
def test_a_scheduled_run_has_the_kind_that_its_id_was_made_for(kind: RunKind) -> None:
    assert RunKind.of(scheduled_id(kind, DAY)) is kind
