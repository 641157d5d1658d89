"""飞书: check the app, its permissions and the base; `table` checks what is in the table."""

from dataclasses import replace
from zoneinfo import ZoneInfo

from pipeline.clients.feishu.base import Base
from pipeline.clients.feishu.tables import BaseMeta
from pipeline.clients.feishu.wiki import NO_BASE, NO_NODE, find_base
from pipeline.clients.retry import READ
from pipeline.context import Context
from pipeline.core.errors import LaikeError, Retryable
from pipeline.core.model import CHINA
from pipeline.steps.doctor.findings import Finding, State, of_error, ok, skipped, warning
from pipeline.steps.doctor.rights import CHECKS as RIGHTS
from pipeline.steps.doctor.rights import Rights, try_writes
from pipeline.steps.doctor.table import CHECKS as TABLE
from pipeline.steps.doctor.table import READ_TABLE, check_table
from pipeline.steps.doctor.tables import check_tables
from pipeline.steps.rollover.chosen import at_chosen

META = ("base.time_zone", "base.advanced")
AFTER = (*RIGHTS, "base", *META, *TABLE)
TRIES = 2  # a person waits: ride out a hiccup, report an outage
_APP_ID = "请在飞书开放平台「凭证与基础信息」复制 App ID（cli_…），填入 LAIKE_FEISHU_APP_ID。"
_SECRET = "请在飞书开放平台「凭证与基础信息」复制 App Secret，填入 LAIKE_FEISHU_APP_SECRET。"  # noqa: S105 words
_BASE = "请检查 LAIKE_BITABLE_APP_TOKEN：请从浏览器复制多维表格的完整网址，即 …/base/… 或知识库的 …/wiki/…。"
_ZONE = "不影响同步，但日期会按该时区显示；请在多维表格右上角「…」→「设置」中把时区改为北京时间（GMT+8）。"
_ADVANCED = "请确认「添加文档应用」中该应用为「可管理」：权限不足时读到的是空表；不需要时可关闭「高级权限」。"


def check_feishu(ctx: Context, *, redis: bool) -> list[Finding]:
    """Check app, permissions, base and table; skip what needs Redis without it."""
    if redis:
        ctx = at_chosen(ctx, None)  # our newest table: older ones take corrections only
    policy = replace(READ, attempts=TRIES, scale=ctx.settings.wait_scale)
    try:
        policy.run(ctx.tenant_token.ask, ctx.time_left(None)())
    except LaikeError as error:
        return [of_error("feishu.app", error, _app_cure(error)), *skipped(AFTER, "Feishu gives the app no token")]
    app, rights = ok("feishu.app", "App ID and App Secret are accepted"), Rights()
    try:
        base = _base(ctx, redis=redis)
        meta = rights.ask("base:app:read", base.tables.meta)
    except LaikeError as error:
        rest = [check for check in AFTER if check != "base"]
        cure = _BASE if error.code in (*NO_BASE, NO_NODE) else None
        return [app, of_error("base", error, cure), *skipped(rest, "the base does not answer")]
    if rights.document:
        rest = ["base", *META, *TABLE]
        return [app, *rights.findings(), *skipped(rest, "the app may not use this base")]
    table = _tables(ctx, base, rights, meta.time_zone if meta else CHINA, redis=redis)
    if redis and table[0].state == State.OK:
        try_writes(ctx, base, rights)
    judged = judge_base(meta, denied=rights.document is not None)
    return [app, *rights.findings(), ok("base", "the base is there"), *judged, *table]


def _tables(ctx: Context, base: Base, rights: Rights, zone: ZoneInfo, *, redis: bool) -> list[Finding]:
    """Check our newest table, then the chain that it is of, unless what is wrong was said already."""
    ids = rights.ask(READ_TABLE, base.tables.ids)
    table, *inside = check_table(ctx, base, rights, zone, ids, redis=redis)
    there = redis and table.state == State.OK
    return [table, *(check_tables(ctx, base, rights, ids) if there else []), *inside]


def _base(ctx: Context, *, redis: bool) -> Base:
    api = ctx.feishu(None)
    api = replace(api, reads=replace(api.reads, attempts=TRIES))
    settings, remembered = ctx.settings, ctx.base_facts.app_token() if redis else None
    app_token = remembered or find_base(api, settings.bitable_app_token).app_token
    return Base(api, app_token, settings.bitable_table_id)


def _app_cure(error: LaikeError) -> str | None:
    if isinstance(error, Retryable):
        return None
    words = error.message.lower()  # not every service has different codes for a wrong id and a wrong secret
    if "secret" in words:
        return _SECRET
    return _APP_ID if "app id" in words or "app_id" in words else _APP_ID + _SECRET


def judge_base(meta: BaseMeta | None, *, denied: bool) -> list[Finding]:
    """Judge a base's meta data. A lacking right was reported already where writes are denied."""
    if meta is None:
        return skipped(META, "the base's meta data is denied")
    zone, advanced = meta.time_zone.key, ok(META[1], "advanced permissions are off")
    if meta.advanced and denied:
        advanced = ok(META[1], "advanced permissions are on: the app needs 可管理")
    elif meta.advanced:
        advanced = warning(META[1], "advanced permissions are on: with less than 可管理 rows read as absent", _ADVANCED)
    if zone == CHINA.key:
        return [ok(META[0], zone), advanced]
    return [warning(META[0], f"{zone}: days are midnights there, not in China", _ZONE), advanced]
