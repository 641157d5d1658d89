"""Which tables of a chain a person means."""

from collections.abc import Iterator

from pipeline.context import Context
from pipeline.core.errors import WrongInput
from pipeline.steps.table.visibility import unblock


def at_chosen(ctx: Context, wanted: str | None) -> Context:
    """The context on a table by its id or the name it was registered with; by default the newest.

    Raises:
        WrongInput: No table of ours is called so.
    """
    here = ctx.pinned()
    chain = here.chain
    if wanted is None:
        return here.at_table(chain.newest.table_id)
    if found := next((one for one in chain.tables if wanted in (one.table_id, one.name)), None):
        return here.at_table(found.table_id)
    there = ", ".join(f"{one.table_id} ({one.name})" if one.name else one.table_id for one in chain.tables)
    raise WrongInput(f"no table of ours is {wanted}; there are {there}")


def at_each(ctx: Context) -> Iterator[Context]:
    """The context on each of our tables, the oldest first."""
    here = ctx.pinned()
    return (here.at_table(table_id) for table_id in here.chain.ids)


def unblock_all(ctx: Context) -> None:
    """Resume loading into our newest table, and into each other one for which it is stopped: a person looked."""
    *older, newest = at_each(ctx)
    stopped = [(here, here.visibility.lost()) for here in older]
    for here in (newest, *(here for here, lost in stopped if lost)):
        unblock(here)
