"""How many messages wait in Celery's queues."""

from collections.abc import Iterable
from typing import Any

import redis

# kombu keeps messages of another priority in a list of their own, which it names so
_OF_PRIORITY = tuple(f"\x06\x16{priority}" for priority in (3, 6, 9))


def waiting(client: redis.Redis, queues: Iterable[str]) -> dict[str, int]:
    """Messages by queue, whatever their priority."""
    names = list(queues)
    pipe: Any = client.pipeline(transaction=False)
    for name in names:
        for suffix in ("", *_OF_PRIORITY):
            pipe.llen(name + suffix)
    lengths = iter(pipe.execute())
    return {name: sum(next(lengths) for _ in range(1 + len(_OF_PRIORITY))) for name in names}
