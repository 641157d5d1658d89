"""When the next batch is sent, and what it takes to know that."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import redis

from pipeline.core.model import Account, DayRange
from pipeline.core.outcome import LoadOutcome, Run
from pipeline.core.runs.flow import LOAD, Step, header
from pipeline.core.runs.plan import parts
from pipeline.state.lease import Lease
from pipeline.state.runs.ledger import Ledger
from pipeline.state.runs.marks import Marks
from pipeline.state.runs.outcomes import Outcomes
from pipeline.state.runs.pulse import Pulse
from worker import dispatch

NOW = datetime(2026, 2, 12, 7, tzinfo=UTC)
LAST = date(2026, 2, 11)
ACCOUNTS = tuple(Account(f"18000000000000{n:02}", f"门店{n}") for n in range(77))
RUN = Run(
    run_id="backfill-1",
    day=LAST,
    days=DayRange(LAST - timedelta(days=300), LAST),
    accounts=ACCOUNTS,
    started_at=NOW,
    deadline=NOW + timedelta(hours=1),
    backfill=True,
)


class Ground:
    """A ledger with a run, and the batches that were sent."""

    def __init__(self, client: redis.Redis, monkeypatch: pytest.MonkeyPatch) -> None:
        self.client = client
        self.sent: list[int] = []
        self.ledger, self.outcomes = Ledger(client), Outcomes(client)
        self.ledger.open(RUN)
        self.lease = Lease(client, "laike:v1:step:any")
        assert self.lease.take()
        self.ctx: Any = SimpleNamespace(
            ledger=self.ledger, outcomes=self.outcomes, marks=Marks(client), pulse=Pulse(client)
        )
        monkeypatch.setattr(dispatch, "send", lambda _, steps: self.sent.append(steps[0].batch))

    def done(self, *steps: Step) -> None:
        """These steps have an outcome."""
        for step in steps:
            self.outcomes.record(RUN.run_id, str(step), LoadOutcome(), self.lease)

    def fetched(self, batch: int) -> None:
        """A fetch of a batch ended."""
        dispatch.send_after_fetch(self.ctx, RUN, batch)

    def commands(self) -> dict[str, int]:
        """Redis' commands so far, by name."""
        told: Any = self.client.info("commandstats")
        return {name.removeprefix("cmdstat_"): one["calls"] for name, one in told.items()}


@pytest.fixture
def ground(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Ground:
    """A run of several batches of 77 accounts."""
    return Ground(redis.Redis.from_url(redis_url), monkeypatch)


def test_the_next_batch_is_sent_once_when_half_of_a_batch_is_fetched(ground: Ground) -> None:
    half = (len(ACCOUNTS) + 1) // 2
    for _ in range(half - 1):
        ground.fetched(0)
    assert ground.sent == []
    for _ in range(3):
        ground.fetched(0)
    assert ground.sent == [1]


def test_no_batch_is_sent_while_two_wait_for_a_load(ground: Ground) -> None:
    for _ in ACCOUNTS[:-1]:
        ground.fetched(2)
    assert ground.sent == []
    ground.done(Step(LOAD, 0))
    ground.fetched(2)
    assert ground.sent == [3]


def test_after_the_last_batch_none_is_sent(ground: Ground) -> None:
    last = parts(RUN)[-1].batch
    ground.done(Step(LOAD, last - 2))
    for _ in ACCOUNTS:
        ground.fetched(last)
    assert ground.sent == []


def test_what_a_fetch_looks_at_does_not_grow_with_its_run(ground: Ground) -> None:
    ground.done(Step(LOAD, 0), *header(parts(RUN)[0]))
    before = ground.commands()
    ground.fetched(2)
    after = ground.commands()
    assert {name for name in after if after[name] != before.get(name)} - {"info"} == {"hexists", "hincrby"}
