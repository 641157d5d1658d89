"""What runs read of one account, without reading the runs' other accounts."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import redis

from pipeline.core.model import AccountDay
from pipeline.core.outcome import FetchOutcome, RunState
from pipeline.state import codec, keys, unread
from pipeline.state.runs import many_runs
from pipeline.state.runs.many_runs import PLAN, SUMMARY
from pipeline.state.runs.outcomes import STEP

YEAR_9999 = 253_370_764_800  # later starts are none


@dataclass(frozen=True, slots=True)
class Begun:
    """A run's plan without its accounts: they are 60 KB of a thousand."""

    run_id: str
    started_at: datetime
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended, without its accounts; `table` and `further` as of `Summary`."""

    run_id: str
    state: RunState
    restatements: tuple[AccountDay, ...] = ()
    table: str = ""
    further: tuple["Ended", ...] = ()


class DayReads:
    """Parts of many runs, in Redis."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    def since(self, moment: datetime) -> list[tuple[str, datetime]]:
        """Ids of the runs that began since then, with their starts, the newest first."""
        found: Any = ()
        with unread.sparing():
            found = self._client.zrevrangebyscore(keys.RUNS, "+inf", moment.timestamp(), withscores=True)
        return [
            (run_id.decode(errors="replace"), datetime.fromtimestamp(start, UTC))
            for run_id, start in found
            if start < YEAR_9999
        ]

    def fetches(self, steps: Mapping[str, Sequence[str]]) -> dict[str, dict[str, FetchOutcome]]:
        """Those of some fetches of each run that have an outcome, by run and step; runs without any are absent."""
        pipe: Any = self._client.pipeline(transaction=False)
        for run_id, names in steps.items():
            pipe.hmget(keys.run(run_id), [STEP + name for name in names])
        answers = zip(steps.items(), unread.answers(pipe), strict=True)
        found = {run_id: dict(_fetches(run_id, names, data or ())) for (run_id, names), data in answers}
        return {run_id: of_run for run_id, of_run in found.items() if of_run}

    def begun(self, run_ids: Sequence[str]) -> dict[str, Begun]:
        """The beginnings of runs, without unreadable ones."""
        return {one.run_id: one for one in many_runs.parts_of(self._client, run_ids, PLAN, Begun)}

    def ended(self, run_ids: Sequence[str]) -> dict[str, Ended]:
        """The ends of runs, without open and unreadable ones."""
        return {one.run_id: one for one in many_runs.parts_of(self._client, run_ids, SUMMARY, Ended)}


def _fetches(run_id: str, names: Sequence[str], data: Sequence[bytes | None]) -> Iterator[tuple[str, FetchOutcome]]:
    for name, one in zip(names, data, strict=False):  # none of a run that cannot be read
        with unread.sparing(always=True):
            if one is not None:
                yield name, codec.load(FetchOutcome, one, keys.run(run_id), STEP + name)
