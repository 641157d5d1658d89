"""数据表: each physical table, its successor, and what disagrees about them."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date

from starlette.responses import Response

from console.choice import FIRST
from console.inputs import figures_day_in
from console.routes import act, page
from console.visit import Visit
from console.words import Sign
from pipeline.core.causes import CAUSES, cure_of
from pipeline.core.errors import WrongInput
from pipeline.core.model import china_day
from pipeline.core.overview.registers.tables import TablesPage
from pipeline.core.rollover.repair import Faults, Kind
from pipeline.core.rollover.tables import BASE_TABLES_MAX, State
from pipeline.core.rollover.words import foretold_details
from pipeline.steps.on_demand.tables import SplitPlan, look, plan_split, repair, split
from pipeline.steps.overview.tables import FurtherTables, counted_tables, further_tables, known_tables

STATES: Mapping[State, Sign] = {
    State.IN_USE: Sign("✓", "使用中", "good"),
    State.REPLACED: Sign("▣", "已换新表，修正照常更新", "calm"),
    State.ABSENT: Sign("✕", "未找到", "bad"),
}
# what is wrong, and what mending does
FAULTS: Mapping[Kind, tuple[str, str]] = {
    Kind.FORGOTTEN: ("“数据表清单”中有这张表，系统没有记住它", "按“数据表清单”补记"),
    Kind.UNREGISTERED: ("系统记得这张表，“数据表清单”中没有它", "在“数据表清单”中补写一行"),
    Kind.OTHER_DAY: ("“数据表清单”中的起始日期与实际写入的不一致", "按实际写入的日期更正“数据表清单”"),
    Kind.ABSENT: ("这张表已被删除", "不再使用这张表，它的日期归前一张表；若要保留数据，请先在飞书恢复该表"),
    Kind.UNCLEAR: ("系统无法判断以哪一方为准", "请先由维护人员处理，再回到这里"),
}
NO_SPLIT = (
    "这一天不能换用新表：首日须晚于已写入的最后一天和进行中的任务，且在一年以内；"
    f"多维表格的数据表和仪表盘合计不超过 {BASE_TABLES_MAX} 个。"
)
SEEN_CHARACTERS = 16


def show(visit: Visit) -> Response:
    """Show the tables as they are known."""
    return _listed(visit, known_tables(visit.ctx), further_tables(visit.ctx), visit.query.get("done", ""))


def count(visit: Visit) -> Response:
    """Count the tables anew, and show them."""
    found, others = counted_tables(visit.ctx), further_tables(visit.ctx, anew=True)
    pages = [found, *(one.page for one in others if one.page)]
    visit.did("重新统计数据表", f"{sum(len(one.found.tables) for one in pages)} 张表")
    return _listed(visit, found, others)


def show_split(visit: Visit) -> Response:
    """Show what a successor would be, before it is announced."""
    return _shown(visit, _plan(visit, figures_day_in(visit.form, "first")))


def do_split(visit: Visit) -> Response:
    """Announce the successor that was shown; where it would be another one now, that one is shown instead."""
    plan = _plan(visit, figures_day_in(visit.form, "first"))
    if visit.form.get("seen") != _seen_plan(plan):
        return _shown(visit, plan, moved=True)
    try:
        split(visit.ctx, plan)
    except WrongInput:
        raise WrongInput(NO_SPLIT) from None
    visit.did("安排换用新表", f"{plan.coming.first} 起：{plan.coming.name}")
    return visit.go("tables", {"done": "split"})


def show_repair(visit: Visit) -> Response:
    """Compare the list of tables with what is there; nothing is changed."""
    return _found(visit, look(visit.ctx))


def do_repair(visit: Visit) -> Response:
    """Mend what was shown; where something else is wrong now, that is shown instead."""
    found = look(visit.ctx)
    if found.none or found.unclear or visit.form.get("seen") != _seen_faults(found):
        return _found(visit, found, moved=not found.none)
    left = repair(visit.ctx, found)
    visit.did("修复数据表清单", f"{len(found.faults)} 处")
    return _found(visit, left) if left.faults else visit.go("tables", {"done": "repair"})


def _listed(visit: Visit, found: TablesPage, others: Sequence[FurtherTables], done: str = "") -> Response:
    return visit.render(
        "tables.html",
        page=found,
        others=others,
        stopped=stopped,
        states=STATES,
        done=done,
        most=BASE_TABLES_MAX,
        first=FIRST,
    )


def stopped(found: TablesPage) -> list[tuple[str, str]]:
    """Why loading is stopped, and what to do about it."""
    return [(CAUSES[reason].words, cure_of(reason)) for reason in found.stops]


def _plan(visit: Visit, first: date | None) -> SplitPlan:
    try:
        return plan_split(visit.ctx, first)
    except WrongInput:
        raise WrongInput(NO_SPLIT) from None


def _shown(visit: Visit, plan: SplitPlan, *, moved: bool = False) -> Response:
    coming = plan.coming
    words = foretold_details(
        coming.first,
        coming.name,
        plan.old,
        china_day(visit.now),
        columns=coming.columns,
        linked=coming.linked,
    )
    return visit.render(
        "tables_split.html", plan=plan, words=words, seen=_seen_plan(plan), moved=moved, most=BASE_TABLES_MAX
    )


def _found(visit: Visit, found: Faults, *, moved: bool = False) -> Response:
    return visit.render(
        "tables_repair.html",
        found=found,
        many=len(found.faults),
        others=len(found.others),
        faults=FAULTS,
        seen=_seen_faults(found),
        moved=moved,
    )


def _seen_plan(plan: SplitPlan) -> str:
    """What a person agrees to, as a short text."""
    return _digest(f"{plan.coming.first} {plan.coming.name}")


def _seen_faults(found: Faults) -> str:
    return _digest(repr(found.faults))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:SEEN_CHARACTERS]


ROUTES = [
    page("/tables", show, "tables"),
    act("/tables/count", count, "tables_count"),
    act("/tables/split", show_split, "tables_split"),
    act("/tables/split/confirm", do_split, "tables_split_confirm"),
    act("/tables/repair", show_repair, "tables_repair"),
    act("/tables/repair/confirm", do_repair, "tables_repair_confirm"),
]
