"""Which tables a person means."""

from collections.abc import Iterator

from pipeline.context import Context
from pipeline.core.errors import LaikeError, WrongInput
from pipeline.core.model import DayRange
from pipeline.steps.rollover.further import known_id, on_further
from pipeline.steps.table.visibility import unblock


def at_chosen(ctx: Context, wanted: str | None) -> Context:
    """The context on a table by its id or its name in the base, or by the name of a further table in the settings.

    Args:
        wanted: By default the newest table; of a further one's name, the newest of its successors.

    Raises:
        WrongInput: No table of ours is called so.
        LaikeError: The names cannot be read.
    """
    here, table_id = _chosen(ctx.pinned(), wanted)
    return here.at_table(table_id)


def chain_chosen(ctx: Context, wanted: str | None) -> Context:
    """The context on all of a table and its successors; by default those of `LAIKE_BITABLE_TABLE_ID`.

    Args:
        wanted: As for `at_chosen`: whichever of them is named, all are meant.

    Raises:
        WrongInput: No table of ours is called so.
        LaikeError: The names cannot be read.
    """
    return ctx if wanted is None else _chosen(ctx.pinned(), wanted)[0]


def at_backed_up(ctx: Context, table_id: str, wanted: str | None) -> Context:
    """The context on the table that a backup goes into: the one it was made of, else the only one, or as wanted.

    Raises:
        WrongInput: No table of ours is called so, or a person must say which.
    """
    here = ctx.pinned()
    ours = [here, *_known(here)]
    if wanted is not None or [len(one.chain.ids) for one in ours] == [1]:
        return at_chosen(here, wanted)
    if found := next((one for one in ours if table_id in one.chain.ids), None):
        return found.at_table(table_id)
    listed = ", ".join(one for known in ours for one in known.chain.ids)
    raise WrongInput(f"the backup is of {table_id}, which is none of our tables: say with --table which of {listed}")


def at_each(ctx: Context, days: DayRange | None = None) -> Iterator[Context]:
    """The context on each of our tables, or on each that holds some of the days, the oldest first."""
    here = ctx.pinned()
    table_ids = [table_id for table_id, _ in here.chain.spans(days)] if days else here.chain.ids
    return (here.at_table(table_id) for table_id in table_ids)


def unblock_all(ctx: Context) -> None:
    """Resume loading into our newest table, and into each other one for which it is stopped: a person looked."""
    for one in (ctx, *_known(ctx)):
        *older, newest = at_each(one)
        stopped = [(here, here.visibility.lost()) for here in older]
        for here in (newest, *(here for here, lost in stopped if lost)):
            unblock(here)


def _chosen(here: Context, wanted: str | None) -> tuple[Context, str]:
    """The context on a table and its successors, and the id of the one that is meant."""
    if wanted is None or wanted in here.chain.ids:
        return here, wanted or here.chain.newest.table_id
    if further := next((one for one in here.settings.tables if one.name == wanted), None):
        there = on_further(here, further).pinned()
        return there, there.chain.newest.table_id
    ids = here.base(None).tables.ids()
    if (found := ids.get(wanted)) in here.chain.ids:
        return here, found
    for there in _known(here):
        table_id = wanted if wanted in there.chain.ids else _ids(there).get(wanted, "")
        if table_id in there.chain.ids:
            return there, table_id
    raise WrongInput(f"no table of ours is {wanted!r}; there are {_listed(here, ids)}")


def _known(ctx: Context) -> Iterator[Context]:
    """The context on each further table whose id is known without a call."""
    for table in ctx.settings.tables:
        if known := known_id(ctx, table):
            yield ctx.for_table(table.name, known).pinned()


def _ids(there: Context) -> dict[str, str]:
    """The ids of a base's tables by name; none where they cannot be read."""
    try:
        return there.base(None).tables.ids()
    except LaikeError:
        return {}


def _listed(here: Context, ids: dict[str, str]) -> str:
    names = {table_id: name for name, table_id in ids.items()}
    there = [f"{table_id} ({names.get(table_id, 'not in the base')})" for table_id in here.chain.ids]
    return ", ".join([*there, *(table.name for table in here.settings.tables)])
