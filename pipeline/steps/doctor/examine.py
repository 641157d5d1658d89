"""Run every check, independent ones in parallel. Writes nothing into the table."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from pipeline.context import Context
from pipeline.core.errors import LaikeError
from pipeline.state.store import ours
from pipeline.steps.doctor.feishu import check_feishu
from pipeline.steps.doctor.findings import Finding, of_error
from pipeline.steps.doctor.further import check_further
from pipeline.steps.doctor.oceanengine import check_oceanengine
from pipeline.steps.doctor.store import check_redis, reached
from pipeline.steps.doctor.surroundings import (
    Workers,
    check_addresses,
    check_schedule,
    check_settings,
    check_webhook,
)


def examine(ctx: Context, workers: Workers, *, notify: bool) -> list[Finding]:
    """Return what every check found, in the order in which to mend it; `notify` sends the group a message."""
    store = check_redis(ctx)
    redis = reached(store)
    groups: dict[str, Callable[[], list[Finding]]] = {
        "oceanengine": lambda: check_oceanengine(ctx, redis=redis),
        "feishu": lambda: _check_tables(ctx, redis=redis),
        "webhook": lambda: [check_webhook(ctx, notify=notify)],
        "schedule": lambda: check_schedule(ctx, workers, redis=redis),
    }
    with ThreadPoolExecutor(max_workers=len(groups)) as pool:
        found = list(pool.map(lambda group: findings_of(ctx, *group), groups.items()))
    around = [*check_settings(ctx), *check_addresses(ctx.settings)]
    return [*around, *store, *(finding for group in found for finding in group)]


def _check_tables(ctx: Context, *, redis: bool) -> list[Finding]:
    first = check_feishu(ctx, redis=redis)
    return [*first, *check_further(ctx, first, redis=redis)]


def findings_of(ctx: Context, name: str, check: Callable[[], list[Finding]]) -> list[Finding]:
    """Return a group's findings; an error that ends it early is a finding, too."""
    try:
        with ours(ctx.settings.redis_address):
            return check()
    except LaikeError as error:
        return [of_error(name, error)]
