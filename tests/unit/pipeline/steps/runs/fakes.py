"""What the steps of a run need of a context, in memory."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from pipeline.core.errors import Trouble
from pipeline.core.model import Account, DayRange
from pipeline.core.outcome import Run, Summary

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

    plans: dict[str, Run]
    ends: dict[str, Summary] = field(default_factory=dict)
    reasons: dict[str, Trouble] = field(default_factory=dict)
    closed: list[str] = field(default_factory=list)

    def run(self, run_id: str) -> Run:
        return self.plans[run_id]

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
        self.client: Any = None

    def now(self) -> datetime:
        return self.now_is
