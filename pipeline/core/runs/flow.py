"""Which steps of a run may be sent now: the shape of the chord, as a pure function of what is done."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from pipeline.core.outcome import Run

READ, FETCH, LOAD, VERIFY, VIEWS, FINISH = "read", "fetch", "load", "verify", "views", "finish"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a run: of a batch, and for a fetch of an account."""

    name: str
    batch: int = 0
    account_id: str | None = None

    def __str__(self) -> str:
        """What its outcome is recorded under."""
        if self.name in (VIEWS, FINISH):
            return self.name
        return ".".join(filter(None, (self.name, str(self.batch), self.account_id)))


def header(part: Run) -> list[Step]:
    """The steps of a batch that can run at the same time; the table first, since it is waited for longest."""
    return [Step(READ, part.batch), *(Step(FETCH, part.batch, account.id) for account in part.accounts)]


def next_steps(parts: Iterable[Run], done: Collection[str], *, late: bool) -> list[Step]:
    """The first steps that are missing: headers of a batch, or what follows from those that are there.

    Args:
        parts: The run's batches, without those that will not be begun any more.
        done: The steps with an outcome.
        late: Whether the deadline is over, so that a load no longer waits for its headers.
    """
    for part in parts:
        if missing := list(_missing_of(part, done, late=late)):
            return missing
    if VIEWS not in done:
        return [Step(VIEWS)]
    return [] if FINISH in done else [Step(FINISH)]


def _missing_of(part: Run, done: Collection[str], *, late: bool) -> Iterator[Step]:
    load, verify = Step(LOAD, part.batch), Step(VERIFY, part.batch)
    if str(load) in done:
        if str(verify) not in done:
            yield verify
        return
    headers = [] if late else [step for step in header(part) if str(step) not in done]
    yield from headers or [load]
