"""A step is done once, however often it is asked for: by its recorded outcome, and by a lease while it works."""

from collections.abc import Callable
from typing import TypeVar

from pipeline.context import Context
from pipeline.core.flow import Step
from pipeline.core.outcome import Run
from pipeline.core.plan import parts
from pipeline.state import keys
from pipeline.state.lease import claim

T = TypeVar("T")


def once(ctx: Context, run_id: str, step: Step, kind: type[T], work: Callable[[], T]) -> T:
    """What came of a step: as recorded, or by doing it now and recording it.

    Raises:
        Busy: A living process is at it.
    """
    name = str(step)
    if (known := ctx.ledger.outcome(run_id, name, kind)) is not None:
        return known
    ctx.ledger.stamp(run_id)
    with claim(ctx.client, keys.step(run_id, name), lambda: ctx.ledger.stamp(run_id)) as lease:
        if (known := ctx.ledger.outcome(run_id, name, kind)) is not None:
            return known  # it ended between the look and the claim
        return ctx.ledger.record(run_id, name, work(), lease)


def part_of(ctx: Context, run_id: str, batch: int) -> Run:
    """One batch of a run."""
    return parts(ctx.ledger.run(run_id))[batch]
