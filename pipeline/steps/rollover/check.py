"""Compare 数据表清单 with what is remembered of our tables, and stop loading where they disagree.

A guess which is right could write a day into two tables: loading goes on after `laike tables repair`.
"""

import structlog

from pipeline.clients.feishu.codes import TABLE_NOT_FOUND
from pipeline.context import Context
from pipeline.core.errors import LaikeError, TablesDisagree
from pipeline.core.rollover.registry import disagreement, made_meanwhile
from pipeline.state.table.visibility import VisibilityLost
from pipeline.steps.rollover import registry

log = structlog.get_logger()


def check_registry(ctx: Context) -> None:
    """Stop loading into our tables if the registry disagrees; a registry that cannot be read now is read next time."""
    chain = ctx.chains.chain()
    try:
        registered = registry.read(ctx, ctx.base(None), chain.registry).of(chain.root)
    except LaikeError as error:
        if error.code == TABLE_NOT_FOUND:  # without it nobody knows our tables once Redis is emptied
            stop_loading(ctx, f"the registry {chain.registry} is not in the base")
        log.warning("registry_not_read", error=error.message)
        return
    if made_meanwhile(chain, registered):
        return  # its maker was killed, and the next run that needs it remembers it
    if why := disagreement(chain, registered):
        stop_loading(ctx, why)


def stop_loading(ctx: Context, why: str) -> TablesDisagree:
    """Stop loading into every table of the chain; the error that says so."""
    log.error("loading_stopped", why=why)
    for table_id in ctx.chains.chain().ids:
        ctx.at_table(table_id).visibility.learn_lost(VisibilityLost(why, tables=True))
    return TablesDisagree(why)
