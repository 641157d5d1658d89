"""Whether a run without an end is still worked on."""

from datetime import timedelta
from typing import Any

import pytest

from pipeline.core.errors import Trouble
from pipeline.core.outcome import RunState
from pipeline.core.runs.plan import ENDING_S
from pipeline.core.runs.summary import bare_summary
from pipeline.steps.runs.alive import is_alive, is_silent, state_without_end, under_way
from tests.unit.pipeline.steps.runs.fakes import RUN, SEVEN, FakeContext

FOREVER = float("inf")
LONG_PAST = RUN.deadline + timedelta(days=1)


def context(**facts: Any) -> Any:  # noqa: ANN401 stands for a Context
    return FakeContext(**facts)


@pytest.mark.parametrize(
    ("silence_s", "alive", "silent"),
    [
        (-30.0, True, False),  # a step comes back in 30 s
        (0.0, True, False),
        (12.0, True, True),  # `LAIKE_WATCHDOG_S`
        (ENDING_S, False, True),
        (FOREVER, False, True),
    ],
)
def test_the_watchdog_takes_a_run_over_long_before_it_counts_as_dead(
    silence_s: float, *, alive: bool, silent: bool
) -> None:
    ctx = context(silence_s=silence_s)
    assert (is_alive(ctx, RUN.run_id), is_silent(ctx, RUN.run_id)) == (alive, silent)


def test_a_silent_run_is_interrupted_only_past_its_deadline() -> None:
    assert state_without_end(context(silence_s=FOREVER), RUN) == RunState.RUNNING
    assert state_without_end(context(silence_s=FOREVER, now_is=LONG_PAST), RUN) == RunState.INTERRUPTED


def test_a_run_that_has_ended_is_not_under_way_although_it_showed_life() -> None:
    ctx = context(now_is=LONG_PAST)
    assert under_way(ctx, RUN)
    why = Trouble(reason="bug", message="bug", what_to_do="请联系维护人员")
    ctx.ledger.ends[RUN.run_id] = bare_summary(RUN, why, SEVEN)
    assert not under_way(ctx, RUN)
