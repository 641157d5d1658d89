"""The next steps of a run, by what is done: the one decision for workers, watchdog and `--local`."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from pipeline.core.outcome import Run

READ, FETCH, LOAD, VERIFY, VIEWS, FINISH = "read", "fetch", "load", "verify", "views", "finish"
AHEAD = 2  # batches that are fetched, or wait for their load, while the one before them is written


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a run: of a batch, and for a fetch of an account."""

    name: str
    batch: int = 0
    account_id: str | None = None

    def __str__(self) -> str:
        """The name of its outcome."""
        return ".".join([self.name, *map(str, self.arguments.values())])

    @property
    def arguments(self) -> dict[str, int | str]:
        """Its arguments besides the run's id."""
        of_run = self.name in (VIEWS, FINISH)
        return {} if of_run else {"batch": self.batch, **({"account_id": self.account_id} if self.account_id else {})}


def header(part: Run) -> list[Step]:
    """The steps that begin a batch, all at once; the read first, since it takes longest."""
    return [Step(READ, part.batch), *(Step(FETCH, part.batch, account.id) for account in part.accounts)]


def next_steps(parts: Sequence[Run], done: Collection[str], *, late: bool = False) -> list[Step]:
    """The steps to do next, all at once: those that the first unfinished batch lacks, then the end.

    The views follow the end, and nobody waits for them.

    Args:
        parts: The run's batches, without those that are given up.
        done: The steps with an outcome.
        late: Whether the deadline is over: a load no longer waits for the read and the fetches.
    """
    for part in parts:
        loaded = str(Step(LOAD, part.batch)) in done
        wanted = [Step(VERIFY, part.batch)] if loaded else [] if late else header(part)
        missing = [step for step in wanted if str(step) not in done]
        if missing or not loaded:
            return missing or [Step(LOAD, part.batch)]
    return [] if FINISH in done else [Step(FINISH)]


def next_begins(part: Run, ended: int, is_done: Callable[[Step], bool]) -> bool:
    """Whether the batch after this one begins: half of this one is fetched, and at most `AHEAD` wait for their load.

    Fetched together, they would share the rate, so that the earlier one is written twice as late.
    """
    if 2 * ended < len(part.accounts):
        return False
    return part.batch < AHEAD or is_done(Step(LOAD, part.batch - AHEAD))
