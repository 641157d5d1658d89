"""A run carried out in this process: the order of its steps, and what stops it."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pipeline.core.errors import Busy, Trouble
from pipeline.core.model import DayRange
from pipeline.core.outcome import Run
from pipeline.core.runs.flow import FETCH, FINISH, LOAD, READ, VERIFY, VIEWS, Step
from pipeline.core.runs.summary import bare_summary
from pipeline.core.unforeseen import TRIES, Unforeseen
from pipeline.steps.runs import carry_out as step
from pipeline.steps.runs.carry_out import Halted, carry_out
from tests.unit.pipeline.steps.runs.fakes import DAY, RUN, SEVEN, FakeContext

TWO = replace(RUN, days=DayRange(DAY - timedelta(days=59), DAY))  # two batches of thirty days


class Acts:
    """Steps that note that they began and ended."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, breaking: dict[str, int] | None = None) -> None:
        self.began: list[str] = []
        self.ended: list[str] = []
        self._breaking, self._lock = dict(breaking or {}), threading.Lock()
        acts = {name: self._act(name) for name in (READ, FETCH, LOAD, VERIFY, VIEWS)} | {FINISH: self._finish}
        monkeypatch.setattr(step, "_act", acts.__getitem__)

    def _finish(self, ctx: object, run_id: str, ended: Callable[[str], None]) -> str:
        ended(end := self._act(FINISH)(ctx, run_id))
        return end

    def _act(self, name: str) -> Callable[..., str]:
        def act(_: object, run_id: str, **arguments: Any) -> str:  # noqa: ANN401 a step's
            step = str(Step(name, **arguments))
            with self._lock:
                self.began.append(step)
                if self._breaking.get(step, 0):
                    self._breaking[step] -= 1
                    raise Unforeseen(f"{run_id}: {step} broke")
                self.ended.append(step)
            return step

        return act


def carried_out(
    run: Run, stop: Callable[[], bool] = lambda: False, ended: Callable[[object], None] = lambda _: None
) -> object:
    ctx: Any = FakeContext(run=run)
    ctx.ledger.ends[run.run_id] = bare_summary(run, Trouble(reason="r", message="m", what_to_do="w"), SEVEN)
    return carry_out(ctx, run.run_id, stop, ended)


def test_each_step_is_done_once_and_the_end_is_returned(monkeypatch: pytest.MonkeyPatch) -> None:
    acts = Acts(monkeypatch)
    assert carried_out(RUN) == "finish"
    assert sorted(acts.ended[:3]) == ["fetch.0.1801", "fetch.0.1802", "read.0"]
    assert acts.ended[3] == "load.0"
    assert acts.ended[4:] == ["verify.0", "finish", "views"]


def test_the_end_is_told_before_the_views(monkeypatch: pytest.MonkeyPatch) -> None:
    acts = Acts(monkeypatch)
    told: list[list[str]] = []
    carried_out(RUN, ended=lambda _: told.append(list(acts.ended)))
    assert [before[-1] for before in told] == ["finish"]


def test_views_that_another_process_is_at_are_left_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    acts = Acts(monkeypatch)
    act_of: Callable[[str], object] = step._act

    def busy(*_: object) -> None:
        raise Busy("views")

    monkeypatch.setattr(step, "_act", lambda name: busy if name == VIEWS else act_of(name))
    assert carried_out(RUN) == "finish"
    assert acts.ended[-1] == "finish"


def test_a_run_that_is_stopped_after_its_end_leaves_its_views(monkeypatch: pytest.MonkeyPatch) -> None:
    acts = Acts(monkeypatch)
    assert carried_out(RUN, stop=lambda: "finish" in acts.ended) == "finish"
    assert "views" not in acts.began


def test_the_first_steps_have_begun_when_the_later_ones_are_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    acts, looked_up = Acts(monkeypatch), list[tuple[str, int]]()
    act_of: Callable[[str], object] = step._act

    def look_up(name: str) -> object:
        looked_up.append((name, len(acts.began)))
        return act_of(name)

    monkeypatch.setattr(step, "_act", look_up)
    monkeypatch.setattr(step, "FIRST_CALLS_S", 60)
    carried_out(RUN)
    assert looked_up[:4] == [(READ, 0), (FETCH, 0), (FETCH, 0), (FINISH, 3)]


def test_a_batch_begins_when_the_one_before_is_read_back(monkeypatch: pytest.MonkeyPatch) -> None:
    acts = Acts(monkeypatch)
    carried_out(TWO)
    assert acts.began.index("verify.0") < min(
        acts.began.index(name) for name in acts.began if name.startswith("read.1")
    )


def test_a_batch_that_was_loaded_before_is_read_before_anything_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    acts = Acts(monkeypatch, breaking={"read.0": 1})  # so that it takes longer than the fetches would
    carried_out(replace(RUN, loaded_before=(0,)))
    assert acts.began[:2] == ["read.0", "read.0"]
    assert sorted(acts.began[2:4]) == ["fetch.0.1801", "fetch.0.1802"]


def test_a_step_that_breaks_is_tried_again_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    acts = Acts(monkeypatch, breaking={"load.0": TRIES - 1})
    assert carried_out(RUN) == "finish"
    assert acts.began.count("load.0") == TRIES


def test_a_run_that_is_stopped_begins_no_further_step(monkeypatch: pytest.MonkeyPatch) -> None:
    acts = Acts(monkeypatch)
    with pytest.raises(Halted):
        carried_out(RUN, stop=lambda: "load.0" in acts.ended)
    assert acts.ended[-1] == "load.0"
