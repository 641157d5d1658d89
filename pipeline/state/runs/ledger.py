"""The ledger: the plans of runs, and how they ended."""

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

import redis

from pipeline.core.errors import Trouble, WrongInput
from pipeline.core.outcome import Run, Summary
from pipeline.core.overview.runs.lines import RunLine
from pipeline.core.unreadable import Unreadable
from pipeline.state import codec, keys, unread
from pipeline.state.runs import many_runs
from pipeline.state.runs.many_runs import LINE, PLAN, SUMMARY

DIGEST, GIVEN_UP = "plan_digest", "given_up"
PLANS_HELD = 16  # in a process: a plan of 1,000 accounts is 60 KB, and each step reads it

# one script, so that the watchdog looks after every run that is planned
_OPEN = """
if redis.call('hsetnx', KEYS[1], 'plan', ARGV[1]) == 0 then return 0 end
redis.call('hset', KEYS[1], 'plan_digest', ARGV[5])
redis.call('expire', KEYS[1], ARGV[2])
redis.call('zadd', KEYS[2], ARGV[3], ARGV[4])
redis.call('zremrangebyscore', KEYS[2], '-inf', ARGV[3] - ARGV[2])
redis.call('sadd', KEYS[3], ARGV[4])
return 1
"""


class Ledger:
    """Runs, in Redis."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._plans: dict[bytes, Run] = {}  # by digest
        self._open = client.register_script(_OPEN)

    def open(self, run: Run) -> bool:
        """Record a run before its first step; `False` if its id is taken."""
        data = codec.dump(run, Run)
        started, digest = run.started_at.timestamp(), self._hold(data, run)
        args: list[bytes | str | float] = [data, keys.HISTORY_TTL_S, started, run.run_id, digest]
        return bool(self._open(keys=[keys.run(run.run_id), keys.RUNS, keys.OPEN], args=args))

    def close(self, summary: Summary) -> bool:
        """Record how a run ended; `False` if it was recorded before, which stands."""
        first = self._client.hsetnx(keys.run(summary.run_id), SUMMARY, codec.dump(summary, Summary))
        self._client.srem(keys.OPEN, summary.run_id)
        return bool(first)

    def open_runs(self) -> list[str]:
        """Runs without an end."""
        with unread.sparing():
            found: Any = self._client.smembers(keys.OPEN)
            return sorted(run_id.decode(errors="replace") for run_id in found)
        return []

    def run(self, run_id: str) -> Run:
        """A run's plan, read once in a process; `WrongInput` if there is no such run, or it cannot be read."""
        digest = self._client.hget(keys.run(run_id), DIGEST)
        if isinstance(digest, bytes) and (held := self._plans.get(digest)):
            return held
        data = self._client.hget(keys.run(run_id), PLAN)
        if not isinstance(data, bytes):
            raise WrongInput(f"there is no run {run_id}; `laike runs` lists what there is")
        try:
            run = codec.load(Run, data, keys.run(run_id), PLAN)
        except Unreadable:
            raise WrongInput(f"{run_id} cannot be read: its plan is torn, or of another version") from None
        self._hold(data, run)
        return run

    def _hold(self, data: bytes, run: Run) -> bytes:
        """Hold a plan by its digest, which another run of its id does not have; return the digest."""
        digest = hashlib.sha256(data).hexdigest().encode()
        if len(self._plans) >= PLANS_HELD:
            self._plans.clear()
        self._plans[digest] = run
        return digest

    def summary(self, run_id: str) -> Summary | None:
        """How a run ended; `None` while it is open."""
        data = self._client.hget(keys.run(run_id), SUMMARY)
        return codec.load(Summary, data, keys.run(run_id), SUMMARY) if isinstance(data, bytes) else None

    def overview(self, run_ids: Sequence[str]) -> list[tuple[Run, Summary | None]]:
        """Runs, and how they ended if they did, in one round trip, without unreadable ones."""
        return list(many_runs.overview(self._client, run_ids))

    def plans(self, run_ids: Sequence[str]) -> list[Run]:
        """The plans of runs in one round trip, without unreadable ones."""
        return list(many_runs.parts_of(self._client, run_ids, PLAN, Run))

    def ends(self, run_ids: Sequence[str]) -> Iterator[Summary]:
        """How runs ended, in one round trip, without open or unreadable ones; each is read as it is asked for."""
        return many_runs.parts_of(self._client, run_ids, SUMMARY, Summary)

    def lines(self, run_ids: Sequence[str]) -> dict[str, RunLine]:
        """The lines of ended runs in the list, in one round trip, without runs that have none or an unreadable one."""
        return {line.run_id: line for line in many_runs.parts_of(self._client, run_ids, LINE, RunLine)}

    def has(self, run_id: str) -> bool:
        """Whether there is a run of that id."""
        return bool(self._client.hexists(keys.run(run_id), PLAN))

    def give_up(self, run_id: str, why: Trouble) -> None:
        """Let no further batch of a run begin; the first reason stands."""
        self._client.hsetnx(keys.run(run_id), GIVEN_UP, codec.dump(why, Trouble))

    def given_up(self, run_id: str) -> Trouble | None:
        """Why no further batch of a run begins; `None` if they do."""
        data = self._client.hget(keys.run(run_id), GIVEN_UP)
        return codec.load(Trouble, data, keys.run(run_id), GIVEN_UP) if isinstance(data, bytes) else None

    def count(self) -> int:
        """How many runs are remembered."""
        with unread.sparing():
            return int(self._client.zcard(keys.RUNS))
        return 0

    def newest(self, count: int, after: int = 0) -> list[str]:
        """Ids of runs, the newest first, skipping the `after` newest; a count of 0 means all."""
        with unread.sparing():
            found: Any = self._client.zrevrange(keys.RUNS, after, after + count - 1 if count else -1)
            return [run_id.decode(errors="replace") for run_id in found]
        return []
