"""A step is done once, however often it is asked for: by its recorded outcome, and by a lease while it works."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TypeVar

from pipeline.context import Context
from pipeline.core.flow import Step
from pipeline.core.outcome import Run
from pipeline.core.plan import parts
from pipeline.state import keys
from pipeline.state.lease import Lease, claim

T = TypeVar("T")


def once(ctx: Context, run_id: str, step: Step, kind: type[T], work: Callable[[Context], T]) -> T:
    """What came of a step: as recorded, or by doing it now and recording it.

    Args:
        work: Does it, in a context on the run's own table that counts what it spends.

    Raises:
        Busy: A living process is at it.
    """
    name = str(step)
    if (known := ctx.ledger.outcome(run_id, name, kind)) is not None:
        return known
    ctx.ledger.stamp(run_id)
    with _claimed(ctx, run_id, name) as lease:
        if (known := ctx.ledger.outcome(run_id, name, kind)) is not None:
            return known  # it ended between the look and the claim
        own = ctx.of(ctx.ledger.run(run_id))
        return ctx.ledger.record(run_id, name, work(own.counting()), lease)


def _claimed(ctx: Context, run_id: str, name: str) -> AbstractContextManager[Lease]:
    """A step's lease; as long as it lives the run shows signs of life."""
    seconds = ctx.settings.step_lease_s
    return claim(ctx.client, keys.step(run_id, name), seconds, lambda: ctx.ledger.stamp(run_id))


def part_of(ctx: Context, run_id: str, batch: int) -> Run:
    """One batch of a run."""
    return parts(ctx.ledger.run(run_id))[batch]
