"""How far an open run is: batches, accounts, rows, and the time that is left."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from pipeline.core.outcome import LoadOutcome, Run
from pipeline.core.runs.flow import FETCH, LOAD, VERIFY, Step
from pipeline.core.runs.plan import parts

GUESSED_FROM = 1  # batches after which the rest is foretold


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a run is.

    Attributes:
        batches: Batches that are read back, `of_batches` in all.
        fetches: Accounts of batches that are fetched, `of_fetches` in all.
        left_s: Seconds that the rest will take; `None` until a batch is done.
        stopping: Whether no further batch begins.
    """

    run_id: str
    batches: int
    of_batches: int
    fetches: int
    of_fetches: int
    created: int
    updated: int
    left_s: float | None
    stopping: bool

    @property
    def share(self) -> float:
        """From 0 to 1: what is read back counts double what is fetched."""
        fetched = self.fetches / max(1, self.of_fetches)
        return (fetched + 2 * self.batches / max(1, self.of_batches)) / 3


def steps_of_loads(run: Run) -> list[str]:
    """The names of the outcomes of a run's loads."""
    return [str(Step(LOAD, part.batch)) for part in parts(run)]


def progress_of(
    run: Run, done: Collection[str], loads: Mapping[str, LoadOutcome], seconds: float, *, stopping: bool
) -> Progress:
    """How far a run is.

    Args:
        done: The steps that have an outcome.
        loads: Outcomes of loads, by step.
        seconds: Since it began.
    """
    cut = parts(run)
    batches = sum(str(Step(VERIFY, part.batch)) in done for part in cut)
    fetches = sum(str(Step(FETCH, part.batch, one.id)) in done for part in cut for one in part.accounts)
    return Progress(
        run_id=run.run_id,
        batches=batches,
        of_batches=len(cut),
        fetches=fetches,
        of_fetches=sum(len(part.accounts) for part in cut),
        created=sum(load.created for load in loads.values()),
        updated=sum(load.updated for load in loads.values()),
        left_s=seconds / batches * (len(cut) - batches) if batches >= GUESSED_FROM else None,
        stopping=stopping,
    )
