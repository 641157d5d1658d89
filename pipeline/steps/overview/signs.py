"""A worker's sign of life for the metrics, and what it spent."""

import redis

from pipeline.context import Context
from pipeline.core.unreadable import Unreadable
from pipeline.state.tokens.journal import whoami
from pipeline.state.vitals.calls import Calls
from pipeline.state.vitals.workers import WorkerSigns


def give_sign(ctx: Context) -> None:
    """Say that this worker is alive, and keep the calls that its tasks made since the last time.

    A worker that is killed takes the calls of some seconds with it; a lost answer of Redis counts them twice.

    Raises:
        StoreTrouble: Redis is away; the calls are kept with the next sign.
    """
    WorkerSigns(ctx.client).give(whoami())
    spent = ctx.tally.take()
    if not spent.calls:
        return
    try:
        Calls(ctx.client).add(spent.calls, spent.retries)
    except (redis.RedisError, Unreadable):
        ctx.tally.give_back(spent)
        raise
