"""Many runs in one round trip, without those that are gone or cannot be read."""

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

import redis

from pipeline.core.outcome import Run, Summary
from pipeline.state import codec, keys, unread

T = TypeVar("T")
PLAN, SUMMARY, LINE = "plan", "summary", "line"  # fields of a run


def overview(client: redis.Redis, run_ids: Sequence[str]) -> Iterator[tuple[Run, Summary | None]]:
    """Runs, and how they ended if they did."""
    for run_id, (plan, end) in fields(client, run_ids, PLAN, SUMMARY).items():
        with unread.sparing(always=True):  # the watchdog puts it aside and tells
            if plan is not None:
                key = keys.run(run_id)
                yield (
                    codec.load(Run, plan, key, PLAN),
                    codec.load(Summary, end, key, SUMMARY) if end is not None else None,
                )


def parts_of(client: redis.Redis, run_ids: Sequence[str], name: str, kind: type[T]) -> Iterator[T]:
    """One field of each run: its plan or its summary."""
    for run_id, (data,) in fields(client, run_ids, name).items():
        with unread.sparing(always=True):
            if data is not None:
                yield codec.load(kind, data, keys.run(run_id), name)


def fields(client: redis.Redis, run_ids: Sequence[str], *names: str) -> dict[str, list[bytes | None]]:
    """Fields of each run's hash, without keys that are no hash."""
    pipe: Any = client.pipeline(transaction=False)
    for run_id in run_ids:
        pipe.hmget(keys.run(run_id), names)
    found = {}
    for run_id, answer in zip(run_ids, pipe.execute(raise_on_error=False), strict=True):
        with unread.sparing(always=True):
            if isinstance(answer, Exception):
                raise answer
            found[run_id] = answer
    return found
