"""The table at the end of a test run: what the seeds hit, and how long it took to heal."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Self

from tests.chaos.seeds import KINDS, PHASES, Phase

PROPERTY = "chaos"
MANY, OFTEN = 200, 5  # so many seeds hit each phase so often, or they prove too little
WIDTH = 24


@dataclass(frozen=True, slots=True)
class Hit:
    """What came of one seed."""

    seed: int
    kind: str
    phase: str
    healed_s: float

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> Self:
        """From a test's property."""
        return cls(**facts)


def found(stats: Mapping[str, Sequence[Any]]) -> list[Hit]:
    """The hits that tests of this run tell of, in this process or through xdist."""
    reports = [report for outcome in ("passed", "failed") for report in stats.get(outcome, [])]
    return [
        Hit.of(facts)
        for report in reports
        if getattr(report, "when", "") == "call"
        for name, facts in report.user_properties
        if name == PROPERTY
    ]


def lines(hits: Sequence[Hit]) -> Iterator[str]:
    """The table: a line for each kind with its hits by phase, and its median and slowest time to heal."""
    if not hits:
        return
    yield "chaos: hits by phase; seconds until healed"
    yield "".ljust(WIDTH) + "".join(phase.rjust(11) for phase in Phase) + "  all  median  slowest"
    for kind in KINDS:
        if of_kind := [hit for hit in hits if hit.kind == kind]:
            yield _line(kind, of_kind)
    yield _line("all", hits)
    if missed := thin(hits):
        yield f"hit fewer than {OFTEN} times: {', '.join(missed)}"


def thin(hits: Sequence[Hit]) -> list[Phase]:
    """Phases that many seeds hit too seldom."""
    return [phase for phase in PHASES if len(hits) >= MANY and sum(hit.phase == phase for hit in hits) < OFTEN]


def _line(name: str, hits: Sequence[Hit]) -> str:
    counts = [sum(hit.phase == phase for hit in hits) for phase in Phase]
    slowest = max(hits, key=lambda hit: hit.healed_s)
    middle = median(hit.healed_s for hit in hits)
    cells = "".join(str(count or "·").rjust(11) for count in counts)
    return f"{name:<{WIDTH}}{cells}{len(hits):>5}{middle:>8.1f}{slowest.healed_s:>9.1f} (seed {slowest.seed})"
