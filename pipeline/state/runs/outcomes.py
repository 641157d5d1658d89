"""Outcomes of the steps of runs."""

from collections.abc import Sequence
from typing import Any, TypeVar

import redis

from pipeline.core.errors import Busy
from pipeline.state import codec, keys, unread
from pipeline.state.lease import Lease
from pipeline.state.runs import many_runs
from pipeline.state.runs.staging import Staged

T = TypeVar("T")
STEP, ENDED, BROKE = "step:", "ended:", "broke:"

# one script, so that a process that lost the lease does not overwrite its successor's rows
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
    """Outcomes of steps: one each, recorded by the holder of the step's lease."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._record = client.register_script(_RECORD)
        self._break = client.register_script(_BREAK)

    def record(self, run_id: str, step: str, outcome: T, lease: Lease, staged: Staged | None = None) -> T:
        """Record a step's outcome, and `staged` with it, while its lease is ours; the first one stands and is returned.

        Raises:
            Busy: Another process took the step over, and will record its outcome.
        """
        beside = [staged.key] if staged else []
        more: list[bytes | str | int] = [staged.data, keys.STAGING_TTL_S] if staged else []
        args: list[bytes | str | int] = [lease.mine, STEP + step, codec.dump(outcome, type(outcome)), *more]
        stands = self._record(keys=[lease.key, keys.run(run_id), *beside], args=args)
        if not isinstance(stands, bytes):
            raise Busy(f"{run_id}: {step} was taken over")
        return codec.load(type(outcome), stands, keys.run(run_id), STEP + step)

    def count_broken(self, run_id: str, step: str, lease: Lease) -> int:
        """Count an unforeseen error of a step while its lease is ours; return how many there were.

        Raises:
            Busy: Another process took the step over.
        """
        times = self._break(keys=[lease.key, keys.run(run_id)], args=[lease.mine, BROKE + step])
        if not times:
            raise Busy(f"{run_id}: {step} was taken over")
        return int(times)

    def broke_so_often(self, run_ids: Sequence[str], step: str, times: int) -> set[str]:
        """The runs in which a step had at least so many unforeseen errors."""
        counts = many_runs.fields(self._client, run_ids, BROKE + step)
        return {run_id for run_id, (count,) in counts.items() if count and count.isdigit() and int(count) >= times}

    def forget_outcome(self, run_id: str, step: str) -> None:
        """Forget an outcome that cannot be read, so that its step is done again."""
        self._client.hdel(keys.run(run_id), STEP + step)

    def is_done(self, run_id: str, step: str) -> bool:
        """Whether a step has an outcome."""
        return bool(self._client.hexists(keys.run(run_id), STEP + step))

    def count_fetch(self, run_id: str, batch: int) -> int:
        """Count a fetch that ended; return how many of its batch have.

        Roughly: a fetch delivered twice may count twice, one killed right before this not at all.
        """
        return int(self._client.hincrby(keys.run(run_id), f"{ENDED}{batch}", 1))

    def done(self, run_id: str) -> set[str]:
        """All steps of a run that have an outcome."""
        fields: Any = self._client.hkeys(keys.run(run_id))
        return {name.decode().removeprefix(STEP) for name in fields if name.startswith(STEP.encode())}

    def outcomes(self, run_id: str, steps: Sequence[str], kind: type[T]) -> dict[str, T]:
        """The outcomes of some steps, in one round trip, without those that have none, or an unreadable one."""
        found: Any = self._client.hmget(keys.run(run_id), [STEP + step for step in steps]) if steps else []
        told: dict[str, T] = {}
        for step, data in zip(steps, found, strict=True):
            with unread.sparing(always=True):
                if data is not None:
                    told[step] = codec.load(kind, data, keys.run(run_id), STEP + step)
        return told

    def outcome(self, run_id: str, step: str, kind: type[T]) -> T | None:
        """A step's outcome; `None` if it has none yet."""
        data = self._client.hget(keys.run(run_id), STEP + step)
        return codec.load(kind, data, keys.run(run_id), STEP + step) if isinstance(data, bytes) else None
