"""A step that is delivered several times: who does it, who waits, and what is recorded."""

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import redis
from structlog.testing import capture_logs

from pipeline.core.errors import Busy, NeedsPerson, Trouble
from pipeline.core.runs.flow import LOAD, Step
from pipeline.core.runs.plan import parts
from pipeline.core.unforeseen import TRIES, Unforeseen
from pipeline.state import keys
from pipeline.state.runs.outcomes import Outcomes
from pipeline.state.runs.staging import Staged
from pipeline.state.store import StoreTrouble
from pipeline.steps.runs.once import Done, Work, once, part_of
from tests.unit.pipeline.steps.runs.fakes import RUN, WorkingContext

LOADS = Step(LOAD)
LEASE = keys.step(RUN.run_id, str(LOADS))
RECORDED = "step:load.0"
Act = Callable[[], Any]


class Ground:
    """A run in Redis, and the processes that its load is delivered to."""

    def __init__(self) -> None:
        self.ctx: Any = WorkingContext()
        self.redis: redis.Redis = self.ctx.client
        self.outcomes: Outcomes = self.ctx.outcomes
        self.done = 0

    def deliver(self, act: Act, passing: type[NeedsPerson] | tuple[type[NeedsPerson], ...] = ()) -> str:
        """Deliver the load once; its outcome."""

        def do(_: object) -> Any:  # noqa: ANN401 an outcome, or one with its data
            self.done += 1
            return act()

        work: Work[str] = Work(do, gave_up, passing or Busy)
        return once(self.ctx, RUN.run_id, LOADS, str, work)

    def recorded(self) -> str | None:
        """The outcome that Redis has."""
        return self.outcomes.outcome(RUN.run_id, str(LOADS), str)

    def deliver_broken(self, times: int) -> None:
        """Deliver a load that breaks so often and is to be tried again."""
        for _ in range(times):
            with pytest.raises(Unforeseen):
                self.deliver(breaks)


def gave_up(why: Trouble) -> str:
    return f"gave up: {why.reason}"


def breaks() -> str:
    raise KeyError("a value that nobody may see")


def fails(error: Exception) -> Act:
    def act() -> str:
        raise error

    return act


@pytest.fixture
def ground() -> Iterator[Ground]:
    with capture_logs():  # a trace takes longer than all else
        yield Ground()


def test_the_first_delivery_does_the_step_and_a_later_one_gets_its_outcome(ground: Ground) -> None:
    assert ground.deliver(lambda: "first") == "first"
    assert ground.deliver(lambda: "second") == "first"
    assert ground.done == 1


def test_a_delivery_beside_the_first_is_busy_and_does_nothing(ground: Ground) -> None:
    def deliver_beside() -> str:
        with pytest.raises(Busy):
            ground.deliver(lambda: "second")
        return "first"

    assert ground.deliver(deliver_beside) == "first"
    assert ground.done == 1


def test_a_delivery_that_gets_the_lease_after_the_end_does_not_do_the_step_again(ground: Ground) -> None:
    ground.deliver(lambda: "first")
    looks = iter([None])  # the first look of the second delivery came too early
    ground.ctx.outcomes = SimpleNamespace(outcome=lambda *step: next(looks, ground.outcomes.outcome(*step)))
    assert ground.deliver(lambda: "second") == "first"
    assert ground.done == 1


def test_each_delivery_that_works_is_a_sign_of_life_and_leaves_the_lease_free(ground: Ground) -> None:
    ground.deliver_broken(1)
    ground.deliver(lambda: "second")
    ground.deliver(lambda: "third")
    assert ground.ctx.signs_of_life == [RUN.run_id] * 2
    assert not ground.redis.exists(LEASE)


def test_an_outcome_and_its_data_are_kept_together(ground: Ground) -> None:
    assert ground.deliver(lambda: Done("fetched", Staged("rows", b"1"))) == "fetched"
    assert ground.redis.get("rows") == b"1"
    ground.deliver(lambda: Done("fetched again", Staged("rows", b"2")))
    assert ground.redis.get("rows") == b"1"


def test_a_step_that_breaks_is_tried_again_and_the_third_unforeseen_error_is_its_outcome(ground: Ground) -> None:
    ground.deliver_broken(TRIES - 1)
    assert ground.recorded() is None
    assert ground.deliver(breaks) == ground.recorded() == "gave up: bug"
    assert ground.deliver(lambda: "too late") == "gave up: bug"
    assert ground.ctx.told == ["broke", "broke", "gave_up"]


def test_a_step_that_broke_twice_and_then_works_has_its_own_outcome(ground: Ground) -> None:
    ground.deliver_broken(TRIES - 1)
    assert ground.deliver(lambda: "done") == "done"


def test_the_values_that_an_unforeseen_error_met_are_not_told(ground: Ground) -> None:
    with pytest.raises(Unforeseen) as caught:
        ground.deliver(breaks)
    assert "KeyError" in caught.value.message
    assert "nobody may see" not in caught.value.message
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("error", "passing"),
    [(Busy("wait"), ()), (StoreTrouble("Redis is away"), ()), (NeedsPerson("token"), (NeedsPerson,))],
    ids=["busy", "Redis is away", "one that the caller takes"],
)
def test_what_is_not_the_step_s_fault_never_becomes_its_outcome(
    ground: Ground, error: Exception, passing: tuple[type[NeedsPerson], ...]
) -> None:
    for _ in range(TRIES + 1):
        with pytest.raises(type(error)):
            ground.deliver(fails(error), passing)
    assert ground.deliver(lambda: "done") == "done"
    assert ground.ctx.told == []


def test_a_foreseen_error_that_the_step_did_not_turn_into_an_outcome_counts_as_breaking(ground: Ground) -> None:
    with pytest.raises(Unforeseen):
        ground.deliver(fails(NeedsPerson("token")))
    assert ground.ctx.told == ["broke"]


@pytest.mark.parametrize("act", [lambda: "late", breaks], ids=["it ends", "it breaks"])
@pytest.mark.parametrize("taken_over", [True, False], ids=["taken over", "expired"])
def test_a_process_that_lost_the_lease_records_nothing(ground: Ground, act: Act, *, taken_over: bool) -> None:
    def lose_the_lease_and() -> str:
        if taken_over:
            ground.redis.set(LEASE, "of another process")
        else:
            ground.redis.delete(LEASE)
        outcome: str = act()
        return outcome

    before = ground.redis.hgetall(keys.run(RUN.run_id))
    with pytest.raises(Busy, match="taken over"):
        ground.deliver(lose_the_lease_and)
    assert ground.redis.hgetall(keys.run(RUN.run_id)) == before
    assert ground.redis.get(LEASE) == (b"of another process" if taken_over else None)


def test_an_outcome_of_another_release_that_cannot_be_read_is_forgotten_and_made_anew(ground: Ground) -> None:
    ground.redis.hset(keys.run(RUN.run_id), RECORDED, b"{torn")
    assert ground.deliver(lambda: "anew") == ground.recorded() == "anew"


def test_an_unreadable_outcome_stays_while_another_process_is_at_the_step(ground: Ground) -> None:
    ground.redis.hset(keys.run(RUN.run_id), RECORDED, b"{torn")
    ground.redis.set(LEASE, "of another process", px=20_000)
    with pytest.raises(Busy):
        ground.deliver(lambda: "anew")
    assert ground.redis.hget(keys.run(RUN.run_id), RECORDED) == b"{torn"


def test_a_step_works_in_the_table_that_its_run_was_planned_for(ground: Ground) -> None:
    there: Any = WorkingContext()
    there.client, there.outcomes, ground.ctx.of = (
        ground.redis,
        ground.outcomes,
        lambda run: there if run is RUN else None,
    )
    work = Work(do=lambda ctx: "there" if ctx is there else "here", give_up=gave_up)
    assert once(ground.ctx, RUN.run_id, LOADS, str, work) == "there"


def test_a_batch_is_the_part_of_the_plan_with_its_number(ground: Ground) -> None:
    assert part_of(ground.ctx, RUN.run_id, 0) == parts(RUN)[0]
