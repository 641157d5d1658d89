"""Test each credential and permission of the set-up, with the doctor's checks, as far as what is set allows."""

from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor

from pipeline.composition import build
from pipeline.context import Context
from pipeline.core.errors import LaikeError
from pipeline.core.overview.setup.model import Result
from pipeline.steps.doctor.examine import findings_of
from pipeline.steps.doctor.feishu import check_feishu
from pipeline.steps.doctor.findings import Finding, State
from pipeline.steps.doctor.oceanengine import check_oceanengine
from pipeline.steps.doctor.store import check_redis
from pipeline.steps.doctor.surroundings import Workers, check_schedule, check_webhook
from pipeline.steps.doctor.table import CHECKS as OF_THE_TABLE
from pipeline.steps.doctor.tables import CHECK as OF_THE_TABLES
from pipeline.steps.on_demand.init import table_in_settings

Checks = Callable[[], list[Finding]]


def tried(
    ctx: Context, wanted: Collection[str], workers: Workers, *, send: bool = False
) -> dict[str, tuple[Result, ...]]:
    """What the tests of some items found, by item; those that depend on something broken are left out.

    Args:
        wanted: Names of `setup.words.ITEMS`; others are ignored.
        send: Let the bot send a message.
    """
    every: Mapping[str, Checks] = {
        "redis": lambda: check_redis(ctx),
        "oceanengine": lambda: check_oceanengine(ctx, redis=ctx.tokens.brought() is not None),
        "feishu": lambda: _feishu(ctx),
        "webhook": lambda: [check_webhook(ctx, notify=send)],
        "schedule": lambda: check_schedule(ctx, workers, redis=True),
    }
    asked = {name: check for name, check in every.items() if name in wanted}
    with ThreadPoolExecutor(max_workers=len(every)) as pool:
        found = list(pool.map(lambda item: findings_of(ctx, *item), asked.items()))
    return {name: _tested(findings) for name, findings in zip(asked, found, strict=True)}


def _tested(findings: Collection[Finding]) -> tuple[Result, ...]:
    made = [one for one in findings if one.state != State.SKIPPED]
    return tuple(Result(one.check, str(one.state), one.says, one.cure) for one in made)


def _feishu(ctx: Context) -> list[Finding]:
    """What the app may do. What the table lacks is the plan's matter."""
    if table_in_settings(ctx) is None:
        ctx = _on_any_table(ctx)
    own = (*OF_THE_TABLE, OF_THE_TABLES)
    return [one for one in check_feishu(ctx, redis=True) if one.check not in own]


def _on_any_table(ctx: Context) -> Context:
    """The context on a table of the base: each right is asked of one, and every base has one."""
    try:
        ids = ctx.base(None).tables.ids()
    except LaikeError:
        return ctx  # the check says why
    any_table = next(iter(ids.values()), ctx.settings.bitable_table_id)
    return build(ctx.settings.model_copy(update={"bitable_table_id": any_table}))
