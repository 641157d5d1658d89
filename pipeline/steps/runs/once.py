"""Do a step once, however often it is asked for: by its recorded outcome, and by a lease while it works.

Breaking three times becomes the step's outcome; else it would be tried for ever.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Generic, TypeVar

import structlog

from pipeline.context import Context
from pipeline.core.errors import Busy, LaikeError, Trouble
from pipeline.core.outcome import Run
from pipeline.core.runs.flow import Step
from pipeline.core.runs.plan import parts
from pipeline.core.unforeseen import TRIES, Unforeseen, trouble_of
from pipeline.core.unreadable import Unreadable
from pipeline.state import keys
from pipeline.state.lease import Lease, claim
from pipeline.state.runs.staging import Staged
from pipeline.state.store import StoreTrouble

T = TypeVar("T")

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Done(Generic[T]):
    """An outcome, and the data to be kept in the instant in which it is recorded."""

    outcome: T
    staged: Staged


@dataclass(frozen=True, slots=True)
class Work(Generic[T]):
    """How a step is done.

    Attributes:
        do: Does it, in a context on the run's own table that counts its calls.
        give_up: Its outcome after it broke three times; reads and writes nothing.
        passing: Errors for the caller, which do not count as breaking.
    """

    do: Callable[[Context], T | Done[T]]
    give_up: Callable[[Trouble], T | Done[T]]
    passing: type[LaikeError] | tuple[type[LaikeError], ...] = Busy


def once(ctx: Context, run_id: str, step: Step, kind: type[T], work: Work[T]) -> T:
    """The recorded outcome of a step, or that of doing it now.

    Raises:
        Busy: Another process is at it.
        Unforeseen: It broke, and is to be tried again.
        StoreTrouble: Redis is away.
    """
    name = str(step)
    if (there := _recorded(ctx, run_id, name, kind, ours=False)) is not None:
        return there
    ctx.pulse.stamp(run_id)
    with _claimed(ctx, run_id, name) as lease:
        if (there := _recorded(ctx, run_id, name, kind, ours=True)) is not None:
            return there  # it ended before we had the lease
        run = ctx.ledger.run(run_id)
        return _Try(ctx, parts(run)[step.batch] if run.further and step.arguments else run, name, work, lease).outcome()


def _recorded(ctx: Context, run_id: str, name: str, kind: type[T], *, ours: bool) -> T | None:
    """The outcome of a step; an unreadable one counts as none, and is forgotten if the lease is ours."""
    try:
        return ctx.outcomes.outcome(run_id, name, kind)
    except Unreadable:
        log.warning("outcome_not_readable", run=run_id, step=name)
        if ours:
            ctx.outcomes.forget_outcome(run_id, name)
        return None


@dataclass(frozen=True, slots=True)
class _Try(Generic[T]):
    """One try at a step."""

    ctx: Context
    run: Run  # or the batch of it that the step is about
    name: str
    work: Work[T]
    lease: Lease

    def outcome(self) -> T:
        """Do it and record its outcome."""
        try:
            return self._record(self.work.do(self.ctx.of(self.run).counting()))
        except self.work.passing:
            raise
        except StoreTrouble:
            raise  # Redis is away, and nothing is wrong with the step
        except Exception as error:
            log.exception("step_broke", run=self.run.run_id, step=self.name)
            return self._broke(trouble_of(error))

    def _broke(self, trouble: Trouble) -> T:
        told = {"step": self.name, "reason": trouble.message}
        if self.ctx.outcomes.count_broken(self.run.run_id, self.name, self.lease) < TRIES:
            self.ctx.events.emit(self.run.run_id, "broke", **told)
            raise Unforeseen(f"{self.run.run_id}: {self.name} broke: {trouble.message}") from None
        outcome = self._record(self.work.give_up(trouble))
        self.ctx.events.emit(self.run.run_id, "gave_up", **told)  # last: if it fails, nothing else does
        return outcome

    def _record(self, done: T | Done[T]) -> T:
        record = self.ctx.outcomes.record
        if isinstance(done, Done):
            return record(self.run.run_id, self.name, done.outcome, self.lease, done.staged)
        return record(self.run.run_id, self.name, done, self.lease)


def _claimed(ctx: Context, run_id: str, name: str) -> AbstractContextManager[Lease]:
    """A step's lease; while it is renewed the run shows signs of life."""
    seconds = ctx.settings.step_lease_s
    return claim(ctx.client, keys.step(run_id, name), seconds, lambda: ctx.pulse.stamp(run_id))


def part_of(ctx: Context, run_id: str, batch: int) -> Run:
    """One batch of a run."""
    return parts(ctx.ledger.run(run_id))[batch]
