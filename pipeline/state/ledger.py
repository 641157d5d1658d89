"""The ledger: what runs there were, what came of each step, what was last loaded of each account and day."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import redis

from pipeline.core.errors import WrongInput
from pipeline.core.model import AccountDay
from pipeline.core.outcome import Run, Summary
from pipeline.state import codec, keys

T = TypeVar("T")
PLAN, SUMMARY, STEP = "plan", "summary", "step:"


@dataclass(frozen=True, slots=True)
class Coverage:
    """What was last loaded of one account on one day."""

    rows: int
    cost: str
    checksum: str
    as_of: datetime


class Ledger:
    """Runs and coverage, in Redis."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    def open(self, run: Run) -> None:
        """Record a run before its first step."""
        pipe = self._client.pipeline()
        pipe.hset(keys.run(run.run_id), PLAN, codec.dump(run, Run))
        pipe.expire(keys.run(run.run_id), keys.HISTORY_TTL_S)
        pipe.zadd(keys.RUNS, {run.run_id: run.started_at.timestamp()})
        pipe.execute()

    def close(self, summary: Summary) -> None:
        """Record how a run ended; the first word stands."""
        self._client.hsetnx(keys.run(summary.run_id), SUMMARY, codec.dump(summary, Summary))

    def record(self, run_id: str, step: str, outcome: object) -> None:
        """Record what came of a step."""
        self._client.hset(keys.run(run_id), STEP + step, codec.dump(outcome, type(outcome)))

    def outcome(self, run_id: str, step: str, kind: type[T]) -> T | None:
        """What came of a step, if it is over."""
        data = self._client.hget(keys.run(run_id), STEP + step)
        return codec.load(kind, data) if isinstance(data, bytes) else None

    def run(self, run_id: str) -> Run:
        """A run's plan.

        Raises:
            WrongInput: There is no such run.
        """
        data = self._client.hget(keys.run(run_id), PLAN)
        if not isinstance(data, bytes):
            msg = f"there is no run {run_id}; `laike runs` lists what there is"
            raise WrongInput(msg)
        return codec.load(Run, data)

    def summary(self, run_id: str) -> Summary | None:
        """How a run ended; `None` while it is open."""
        data = self._client.hget(keys.run(run_id), SUMMARY)
        return codec.load(Summary, data) if isinstance(data, bytes) else None

    def newest(self, count: int) -> list[str]:
        """Ids of the newest runs, the newest first."""
        found: Any = self._client.zrevrange(keys.RUNS, 0, count - 1)
        return [run_id.decode() for run_id in found]

    def emit(self, run_id: str, event: str, **facts: str | int) -> None:
        """Tell those who follow a run that something happened. Facts are small and hold no secret."""
        fields: dict[Any, Any] = {"event": event, **facts}
        self._client.xadd(keys.events(run_id), fields, maxlen=10_000)
        self._client.expire(keys.events(run_id), keys.STAGING_TTL_S)

    def follow(self, run_id: str) -> Iterator[dict[str, str]]:
        """Events of a run from its start, as they happen; an empty one each 200 ms without news."""
        last = b"0"
        while True:
            news: Any = self._client.xread({keys.events(run_id): last}, block=200)
            if not news:
                yield {}
            for _, entries in news:
                for last, fields in entries:  # noqa: B007 the id of the last entry is where to go on
                    yield {name.decode(): value.decode() for name, value in fields.items()}

    def covered(self, account_id: str) -> dict[str, Coverage]:
        """What was last loaded of an account, by day (ISO)."""
        days: Any = self._client.hgetall(keys.coverage(account_id))
        return {day.decode(): codec.load(Coverage, data) for day, data in days.items()}

    def cover(self, loaded: Mapping[AccountDay, Coverage]) -> None:
        """Record what was loaded and found to agree."""
        pipe = self._client.pipeline()
        for at, coverage in loaded.items():
            pipe.hset(keys.coverage(at.account_id), at.day.isoformat(), codec.dump(coverage, Coverage))
        pipe.execute()
