"""Which tables of a chain a person means."""

from collections.abc import Iterator

from pipeline.context import Context
from pipeline.core.errors import WrongInput
from pipeline.core.model import DayRange
from pipeline.steps.table.visibility import unblock


def at_chosen(ctx: Context, wanted: str | None) -> Context:
    """The context on a table by its id, or by its name in the base; by default the newest.

    Raises:
        WrongInput: No table of ours is called so.
        LaikeError: The names cannot be read.
    """
    here = ctx.pinned()
    if wanted is None or wanted in here.chain.ids:
        return here.at_table(wanted or here.chain.newest.table_id)
    ids = here.base(None).tables.ids()
    if (found := ids.get(wanted)) in here.chain.ids:
        return here.at_table(found)
    names = {table_id: name for name, table_id in ids.items()}
    there = ", ".join(f"{table_id} ({names.get(table_id, 'not in the base')})" for table_id in here.chain.ids)
    raise WrongInput(f"no table of ours is {wanted!r}; there are {there}")


def at_backed_up(ctx: Context, table_id: str, wanted: str | None) -> Context:
    """The context on the table that a backup goes into: the one it was made of, else the only one, or as wanted.

    Raises:
        WrongInput: No table of ours is called so, or a person must say which.
    """
    here = ctx.pinned()
    if wanted is not None or len(here.chain.ids) == 1:
        return at_chosen(here, wanted)
    if table_id in here.chain.ids:
        return here.at_table(table_id)
    listed = ", ".join(here.chain.ids)
    raise WrongInput(f"the backup is of {table_id}, which is none of our tables: say with --table which of {listed}")


def at_each(ctx: Context, days: DayRange | None = None) -> Iterator[Context]:
    """The context on each of our tables, or on each that holds some of the days, the oldest first."""
    here = ctx.pinned()
    table_ids = [table_id for table_id, _ in here.chain.spans(days)] if days else here.chain.ids
    return (here.at_table(table_id) for table_id in table_ids)


def unblock_all(ctx: Context) -> None:
    """Resume loading into our newest table, and into each other one for which it is stopped: a person looked."""
    *older, newest = at_each(ctx)
    stopped = [(here, here.visibility.lost()) for here in older]
    for here in (newest, *(here for here, lost in stopped if lost)):
        unblock(here)
