"""Make what the further tables of the settings need, each as `init` makes the first one."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from functools import partial

from pipeline.context import Context
from pipeline.core.errors import LaikeError, TableMismatch
from pipeline.core.model import Account
from pipeline.core.runs.plan import choose_accounts
from pipeline.core.tables.further import FurtherTable
from pipeline.core.tables.groups import accounts_of
from pipeline.steps.accounts.roster import remembered_accounts
from pipeline.steps.on_demand.init import Plan, carry_out, look
from pipeline.steps.rollover.further import known_id

NO_TABLE = "tblNone"  # while a table is not made: what is remembered about it is nothing


@dataclass(frozen=True, slots=True)
class FurtherPlan:
    """What one further table lacks, its accounts, and the context on it."""

    ctx: Context
    accounts: tuple[Account, ...]
    plan: Plan


def look_further(ctx: Context) -> tuple[FurtherPlan, ...]:
    """Plan what each further table lacks. What is wrong with one is left to a person, and holds up no other."""
    listed = remembered_accounts(ctx) if ctx.settings.tables else None
    known = {table.name: known_id(ctx, table) for table in ctx.settings.tables}
    plans, bases = list[FurtherPlan](), {ctx.settings.bitable_app_token}
    for table in ctx.settings.tables:
        others = {*ctx.chain.ids, *(one for name, one in known.items() if one and name != table.name)}
        one = _look(ctx, table, known[table.name], listed.names if listed else {}, others)
        if (base := one.ctx.settings.bitable_app_token) in bases:
            one = replace(one, plan=replace(one.plan, status=False))
        bases.add(base)
        plans.append(one)
    return tuple(plans)


def carry_out_further(one: FurtherPlan, say: Callable[[str], None]) -> None:
    """Carry out the plan of one further table, and remember its id; `say` and errors as for `carry_out`."""
    keep = partial(one.ctx.further_ids.learn, one.plan.name)
    carry_out(one.ctx, one.plan, one.accounts, keep, lambda line: say(f"{one.plan.name}: {line}"))


def _look(
    ctx: Context, table: FurtherTable, known: str | None, names: Mapping[str, str], others: Collection[str]
) -> FurtherPlan:
    """The plan of one table; `others` are the tables that hold other rows of ours."""
    here = ctx.for_table(table.name, known or NO_TABLE)
    accounts = choose_accounts(accounts_of(table, ctx.settings.tables, names), [])
    try:
        plan = look(here, _there(here, table, known), accounts)
    except LaikeError as error:
        return FurtherPlan(here, accounts, _nothing(table, known, error))
    if plan.adopted and plan.table_id and plan.table_id in others:
        return FurtherPlan(here, accounts, _nothing(table, known, _taken(table, plan.table_id)))
    if plan.adopted and plan.left:  # a table of people: nothing of it is changed before they agree
        return FurtherPlan(here, accounts, _nothing(table, known, *plan.left))
    return FurtherPlan(here, accounts, plan)


def _there(here: Context, table: FurtherTable, known: str | None) -> str | None:
    """The newest table of a further one; `None`: it must be found by its name or made, also where it was deleted."""
    if known is None:
        return None
    newest = here.chain.newest.table_id
    alone = not table.table_id and len(here.chain.ids) == 1
    return None if alone and newest not in here.base(None).tables.ids().values() else newest


def _nothing(table: FurtherTable, known: str | None, *left: LaikeError) -> Plan:
    return Plan(known or NO_TABLE, adopted=False, left=left, name=table.name)


def _taken(table: FurtherTable, table_id: str) -> TableMismatch:
    msg = f"{table.name}: the base's table of this name, {table_id}, holds other rows of ours"
    cure = f"请在 laike.toml 中给“{table.name}”换一个名称：多维表格中的同名数据表已有其他用途。"
    return TableMismatch(msg, what_to_do=cure)
