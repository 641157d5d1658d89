"""The context on a further table: by its address in the settings, by what is remembered, else by its name."""

from pipeline.context import Context
from pipeline.core.errors import TableMismatch
from pipeline.core.tables.further import FurtherTable


def on_further(ctx: Context, table: FurtherTable) -> Context:
    """The context on a further table; a table found by its name is remembered.

    Raises:
        TableMismatch: The set-up has not made it yet.
        LaikeError: The base cannot be asked.
    """
    if known := known_id(ctx, table):
        return ctx.for_table(table.name, known)
    found = ctx.for_table(table.name, "").base(None).tables.ids().get(table.name)
    if found is None:
        lacks = f"多维表格中没有数据表“{table.name}”"
        msg = f"the base has no table {table.name!r} of [[tables]]: `laike init` makes it"
        cure = f"{lacks}，请运行 laike init 建立，或在 laike.toml 中更正。"
        raise TableMismatch(msg, what_to_do=f"{lacks}，请联系维护人员建立。", for_maintainer=cure)
    ctx.further_ids.learn(table.name, found)
    return ctx.for_table(table.name, found)


def known_id(ctx: Context, table: FurtherTable) -> str | None:
    """The id of a further table by its address in the settings, or by what is remembered; no call is made."""
    return table.table_id or ctx.further_ids.of(table.name)
