"""The steps that an open run lacks."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from pipeline.core.errors import Trouble
from pipeline.core.model import DayRange
from pipeline.core.outcome import RunState
from pipeline.core.runs.flow import FINISH, LOAD, Step, header
from pipeline.core.runs.plan import parts
from pipeline.core.runs.summary import bare_summary
from pipeline.steps.runs import due as step
from pipeline.steps.runs.due import begun_parts, due, owing, waits_too_long
from tests.unit.pipeline.steps.runs.fakes import DAY, RUN, SEVEN, FakeContext

WHY = Trouble(reason="stopped", message="stopped", what_to_do="再运行一次")
LATE = RUN.deadline + timedelta(seconds=1)
WHOLE = {*map(str, header(RUN)), "load.0", "verify.0"}
LONG = replace(RUN, days=DayRange(DAY - timedelta(days=89), DAY))  # three batches of thirty days


def context(**facts: Any) -> Any:  # noqa: ANN401 stands for a Context
    return FakeContext(**facts)


def test_a_run_that_has_ended_lacks_nothing_and_is_closed_again() -> None:
    ctx = context()
    ctx.ledger.ends[RUN.run_id] = replace(bare_summary(RUN, WHY, SEVEN), state=RunState.FAILED)
    assert due(ctx, RUN.run_id) == []
    assert ctx.ledger.closed == [RUN.run_id]


def test_a_run_killed_between_its_end_and_its_closing_is_ended_again() -> None:
    assert due(context(steps_done={*WHOLE, "finish"}), RUN.run_id) == [Step(FINISH)]


def test_a_run_lacks_its_first_steps_until_its_deadline_and_then_its_load() -> None:
    assert due(context(), RUN.run_id) == header(RUN)
    assert due(context(now_is=RUN.deadline), RUN.run_id) == header(RUN)
    assert due(context(now_is=LATE), RUN.run_id) == [Step(LOAD)]


def test_of_a_run_that_was_given_up_only_batches_that_were_sent_are_begun() -> None:
    ctx = context(run=LONG, batches_sent={"0"})
    ctx.ledger.reasons[LONG.run_id] = WHY
    begun, left_out = begun_parts(ctx, LONG)
    assert ([part.batch for part in begun], [part.batch for part in left_out]) == ([0], [1, 2])
    ctx.steps_done = {*map(str, header(parts(LONG)[0])), "load.0", "verify.0"}
    assert due(ctx, LONG.run_id) == [Step(FINISH)]


def test_views_are_owed_by_runs_that_have_ended_and_can_be_read() -> None:
    ctx = context()
    ctx.views_are_owed.append("daily-1999-01-01")
    assert owing(ctx) == []  # it is open: its end is done again first
    assert ctx.views_are_owed == [RUN.run_id]
    ctx.ledger.ends[RUN.run_id] = bare_summary(RUN, WHY, SEVEN)
    assert owing(ctx) == [RUN]


@pytest.mark.parametrize(
    ("now", "done", "held", "too_long"),
    [
        (LATE, set(), False, True),
        (RUN.deadline, set(), False, False),  # its fetches may still end
        (LATE, set(), True, False),  # a process is at the load
        (LATE, {"load.0"}, False, False),  # it is loaded
    ],
)
def test_a_load_waits_too_long_past_the_deadline_if_no_process_is_at_it(
    monkeypatch: pytest.MonkeyPatch,
    now: datetime,
    done: set[str],
    *,
    held: bool,
    too_long: bool,
) -> None:
    monkeypatch.setattr(step, "held", lambda *_: held)
    assert waits_too_long(context(now_is=now, steps_done=done), RUN.run_id) == too_long
