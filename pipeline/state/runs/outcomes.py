"""What came of the steps of runs."""

from collections.abc import Sequence
from typing import Any, TypeVar

import redis

from pipeline.core.errors import Busy
from pipeline.state import codec, keys
from pipeline.state.lease import Lease
from pipeline.state.runs import many_runs
from pipeline.state.runs.staging import Staged

T = TypeVar("T")
STEP, ENDED, BROKE = "step:", "ended:", "broke:"

# at once, so that whoever lost the lease puts no older rows in the place of a successor's
_RECORD = """
if redis.call('get', KEYS[1]) ~= ARGV[1] then return redis.call('hget', KEYS[2], ARGV[2]) end
if redis.call('hsetnx', KEYS[2], ARGV[2], ARGV[3]) == 1 and KEYS[3] then
  redis.call('set', KEYS[3], ARGV[4], 'ex', ARGV[5])
end
return redis.call('hget', KEYS[2], ARGV[2])
"""
_BREAK = """
if redis.call('get', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('hincrby', KEYS[2], ARGV[2], 1)
"""


class Outcomes:
    """What came of the steps of runs: each has one outcome, recorded by whoever holds its lease."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._record = client.register_script(_RECORD)
        self._break = client.register_script(_BREAK)

    def record(self, run_id: str, step: str, outcome: T, lease: Lease, staged: Staged | None = None) -> T:
        """Record what came of a step, while its lease is ours; the first word stands and is returned.

        Args:
            staged: What is kept in the same instant, if this is the first word.

        Raises:
            Busy: Somebody else took the step over; the outcome will be theirs.
        """
        beside = [staged.key] if staged else []
        more: list[bytes | str | int] = [staged.data, keys.STAGING_TTL_S] if staged else []
        args: list[bytes | str | int] = [lease.mine, STEP + step, codec.dump(outcome, type(outcome)), *more]
        stands = self._record(keys=[lease.key, keys.run(run_id), *beside], args=args)
        if not isinstance(stands, bytes):
            raise Busy(f"{run_id}: {step} was taken over")
        return codec.load(type(outcome), stands)

    def count_broken(self, run_id: str, step: str, lease: Lease) -> int:
        """How often a step met an error that nobody foresaw, with this time; only whoever has its lease counts.

        Raises:
            Busy: Somebody else took the step over.
        """
        times = self._break(keys=[lease.key, keys.run(run_id)], args=[lease.mine, BROKE + step])
        if not times:
            raise Busy(f"{run_id}: {step} was taken over")
        return int(times)

    def broke_so_often(self, run_ids: Sequence[str], step: str, times: int) -> set[str]:
        """Those of the runs in which a step met such errors so often."""
        counts = many_runs.fields(self._client, run_ids, BROKE + step)
        return {run_id for run_id, (count,) in counts.items() if int(count or 0) >= times}

    def forget_outcome(self, run_id: str, step: str) -> None:
        """Let a step be done anew whose outcome cannot be read."""
        self._client.hdel(keys.run(run_id), STEP + step)

    def is_done(self, run_id: str, step: str) -> bool:
        """Whether a step has an outcome."""
        return bool(self._client.hexists(keys.run(run_id), STEP + step))

    def count_fetch(self, run_id: str, batch: int) -> int:
        """How many fetches of a batch have ended, with the one that just did.

        About: one that is delivered twice may count twice, and one that was killed right before this not at all.
        """
        return int(self._client.hincrby(keys.run(run_id), f"{ENDED}{batch}", 1))

    def done(self, run_id: str) -> set[str]:
        """The steps that have an outcome, of the whole run."""
        fields: Any = self._client.hkeys(keys.run(run_id))
        return {name.decode().removeprefix(STEP) for name in fields if name.startswith(STEP.encode())}

    def outcome(self, run_id: str, step: str, kind: type[T]) -> T | None:
        """What came of a step, if it is over."""
        data = self._client.hget(keys.run(run_id), STEP + step)
        return codec.load(kind, data) if isinstance(data, bytes) else None
