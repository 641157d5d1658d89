"""Many runs in one round trip, without those that are gone or cannot be read."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any, TypeVar

import redis

from pipeline.core.outcome import Run, Summary
from pipeline.state import codec, keys

T = TypeVar("T")
PLAN, SUMMARY, LINE = "plan", "summary", "line"  # fields of a run


def overview(client: redis.Redis, run_ids: Sequence[str]) -> Iterator[tuple[Run, Summary | None]]:
    """Runs, and how they ended if they did."""
    for plan, end in fields(client, run_ids, PLAN, SUMMARY).values():
        with suppress(ValueError):  # the watchdog puts it aside and tells
            if plan:
                yield codec.load(Run, plan), codec.load(Summary, end) if end else None


def parts_of(client: redis.Redis, run_ids: Sequence[str], name: str, kind: type[T]) -> Iterator[T]:
    """One field of each run: its plan or its summary."""
    for (data,) in fields(client, run_ids, name).values():
        with suppress(ValueError):  # as above
            if data:
                yield codec.load(kind, data)


def fields(client: redis.Redis, run_ids: Sequence[str], *names: str) -> dict[str, list[bytes | None]]:
    """Fields of each run's hash, without keys that are no hash."""
    pipe: Any = client.pipeline(transaction=False)
    for run_id in run_ids:
        pipe.hmget(keys.run(run_id), names)
    answers = dict(zip(run_ids, pipe.execute(raise_on_error=False), strict=True))
    if error := next(
        (one for one in answers.values() if isinstance(one, redis.RedisError) and not of_another_type(one)), None
    ):
        raise error
    return {run_id: found for run_id, found in answers.items() if not isinstance(found, redis.RedisError)}


def of_another_type(error: redis.RedisError) -> bool:
    """Whether Redis refuses a value of another type: the value is wrong, not Redis."""
    return isinstance(error, redis.ResponseError) and str(error).startswith("WRONGTYPE")
