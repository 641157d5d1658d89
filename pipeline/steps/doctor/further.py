"""Check each further table as the first one is checked; each finding names its table."""

import shlex
from collections.abc import Sequence
from dataclasses import replace

from pipeline.context import Context
from pipeline.core.errors import LaikeError
from pipeline.core.model import CHINA
from pipeline.core.tables.further import FurtherTable
from pipeline.steps.doctor.feishu import judge_base
from pipeline.steps.doctor.findings import Finding, State, of_error, skipped
from pipeline.steps.doctor.rights import CHECKS as RIGHTS
from pipeline.steps.doctor.rights import Rights, try_writes
from pipeline.steps.doctor.table import READ_TABLE, check_table
from pipeline.steps.doctor.tables import check_tables
from pipeline.steps.rollover.chosen import at_chosen

_OF_A_TABLE = ("laike tables repair", "laike views --fix")  # commands that are about the first table unless told


def check_further(ctx: Context, first: Sequence[Finding], *, redis: bool) -> list[Finding]:
    """Check the further tables.

    Args:
        first: What was found at the first one and its app: what is wrong there is said once.
    """
    broken = {one.check for one in first if one.state == State.BROKEN}
    found = []
    for table in ctx.settings.tables:
        if not redis:
            of_it = skipped(["table"], "Redis is out of reach")
        elif "feishu.app" in broken:
            of_it = skipped(["table"], "Feishu gives the app no token")
        elif not table.app_token and broken & {"base", RIGHTS[1]}:
            of_it = skipped(["table"], "the app may not use this base")
        else:
            of_it = _check(ctx, table)
        found += [_named(table.name, one) for one in of_it]
    return found


def _check(ctx: Context, table: FurtherTable) -> list[Finding]:
    rights = Rights()
    try:
        here = at_chosen(ctx, table.name)
        base = here.base(None)
        meta = rights.ask("base:app:read", base.tables.meta)
        ids = rights.ask(READ_TABLE, base.tables.ids)
    except LaikeError as error:
        return [of_error("table", error)]
    if rights.document:
        return [rights.findings()[1], *skipped(["table"], "the app may not use this base")]
    there, *inside = check_table(here, base, rights, meta.time_zone if meta else CHINA, ids, redis=True)
    if there.state != State.OK:
        return [there, *inside]
    chain = check_tables(here, base, rights, ids)
    try_writes(here, base, rights)
    _, document, writing = rights.findings()  # the first is about the app alone
    about_base = judge_base(meta, denied=rights.document is not None) if table.app_token else []
    around = [one for one in (document, *about_base) if one.state != State.OK]
    return [there, *chain, *inside, *around, writing]


def _named(name: str, finding: Finding) -> Finding:
    cure = finding.cure
    for command in _OF_A_TABLE:
        cure = cure.replace(command, f"{command} --table {shlex.quote(name)}")
    return replace(finding, says=f"{name}: {finding.says}", cure=cure)
