"""Check the table: it is there, has our columns, has space, has the right views, and only we write to it."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from zoneinfo import ZoneInfo

from pipeline.clients.feishu.base import Base
from pipeline.context import Context
from pipeline.core.causes import maintenance_of
from pipeline.core.errors import LaikeError, NotFoundYet, TableMismatch, TablesDisagree
from pipeline.core.model import FoundRow
from pipeline.core.runs.plan import window
from pipeline.core.table.cells import Field
from pipeline.core.table.layout import Layout, match
from pipeline.core.table.views import AccountView, ViewState
from pipeline.state.table.visibility import VisibilityLost
from pipeline.steps.doctor.findings import Finding, broken, of_error, ok, skipped, warning
from pipeline.steps.doctor.oceanengine import accounts_of
from pipeline.steps.doctor.rights import Rights
from pipeline.steps.doctor.tables import GONE, READ_ROWS
from pipeline.steps.rollover.chosen import at_each
from pipeline.steps.runs.views import inspect
from pipeline.steps.table.read import match_fields, read_rows
from pipeline.steps.table.visibility import holds_rows, still_invisible

CHECKS = ("table", "columns", "rows", "room", "views", "other_writers")
FULL_SHARE = 0.8
VIEWS_MAX, VIEWS_MANY = 200, 180  # 列出视图: a table holds 200 views, including other people's
READ_TABLE, READ_FIELDS, READ_VIEWS = "base:table:read", "base:field:read", "base:view:read"
_TABLE = (
    "请检查 LAIKE_BITABLE_TABLE_ID：打开数据表，取网址中 table= 之后以 tbl 开头的部分；或留空并运行 laike init 新建。"
)
_FURTHER = (
    "请在 laike.toml 中检查“{name}”的 at：它应是该多维表格中一张数据表的网址；没有写 at，或删去它以后，"
    "请运行 laike init 建立。"
)
_FULL = "请归档旧数据，或换一张新表；若套餐允许更多行，请调大 LAIKE_TABLE_MAX_ROWS。"
_UNSEEN = (
    "请确认应用在「添加文档应用」中为「可管理」，再运行 laike doctor；若表格确实被清空，请运行 laike doctor --unblock。"
    "在此之前不会写入。"
)
_VIEWS = "请运行 laike views --fix。"
_MANY = "每张数据表最多 200 个视图，请删除不用的视图。"
_OTHERS = "请停用旧脚本（crontab）或其他写入该表的程序：重复的行由它们写入。"


def check_table(
    ctx: Context, base: Base, rights: Rights, zone: ZoneInfo, ids: Mapping[str, str] | None, *, redis: bool
) -> list[Finding]:
    """Check what these rights show of the table.

    Args:
        ids: The ids of the base's tables by name; `None` if listing them is denied.
    """
    if ids is not None and base.table_id not in ids.values():
        there = ", ".join(f"{table_id} {name}" for name, table_id in ids.items())
        says = f"the base has no table {base.table_id}; there are {there or 'none'}"
        return [broken("table", says, _absent_cure(ctx, redis=redis)), *skipped(CHECKS[1:], "there is no such table")]
    try:
        with ThreadPoolExecutor(max_workers=3) as pool:
            fields = pool.submit(rights.ask, READ_FIELDS, lambda: base.tables.fields(base.table_id))
            count = pool.submit(rights.ask, READ_ROWS, base.records().count)
            views = pool.submit(rights.ask, READ_VIEWS, base.views.names)
        layout, columns = _columns(ctx, fields.result(), zone, redis=redis)
        seen = _rows(ctx, layout if redis else None, count.result(), zone, redis=redis)
        capacity = _capacity(ctx, count.result())
        shown = _views(ctx, base, rights, views.result(), layout, redis=redis)
        if count.result() is None:
            others = skipped(CHECKS[5:], "reading records is denied")[0]
        else:
            others = _other_writers(ctx, base, layout if redis else None, redis=redis)
    except NotFoundYet as error:  # the list of tables is denied, and the table is not there
        return [
            of_error("table", error, _absent_cure(ctx, redis=redis)),
            *skipped(CHECKS[1:], "there is no such table"),
        ]
    return [ok("table", "the table is there"), columns, seen, capacity, shown, others]


def _absent_cure(ctx: Context, *, redis: bool) -> str:
    """What to do about a table that is not there: a successor's id is in no setting."""
    if redis and ctx.chain.registry:
        return GONE
    return _FURTHER.format(name=ctx.table) if ctx.table else _TABLE


def _columns(
    ctx: Context, fields: Sequence[Field] | None, zone: ZoneInfo, *, redis: bool
) -> tuple[Layout | None, Finding]:
    if fields is None:
        return None, skipped(["columns"], "reading fields is denied")[0]
    try:
        layout = (
            match_fields(ctx, fields, zone) if redis else match(ctx.settings.columns, fields, zone, report=ctx.report)
        )
    except TableMismatch as error:
        return None, of_error("columns", error)
    return layout, ok("columns", f"{len(layout.columns)} columns, each of a type that holds its figures")


def _rows(ctx: Context, layout: Layout | None, count: int | None, zone: ZoneInfo, *, redis: bool) -> Finding:
    """Check that written rows can be read; if so, resume loading that was stopped, into older tables as well."""
    if count is None or layout is None:
        return skipped(["rows"], "reading records is denied" if count is None else _lacking(redis=redis))[0]
    if not count and holds_rows(ctx, accounts_of(ctx)):
        return broken("rows", "the table reads as empty although rows were loaded: a right may be lost", _UNSEEN)
    stopped = [(here, lost) for here in at_each(ctx) if (lost := here.visibility.lost())]
    if not stopped:
        return ok("rows", "what was written can be read")
    for here, lost in stopped:
        if lost.tables:
            return broken("rows", f"loading is stopped: {lost.why}", maintenance_of(TablesDisagree.reason))
        if _still_invisible(here, lost, zone):
            return broken("rows", f"loading is stopped: {lost.why}", _UNSEEN)
        here.visibility.learn_regained()
    return ok("rows", "what was written can be read again: loading, which was stopped, goes on")


def _still_invisible(here: Context, lost: VisibilityLost, zone: ZoneInfo) -> bool:
    base = here.base(None)
    return still_invisible(base, match_fields(here, base.tables.fields(base.table_id), zone), lost)


def _capacity(ctx: Context, count: int | None) -> Finding:
    if count is None:
        return skipped(["room"], "reading records is denied")[0]
    cap = ctx.settings.table_max_rows
    says = f"{count} of {cap} rows (LAIKE_TABLE_MAX_ROWS)"
    if count >= cap:
        return broken("room", f"full: {says}", _FULL)
    return warning("room", f"nearly full: {says}", _FULL) if count >= FULL_SHARE * cap else ok("room", says)


def _views(
    ctx: Context, base: Base, rights: Rights, names: Mapping[str, str] | None, layout: Layout | None, *, redis: bool
) -> Finding:
    if names is None:
        return skipped(["views"], "reading views is denied")[0]
    if layout is None or not redis:
        return skipped(["views"], _lacking(redis=redis))[0]
    found = rights.ask(READ_VIEWS, lambda: inspect(ctx, accounts_of(ctx), deep=True))
    if found is not None and not any(view.view_id for view in found):
        rights.ask(READ_VIEWS, lambda: base.views.conditions(next(iter(names))))  # may any view be read?
    if READ_VIEWS in rights.scopes or found is None:
        return skipped(["views"], "reading views is denied")[0]
    made = bool(ctx.table_facts.views())
    # without an account's first row a select lacks its option, so there can be no view yet
    missing = [view for view in found if view.state == ViewState.NEW and made and layout.view_conditions(view.account)]
    wrong = [view for view in found if view.state in (ViewState.WRONG, ViewState.DELETED)]
    return _judge_views(len(found), [*missing, *wrong], len(names), made=made)


def _lacking(*, redis: bool) -> str:
    return "the columns are not right" if redis else "Redis is out of reach"


def _judge_views(accounts: int, bad: Sequence[AccountView], count: int, *, made: bool) -> Finding:
    if bad:
        named = ", ".join(f"{view.account.name} ({view.state})" for view in bad)
        return warning("views", f"{len(bad)} view(s) missing or wrong: {named}", _VIEWS)
    if count >= VIEWS_MANY:
        return warning("views", f"{count} of at most {VIEWS_MAX} views", _MANY)
    if not made:
        return ok("views", f"none of {accounts} account(s) has one yet: the first run makes them")
    return ok("views", f"those of {accounts} account(s) are as they should be")


def _other_writers(ctx: Context, base: Base, layout: Layout | None, *, redis: bool) -> Finding:
    if layout is None:
        return skipped(["other_writers"], _lacking(redis=redis))[0]
    creator, days = ctx.base_facts.creator(), window(ctx.now(), ctx.settings.lookback_days)
    if creator is None:
        return ok("other_writers", "no run has written yet")
    try:
        rows = read_rows(base, layout, days)
    except LaikeError as error:
        return of_error("other_writers", error)
    others = written_by_others(rows, creator)
    if not others:
        return ok("other_writers", f"{len(rows)} rows of {len(days)} days, the keyed ones by us")
    says = (
        f"{len(others)} row(s) of the last {len(days)} days came after ours from somebody else, newest {others[-1].day}"
    )
    return warning("other_writers", f"{says}: is the old script still running?", _OTHERS)


def written_by_others(rows: Sequence[FoundRow], creator: str) -> list[FoundRow]:
    """Return keyed rows that others created after our first one, the oldest day first."""
    ours = [row.created_ms for row in rows if row.creator == creator]
    since = min(ours, default=None)
    if since is None:
        return []
    others = [row for row in rows if row.key and row.creator not in (creator, None) and row.created_ms > since]
    return sorted(others, key=lambda row: (str(row.day), row.created_ms))
