"""Make a table of a name, once, also where the answer to the create is lost: no base holds two tables of one name."""

from collections.abc import Mapping, Sequence

import structlog

from pipeline.clients.feishu.base import Base
from pipeline.clients.feishu.codes import TABLE_NAME_TAKEN
from pipeline.context import Context
from pipeline.core.errors import BadRequest, BadResponse, LaikeError, Retryable, TableMismatch
from pipeline.steps.table.create import LOOK_UP_S

SENDS = 3

log = structlog.get_logger()


def made_or_found(ctx: Context, base: Base, name: str, fields: Sequence[Mapping[str, object]]) -> tuple[str, bool]:
    """The id of the table of a name, and whether this call made it; `False` as well where the answer was lost.

    Raises:
        LaikeError: As the service says: no right to make tables, or no place for one more.
        TableMismatch: The name is taken, and no table of this name can be seen.
        Retryable: The outcome stayed unknown.
    """
    unknown: LaikeError | None = None
    for _ in range(SENDS):
        try:
            return base.tables.create(name, fields), True
        except (BadRequest, Retryable, BadResponse) as error:
            taken = error.code == TABLE_NAME_TAKEN
            if not taken and not error.effect_possible:
                raise
            log.warning("table_not_made", name=name, taken=taken, error=error.message)
            unknown = None if taken else error
        if unknown:
            ctx.pause(LOOK_UP_S)
        if found := base.tables.ids().get(name):
            return found, False
    raise unknown or TableMismatch(f"the name {name!r} is taken, and no table has it", what_to_do=taken_cure(name))


def taken_cure(name: str) -> str:
    """What a person does about a table that has a name of ours and cannot be ours."""
    return f"多维表格中已有名为“{name}”的数据表，其中已有数据或列不符，不能接着使用：请将它改名或删除。"
