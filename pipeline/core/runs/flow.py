"""The next steps of a run, by what is done: the one decision for workers, watchdog and `--local`."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from pipeline.core.model import grouped
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
    """The steps to do next, all at once: those that each table's first unfinished batch lacks, then the end.

    The views follow the end, and nobody waits for them.

    Args:
        parts: The run's batches, without those that are given up.
        done: The steps with an outcome.
        late: Whether the deadline is over: a load no longer waits for the read and the fetches.
    """
    lacking = [step for lane in lanes(parts) for step in _lacking(lane, done, late=late)]
    return lacking or ([] if FINISH in done else [Step(FINISH)])


def lanes(parts: Sequence[Run]) -> list[list[Run]]:
    """The batches by table: those of one table follow each other, and wait for no other table."""
    return list(grouped((part.table, part) for part in parts).values())


def in_order(tables: Sequence[list[Run]], bases: Mapping[str, str]) -> list[list[Run]]:
    """The tables in the order in which they begin: the first one, then those of the base with most.

    A base takes one write at a time: the one with most tables ends last, and so must not wait.

    Args:
        tables: The batches of each table.
        bases: The base of each further table by name; of one that is in the first base, nothing.
    """
    first, others = tables[:1], tables[1:]
    count = Counter(bases.get(lane[0].table, "") for lane in tables)
    return [*first, *sorted(others, key=lambda lane: -count[bases.get(lane[0].table, "")])]


def _lacking(lane: Sequence[Run], done: Collection[str], *, late: bool) -> list[Step]:
    for part in lane:
        loaded = str(Step(LOAD, part.batch)) in done
        wanted = [Step(VERIFY, part.batch)] if loaded else [] if late else header(part)
        missing = [step for step in wanted if str(step) not in done]
        if missing or not loaded:
            return missing or [Step(LOAD, part.batch)]
    return []


def next_begins(lane: Sequence[Run], batch: int, ended: int, is_done: Callable[[Step], bool]) -> bool:
    """Whether the batch after one begins: half of that is fetched, and at most `AHEAD` wait for their load.

    Fetched together, they would share the rate, so that the earlier one is written twice as late.

    Args:
        lane: The batches of the table.
        batch: The number of the one.
        ended: How many of its fetches have ended.
    """
    first = lane[0].batch
    if 2 * ended < len(lane[batch - first].accounts):
        return False
    return batch - first < AHEAD or is_done(Step(LOAD, batch - AHEAD))
