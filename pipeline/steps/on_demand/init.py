"""Make what a new installation needs in the base: the typed table or its missing columns, status table, views.

`look` plans and only reads; `carry_out` does it, if a person agrees. A second plan is empty. Columns of a wrong type
are left to a person: a change of type would change their cells.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.clients.feishu.base import Base
from pipeline.context import Context
from pipeline.core.coverage.status import NAME
from pipeline.core.errors import LaikeError, TableMismatch
from pipeline.core.model import Account
from pipeline.core.runs.views import CREATED_A_RUN
from pipeline.core.table.cells import Field
from pipeline.core.table.columns import Column
from pipeline.core.table.layout import match, missing_columns
from pipeline.core.table.views import ViewState
from pipeline.settings import Settings
from pipeline.settings_sources import ENV, unset
from pipeline.state import envfile
from pipeline.steps.coverage.status import status_table
from pipeline.steps.rollover.named import made_or_found
from pipeline.steps.runs.views import inspect, mend
from pipeline.steps.table.read import match_fields
from pipeline.steps.table.write import batches

TABLE_NAME = "广告日报"
KEYS, TABLE = "LAIKE_TOKEN_KEYS", "LAIKE_BITABLE_TABLE_ID"
FOR_THE_TABLE = ("LAIKE_FEISHU_APP_ID", "LAIKE_FEISHU_APP_SECRET", "LAIKE_BITABLE_APP_TOKEN")
OF_THE_SOURCE = ("LAIKE_OCEANENGINE_APP_ID", "LAIKE_OCEANENGINE_SECRET")
# for each setting a value of its shape, so that what is set can be used before the rest is
_STAND_INS = {**dict.fromkeys((*OF_THE_SOURCE, *FOR_THE_TABLE), "0"), TABLE: "tblNone"}


@dataclass(frozen=True, slots=True)
class Plan:
    """What is missing in the base."""

    table_id: str | None  # of the table to fill; `None`: make it
    adopted: bool  # found by its name; its id is in no setting yet
    columns: tuple[Column, ...] = ()
    nearest: tuple[str, ...] = ()  # the table's other columns: a missing one may be among them under another name
    status: bool = False
    views: tuple[Account, ...] = ()
    left: tuple[LaikeError, ...] = ()  # what only a person can mend
    name: str = TABLE_NAME

    @property
    def empty(self) -> bool:
        """Whether there is nothing to do."""
        return self.table_id is not None and not (self.adopted or self.columns or self.status or self.views)


def settings_so_far(made: Mapping[str, str]) -> Settings:
    """The settings, with stand-ins for what is not set yet.

    Args:
        made: The stand-in for `LAIKE_TOKEN_KEYS`, and what else is about to be set.

    Raises:
        WrongInput: What is set is wrong.
    """
    return Settings.load({**_STAND_INS, **made})


def table_in_settings(ctx: Context) -> str | None:
    """The table to fill by the settings, or its newest successor; `None` while no table is set."""
    return None if unset([TABLE]) else ctx.chain.newest.table_id


def place_of_table(settings: Settings) -> Path:
    """Where the id of a table is kept that was made or found: the file for it, if one is set, else `.env`."""
    return settings.table_file or ENV


def keep_table(settings: Settings, table_id: str) -> None:
    """Keep the table's id where the settings are read; `LaikeError` if that cannot be written."""
    if settings.table_file:  # with its base: that of another one is no table of ours
        envfile.write_text(settings.table_file, f"{settings.bitable_app_token} {table_id}\n", TABLE)
    else:
        envfile.write(ENV, {TABLE: table_id})


def look(ctx: Context, table_id: str | None, accounts: Sequence[Account]) -> Plan:
    """Plan what the base lacks.

    Args:
        table_id: The table in the settings; without one, take the table of our name, or make one.

    Raises:
        TableMismatch: The base has no such table.
    """
    base = ctx.base(None)
    ids, name = base.tables.ids(), ctx.table or TABLE_NAME
    if table_id and table_id not in ids.values():
        raise _absent(ctx, table_id, ids)
    found, lacks_status = table_id or ids.get(name), NAME not in ids
    if found is None:
        columns = ctx.settings.columns
        return Plan(None, adopted=False, columns=columns, status=lacks_status, views=tuple(accounts), name=name)
    here, fields = at_made(ctx, found), base.tables.fields(found)
    names = {field.name for field in fields}
    missing = missing_columns(ctx.settings.columns, fields, here.table_facts.field_ids())
    left = _wrong_types(here, base, fields, missing)
    return Plan(
        found,
        adopted=table_id is None,
        columns=missing,
        nearest=tuple(sorted(names - {column.name for column in ctx.settings.columns})) if missing else (),
        status=lacks_status,
        views=() if left else _views(here, accounts, fields, missing),
        left=left,
        name=name,
    )


def carry_out(
    ctx: Context, plan: Plan, accounts: Sequence[Account], keep: Callable[[str], None], say: Callable[[str], None]
) -> None:
    """Carry out a plan.

    Args:
        keep: Takes the id of a table that was made or found by its name, before all else is done.
        say: Takes a line for each thing done.

    Raises:
        LaikeError: As the service says; what was done stays, a new plan has the rest.
    """
    with ctx.writing() as base:
        ctx.writes.begin_writing()
        table_id = plan.table_id or _make_table(ctx, base, plan.name, say)
        if plan.table_id is None or plan.adopted:
            keep(table_id)
        for column in plan.columns if plan.table_id else ():
            base.tables.create_field(table_id, column.new_field)
            say(f"column {column.name} added")
        here = at_made(ctx, table_id)
        if plan.status:
            here.status_memory.forget_status()
            say(f"table {NAME} made: {status_table(here, base)}")
    for views in batches(inspect(here, accounts, deep=True) if plan.views else [], CREATED_A_RUN):
        made = mend(here, views)
        say(f"views: {len(made.created)} made, {len(made.repaired)} repaired")


def at_made(ctx: Context, table_id: str) -> Context:
    """The context on a table that was made or found, also where a further table had no id before."""
    known = not ctx.table or table_id in ctx.chain.ids
    return ctx.at_table(table_id) if known else ctx.for_table(ctx.table, table_id)


def _absent(ctx: Context, table_id: str, ids: Mapping[str, str]) -> TableMismatch:
    there = ", ".join(f"{table_id} ({name})" for name, table_id in ids.items())
    msg = f"the base has no table {table_id}; there are {there or 'none'}"
    if not ctx.table:
        return TableMismatch(msg, what_to_do="请把 LAIKE_BITABLE_TABLE_ID 改为其中之一，或留空以新建数据表。")
    cure = f"请在 laike.toml 中把“{ctx.table}”的 at 改为该多维表格中一张数据表的网址，或删去 at，由 laike init 新建。"
    return TableMismatch(f"{ctx.table}: {msg}", what_to_do=cure)


def _make_table(ctx: Context, base: Base, name: str, say: Callable[[str], None]) -> str:
    table_id, made = made_or_found(ctx, base, name, [column.new_field for column in ctx.settings.columns])
    say(f"table {name} {'made' if made else 'is there'}: {table_id}")
    return table_id


def _wrong_types(
    ctx: Context, base: Base, fields: Sequence[Field], missing: Sequence[Column]
) -> tuple[TableMismatch, ...]:
    there = [column for column in ctx.settings.columns if column not in missing]
    try:
        match(there, fields, base.tables.time_zone(), ctx.table_facts.field_ids())
    except TableMismatch as error:
        return (error,)
    return ()


def _views(
    ctx: Context, accounts: Sequence[Account], fields: Sequence[Field], missing: Sequence[Column]
) -> tuple[Account, ...]:
    """Accounts whose view must be made or repaired; all while the table lacks columns."""
    if missing:
        return tuple(accounts)
    layout = match_fields(ctx, fields, ctx.base(None).tables.time_zone())
    # a select lacks the option before the account's first row: no view is possible
    found = [view for view in inspect(ctx, accounts, deep=True) if layout.view_conditions(view.account)]
    return tuple(view.account for view in found if view.state in (ViewState.NEW, ViewState.WRONG))
