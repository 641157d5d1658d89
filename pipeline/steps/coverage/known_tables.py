"""The tables of the settings as they are known: no call is made."""

from collections.abc import Iterator, Mapping

from pipeline.context import Context
from pipeline.core.errors import WrongInput
from pipeline.core.model import Account
from pipeline.core.tables.further import FurtherTable
from pipeline.steps.coverage.in_tables import group_of
from pipeline.steps.rollover.further import known_id


def known_table(ctx: Context, table: FurtherTable) -> Context | None:
    """The context on a further table; `None`: nobody knows its id, since it was not made, or Redis was emptied."""
    table_id = known_id(ctx, table)
    return ctx.for_table(table.name, table_id) if table_id else None


def known_tables_of(ctx: Context) -> Iterator[tuple[FurtherTable, Context | None]]:
    """Each further table of the settings, in their order, as `known_table` says."""
    return ((table, known_table(ctx, table)) for table in ctx.settings.tables)


def unknown_tables_of(ctx: Context) -> list[str]:
    """The names of the further tables that were not made, or of which nobody knows any more."""
    return [table.name for table, here in known_tables_of(ctx) if here is None]


def table_named(ctx: Context, name: str) -> Context:
    """The context on the table of a name, without one on that of `LAIKE_BITABLE_TABLE_ID`.

    Raises:
        WrongInput: The settings have no such table, or it is not known yet.
    """
    if not name:
        return ctx
    table = next((one for one in ctx.settings.tables if one.name == name), None)
    if table is None:
        raise WrongInput(f"没有名为“{name}”的数据表，请从列表中选择。")
    if here := known_table(ctx, table):
        return here
    raise WrongInput(f"数据表“{name}”还没有建立，或还没有同步过，暂时没有可查看的内容。")


def accounts_in(ctx: Context, names: Mapping[str, str]) -> list[Account]:
    """The accounts whose rows go into a context's table.

    Args:
        names: All accounts, id → name.
    """
    return [Account(one, name) for one, name in group_of(ctx, names).items()]
