"""Announce a successor, or take an announcement back: in 数据表清单, then in Redis."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import structlog

from pipeline.clients.feishu.base import Base
from pipeline.context import Context
from pipeline.core.chain import Chain, PhysicalTable
from pipeline.core.errors import TablesDisagree
from pipeline.core.rollover.registry import disagreement
from pipeline.steps.rollover import registry

log = structlog.get_logger()


def announce(
    ctx: Context, first: date, name: str, rows: Mapping[str, int] | None = None, *, by_hand: bool = False
) -> Chain:
    """Announce the successor of our newest table; the registry is made with the first announcement.

    Args:
        rows: Rows by table id, to be shown in the registry.
        by_hand: Whether a person wants it: no forecast withdraws it.

    Raises:
        TablesDisagree: The registry names other tables of ours than we remember.
        LaikeError: As the service says.
    """
    with ctx.writing() as base:
        ctx.writes.begin_writing()
        chain = _with_registry(ctx, base, ctx.chains.chain())
        there = chain.announced or PhysicalTable("")
        told = replace(chain, announced=replace(there, first=first, name=name, by_hand=by_hand))
        written = registry.write_rows(ctx, base, told, rows)
        ctx.chains.learn(written)
    log.info("successor_announced", first=first.isoformat(), name=name)
    return written


def withdraw(ctx: Context) -> Chain:
    """Take the announcement back; `LaikeError` as the service says."""
    with ctx.writing() as base:
        chain = ctx.chains.chain()
        told = chain.announced
        if told is None:
            return chain
        ctx.writes.begin_writing()
        registry.remove_row(base, chain, told)
        left = replace(chain, announced=None)
        ctx.chains.learn(left)
    log.info("successor_withdrawn", first=str(told.first), name=told.name)
    return left


def _with_registry(ctx: Context, base: Base, chain: Chain) -> Chain:
    """The chain with its registry. One that is there already may know more of our tables than Redis, if it was emptied.

    The first table's name is asked for once: its successors are named after it.
    """
    if chain.registry:
        return chain
    registry_id = registry.make(ctx, base)
    registered = registry.read(ctx, base, registry_id).of(chain.root)
    if registered and (why := disagreement(chain, registered)):
        raise TablesDisagree(why)
    names = {table_id: name for name, table_id in base.tables.ids().items()}
    first = replace(chain.tables[0], name=names.get(chain.root, chain.tables[0].name))
    announced = registered.announced if registered else None
    return replace(chain, tables=(first, *chain.tables[1:]), announced=announced, registry=registry_id)
