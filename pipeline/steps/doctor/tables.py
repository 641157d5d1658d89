"""Check a table and its successors: each is there, 数据表清单 and Redis agree, and the base takes more tables."""

from collections.abc import Mapping

from pipeline.clients.feishu.base import Base
from pipeline.context import Context
from pipeline.core.chain import Chain
from pipeline.core.errors import LaikeError
from pipeline.core.rollover.registry import NAME, disagreement, made_meanwhile
from pipeline.core.rollover.tables import BASE_TABLES_MAX
from pipeline.core.rollover.words import tables_warning
from pipeline.steps.doctor.findings import Finding, broken, of_error, ok, skipped, warning
from pipeline.steps.doctor.rights import Rights
from pipeline.steps.rollover import registry

CHECK = "tables"
READ_ROWS = "base:record:retrieve"
GONE = (
    "请先在飞书多维表格的「…」→「历史记录」中恢复被删除的数据表，再运行 laike tables repair；无法恢复时直接运行该命令，"
    "它会说明受影响的日期和处理办法。在此之前不会写入。"
)
_REPAIR = "请运行 laike tables repair 查看并修复；在此之前不会写入。"


def check_tables(ctx: Context, base: Base, rights: Rights, ids: Mapping[str, str] | None) -> list[Finding]:
    """Check the tables of our chain; nothing is found and no call made if it has no registry.

    Args:
        ids: The ids of the base's tables by name; `None` if listing them is denied.
    """
    chain = ctx.chain
    if not chain.registry:
        return []
    if ids is None:
        return skipped([CHECK], "listing tables is denied")
    try:
        return [_absent(chain, ids) or _disagreeing(ctx, base, rights, chain) or _room(chain, len(ids))]
    except LaikeError as error:
        return [of_error(CHECK, error)]


def _absent(chain: Chain, ids: Mapping[str, str]) -> Finding | None:
    there = set(ids.values())
    if gone := [f"{one.table_id} {one.name}".strip() for one in chain.tables if one.table_id not in there]:
        return broken(CHECK, f"not in the base: {', '.join(gone)}", GONE)
    return None if chain.registry in there else broken(CHECK, f"{NAME} is not in the base", _REPAIR)


def _disagreeing(ctx: Context, base: Base, rights: Rights, chain: Chain) -> Finding | None:
    chains = rights.ask(READ_ROWS, lambda: registry.read(ctx, base, chain.registry))
    if chains is None:
        return skipped([CHECK], "reading records is denied")[0]
    registered = chains.of(chain.root)
    if made_meanwhile(chain, registered):
        return None  # the next run that needs it remembers it
    why = disagreement(chain, registered)
    return broken(CHECK, why, _REPAIR) if why else None


def _room(chain: Chain, in_base: int) -> Finding:
    says = f"{len(chain.tables)} of ours, as {NAME} has them; the base holds {in_base} of at most {BASE_TABLES_MAX}"
    cure = tables_warning(in_base)
    return warning(CHECK, says, cure) if cure else ok(CHECK, says)
