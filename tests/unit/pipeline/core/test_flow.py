"""Which steps of a run may be sent now."""

from datetime import UTC, date, datetime, timedelta

import pytest

from pipeline.core.flow import next_steps
from pipeline.core.model import Account, DayRange
from pipeline.core.outcome import Run
from pipeline.core.plan import parts

NOW = datetime(2026, 2, 1, 23, 0, tzinfo=UTC)
LAST = date(2026, 2, 1)
HEADER = ["read.0", "fetch.0.a", "fetch.0.b"]


def run(days: int) -> Run:
    """A run of two accounts."""
    return Run(
        run_id="run1",
        day=LAST,
        days=DayRange(LAST - timedelta(days=days - 1), LAST),
        accounts=(Account("a", "一店"), Account("b", "二店")),
        started_at=NOW,
        deadline=NOW,
    )


def due(done: list[str], *, days: int = 7, late: bool = False) -> list[str]:
    """The names of what is due."""
    return [str(step) for step in next_steps(parts(run(days)), done, late=late)]


@pytest.mark.parametrize(
    ("done", "steps"),
    [
        ([], HEADER),
        (["fetch.0.a"], ["read.0", "fetch.0.b"]),
        (HEADER, ["load.0"]),
        ([*HEADER, "load.0"], ["verify.0"]),
        ([*HEADER, "load.0", "views"], ["verify.0"]),
        ([*HEADER, "load.0", "verify.0"], ["views"]),
        ([*HEADER, "load.0", "verify.0", "views"], ["finish"]),
        ([*HEADER, "load.0", "verify.0", "views", "finish"], []),
    ],
)
def test_what_is_missing_comes_in_its_order(done: list[str], steps: list[str]) -> None:
    assert due(done) == steps


def test_the_table_is_read_first_since_it_is_waited_for_longest() -> None:
    assert due([])[0] == "read.0"


@pytest.mark.parametrize("done", [[], ["read.0"], ["read.0", "fetch.0.a"]])
def test_past_the_deadline_a_load_waits_for_nobody(done: list[str]) -> None:
    assert due(done, late=True) == ["load.0"]


def test_what_was_loaded_late_needs_no_headers_any_more() -> None:
    assert due(["load.0"], late=True) == ["verify.0"]
    assert due(["load.0"], late=False) == ["verify.0"]


def test_an_earlier_batch_comes_before_a_later_one() -> None:
    assert due([*HEADER, "load.0"], days=31) == ["verify.0"]
    assert due([*HEADER, "load.0", "verify.0"], days=31) == ["read.1", "fetch.1.a", "fetch.1.b"]


def test_the_views_wait_for_every_batch() -> None:
    first = [*HEADER, "load.0", "verify.0"]
    second = ["read.1", "fetch.1.a", "fetch.1.b", "load.1"]
    assert due([*first, *second], days=31) == ["verify.1"]
    assert due([*first, *second, "verify.1"], days=31) == ["views"]
