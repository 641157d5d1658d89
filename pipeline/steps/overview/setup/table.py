"""Look at what the base lacks, and make it, as `laike init` does; the words are for the set-up page."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace

import structlog

from pipeline.context import Context
from pipeline.core.coverage.status import NAME
from pipeline.core.errors import LaikeError
from pipeline.core.overview.setup.model import TablePlan
from pipeline.core.table.column_changes import ColumnField
from pipeline.core.table.columns import Column
from pipeline.settings import Settings
from pipeline.settings_sources import ENV
from pipeline.state.store import ours
from pipeline.steps.doctor.oceanengine import accounts_of
from pipeline.steps.on_demand.init import TABLE_NAME, Plan, carry_out, keep_table, look, table_in_settings
from pipeline.steps.on_demand.init_further import FurtherPlan, carry_out_further, look_further
from pipeline.steps.table.read import layout_now

log = structlog.get_logger()


def plan_table(ctx: Context) -> TablePlan:
    """What the base lacks; where it cannot be looked at, why.

    Raises:
        NewerState: Redis holds the state of a newer release.
        StoreUnreachable: Redis does not answer.
    """
    with ours(ctx.settings.redis_address):
        ctx.schema.is_ours()
        return _plan(ctx, table_in_settings(ctx))


def make_table(ctx: Context) -> TablePlan:
    """Make what the base lacks now; what is left then.

    A table that is there by its name is taken, so that a second press makes no second one. Its id goes where the
    settings are read; where neither `.env` nor a file for it can be written, a person writes it, and until then it is
    found by its name again.

    Raises:
        LaikeError: As the service says; what was made stays.
    """
    taken, unkept = list[str](), list[str]()

    def keep(table_id: str) -> None:
        taken.append(table_id)
        try:
            if _may_keep(ctx.settings):
                keep_table(ctx.settings, table_id)
                return
        except LaikeError:
            log.warning("table_id_not_kept", table=table_id)
        unkept.append(table_id)

    with ours(ctx.settings.redis_address):
        ctx.schema.is_ours()
        in_settings, accounts = table_in_settings(ctx), accounts_of(ctx)
        plan = look(ctx, in_settings, accounts)
        if not plan.empty:
            carry_out(ctx, plan, accounts, keep, _say_nothing)
        for one in look_further(ctx):
            if not one.plan.empty:
                carry_out_further(one, _say_nothing)
        left = _plan(ctx, taken[0] if taken else in_settings)
    return replace(left, to_set=unkept[0]) if unkept else left


def _plan(ctx: Context, table_id: str | None) -> TablePlan:
    try:
        plan = look(ctx, table_id, accounts_of(ctx))
        if plan.table_id and not (plan.columns or plan.left or plan.status or plan.views):
            _learn_columns(ctx.at_table(plan.table_id))
    except LaikeError as error:
        return TablePlan(left=(error.for_maintainer,))
    further = look_further(ctx)
    left = (*(one.for_maintainer for one in plan.left), *_left(further))
    to_set = plan.table_id if plan.adopted and not _may_keep(ctx.settings) else None
    lines = (*_lines(plan, kept=_may_keep(ctx.settings)), *(line for one in further for line in _further_lines(one)))
    return TablePlan(lines, left, to_set or "")


def _learn_columns(here: Context) -> None:
    """Remember that the base has everything, so that the set-up can be left here; what a load remembered stands."""
    if not here.table_facts.columns():
        layout, _ = layout_now(here, here.base(None))
        fields = {name: ColumnField(field.id, field.name) for name, field in layout.fields.items()}
        here.table_facts.learn_columns(fields)


def _say_nothing(_: str) -> None:
    """The plan, looked at anew, says what is left."""


def _may_keep(settings: Settings) -> bool:
    """Whether the table's id can go where the settings are read; a container has those of `.env` from its start."""
    return settings.table_file is not None or (ENV.is_file() and os.access(ENV.absolute().parent, os.W_OK))


def _lines(plan: Plan, *, kept: bool) -> Iterator[str]:
    if plan.table_id is None:
        yield f"新建数据表“{TABLE_NAME}”，列为：{_listed(plan.columns)}"
    elif plan.adopted and kept:
        yield f"使用已有的数据表“{TABLE_NAME}”（{plan.table_id}），并记入设置"
    if plan.table_id is None and kept:
        yield "把新数据表的 ID 记入设置"
    yield from _rest(plan)


def _rest(plan: Plan) -> Iterator[str]:
    """What there is to do besides the table itself."""
    if plan.table_id and plan.columns:
        yield f"在数据表中新增列：{_listed(plan.columns)}"
        if plan.nearest:
            yield f"如果其中有列只是名称不同，请先在表中改名，再重新查看。现有的其他列：{'、'.join(plan.nearest)}"
    if plan.status:
        yield f"新建数据表“{NAME}”"
    if plan.views:
        yield f"为 {len(plan.views):,} 个账户新建或修复视图"


def _further_lines(one: FurtherPlan) -> Iterator[str]:
    plan = one.plan
    if plan.table_id is None:
        yield f"新建数据表“{plan.name}”（{one.ctx.report.item}），列为：{_listed(plan.columns)}"
    elif plan.adopted:
        yield f"使用已有的数据表“{plan.name}”（{plan.table_id}）"
    yield from (f"“{plan.name}”：{line}" for line in _rest(plan))


def _left(further: Sequence[FurtherPlan]) -> Iterator[str]:
    """What is left to a person, with the name of the table."""
    for one in further:
        yield from (f"“{one.plan.name}”：{error.for_maintainer}" for error in one.plan.left)


def _listed(columns: Sequence[Column]) -> str:
    return "、".join(f"{column.name}（{column.type_name}）" for column in columns)
