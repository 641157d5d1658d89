"""What the steps of a run need of a context, in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any, Self

from pipeline.core.errors import Trouble
from pipeline.core.model import Account, DayRange
from pipeline.core.outcome import Run, Summary
from pipeline.core.reports import PROMOTION
from pipeline.state.no_redis import in_memory
from pipeline.state.runs.ledger import Ledger
from pipeline.state.runs.outcomes import Outcomes
from pipeline.state.runs.staging import Staging

DAY = date(2026, 2, 11)
SEVEN = datetime(2026, 2, 12, 7, tzinfo=UTC)
RUN = Run(
    run_id="daily-2026-02-11",
    day=DAY,
    days=DayRange(DAY, DAY),
    accounts=(Account("1801", "城东店"), Account("1802", "城西店")),
    started_at=SEVEN,
    deadline=SEVEN + timedelta(seconds=300),
)


@dataclass
class FakeLedger:
    """Plans and ends of runs."""

    known: dict[str, Run]
    ends: dict[str, Summary] = field(default_factory=dict)
    reasons: dict[str, Trouble] = field(default_factory=dict)
    closed: list[str] = field(default_factory=list)

    def run(self, run_id: str) -> Run:
        return self.known[run_id]

    def overview(self, run_ids: Sequence[str]) -> list[tuple[Run, Summary | None]]:
        return [(self.known[run_id], self.ends.get(run_id)) for run_id in run_ids if run_id in self.known]

    def summary(self, run_id: str) -> Summary | None:
        return self.ends.get(run_id)

    def close(self, summary: Summary) -> None:
        self.closed.append(summary.run_id)

    def given_up(self, run_id: str) -> Trouble | None:
        return self.reasons.get(run_id)


@dataclass
class FakeContext:
    """A context at a time, with the steps that are done, the batches that were sent, and a silence in seconds."""

    run: Run = RUN
    now_is: datetime = SEVEN
    steps_done: set[str] = field(default_factory=set)
    batches_sent: set[str] = field(default_factory=set)
    silence_s: float = 0.0

    def __post_init__(self) -> None:
        self.ledger = FakeLedger({self.run.run_id: self.run})
        self.outcomes = SimpleNamespace(done=lambda _: self.steps_done)
        self.marks = SimpleNamespace(sent=lambda _: self.batches_sent)
        self.pulse = SimpleNamespace(silent_s=lambda _: self.silence_s)
        self.settings = SimpleNamespace(watchdog_s=12.0)
        self.views_are_owed = [self.run.run_id]
        self.views_owed = SimpleNamespace(owing=lambda: list(self.views_are_owed), settle=self.views_are_owed.remove)
        self.client: Any = None

    def now(self) -> datetime:
        return self.now_is


class WorkingContext:
    """A context in which a step is done once, on a Redis in memory."""

    def __init__(self, run: Run = RUN) -> None:
        self.client, self.run_id = in_memory(), run.run_id
        self.ledger = Ledger(self.client)
        self.ledger.open(run)
        self.outcomes, self.staging = Outcomes(self.client), Staging(self.client)
        self.signs_of_life, self.told = list[str](), list[str]()
        self.pulse = SimpleNamespace(stamp=self.signs_of_life.append)
        self.events = SimpleNamespace(
            emit=lambda _, event, **__: self.told.append(event), archive=lambda *_: self.told.append("archive")
        )
        self.tally = SimpleNamespace(facts=dict)
        self.settings: Any = SimpleNamespace(step_lease_s=20.0)
        self.report = PROMOTION
        self.now_is = SEVEN

    def now(self) -> datetime:
        return self.now_is

    def of(self, _: Run) -> Self:
        return self

    def counting(self) -> Self:
        return self
