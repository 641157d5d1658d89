"""Make the announced successor, in the first run that has a day for it.

Under the writer lock: the table is created, 数据表清单 names it and is read again, then Redis remembers it. A process
that is killed in between leaves an empty table of the announced name, which the next run takes over.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta

import structlog

from pipeline.clients.feishu.base import Base
from pipeline.clients.feishu.tables import as_fields
from pipeline.context import Context
from pipeline.core.chain import Chain, PhysicalTable
from pipeline.core.errors import BadResponse, LaikeError, NotFoundYet, Retryable, TablesDisagree
from pipeline.core.model import DayRange, china_day
from pipeline.core.rollover.registry import made_meanwhile, with_rows
from pipeline.core.rollover.split import Split
from pipeline.core.rollover.successor import new_fields
from pipeline.core.rollover.words import made_line, not_made_line
from pipeline.core.table.cells import NO_ID
from pipeline.core.table.column_changes import ColumnField
from pipeline.core.table.layout import Layout
from pipeline.state.runs.staging import Snapshot, packed
from pipeline.steps.accounts.roster import remembered_accounts
from pipeline.steps.rollover import registry
from pipeline.steps.rollover.successor import Successor, create_or_adopt
from pipeline.steps.table.read import match_fields, time_zone

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Prepared:
    """The context on the tables that a run loads into; whether one was made for it, and what to tell of that."""

    ctx: Context
    made: bool = False
    notes: tuple[str, ...] = ()


def prepared(ctx: Context, day: date) -> Prepared:
    """Make the announced successor if a run up to `day` needs it; else nothing is asked.

    Where it may not be made the old table goes on, and the announcement moves behind this run's days.

    Raises:
        Retryable, BadResponse: It is not known whether it was made: begin the run again.
    """
    if not _due(ctx, ctx.chain, day):
        return Prepared(ctx)
    with ctx.writing() as base:
        chain = ctx.chains.chain()
        if not _due(ctx, chain, day):
            return Prepared(ctx.on(chain))  # another process made it
        if (free := _first_free_day(ctx.on(chain))) > day:
            return Prepared(ctx.on(_moved(ctx, base, chain, free)))
        try:
            return _made_surely(ctx.on(_announced_for(chain, free)), base)
        except (Retryable, BadResponse):
            raise
        except LaikeError as error:
            log.warning("successor_not_made", error=error.message)
            return _postponed(ctx, base, chain, day, error)


def _due(ctx: Context, chain: Chain, day: date) -> bool:
    told = chain.announced
    if not told or not told.first or ctx.settings.table_split is Split.NONE:
        return False
    return told.first <= day


def _first_free_day(ctx: Context) -> date:
    """The announced day, or the one behind the days that the old table may hold already.

    It went on if the table could not be made when it was due; after Redis was emptied nobody else remembers that.
    """
    chain, known = ctx.chain, remembered_accounts(ctx)
    first = chain.announced.first if chain.announced and chain.announced.first else date.max
    names = known.names if known else {}
    held = set().union(*ctx.coverage.days(names).values())
    said = ctx.last_outcomes.of(names, DayRange(first, max(first, china_day(ctx.now()))))
    return max([first, *(day + timedelta(days=1) for day in (*held, *(at.day for at in said)) if day >= first)])


def _announced_for(chain: Chain, first: date) -> Chain:
    """The chain with its announcement on another first day."""
    return replace(chain, announced=replace(chain.announced or PhysicalTable(""), first=first))


def _made_surely(ctx: Context, base: Base) -> Prepared:
    """Make it. A registry that a person deleted is made again, else no run would begin any more."""
    try:
        return _made(ctx, base)
    except NotFoundYet as error:
        log.warning("registry_made_again", error=error.message)
        ctx.writes.begin_writing()
        anew = replace(with_rows(ctx.chain, {}), registry=registry.make(ctx, base))
        return _made(ctx.on(anew), base)


def _made(ctx: Context, base: Base) -> Prepared:
    chain = ctx.chain
    told, old = chain.announced or PhysicalTable(""), ctx.at_table(chain.newest.table_id)
    chains = registry.read(ctx, base, chain.registry)
    described = base.tables.described(chain.newest.table_id)
    layout = match_fields(old, as_fields(described), time_zone(ctx, base))
    ctx.writes.begin_writing()
    if already := made_meanwhile(chain, chains.of(chain.root)):
        there = Successor(already.table_id, adopted=True)  # its maker was killed before it remembered it
    else:
        there = create_or_adopt(old, base, chains, told.name, new_fields(described, layout))
    registered = _register(ctx, base, chain.with_successor(replace(told, table_id=there.table_id)))
    if registered.newest.table_id != there.table_id:
        log.error("another_successor_was_older", ours=there.table_id, theirs=registered.newest.table_id)
        there = Successor(registered.newest.table_id, adopted=True)
    _remember(ctx, registered, there, layout)
    note = made_line(registered.newest.name, told.first or date.max, chain.newest.name)
    return Prepared(ctx.on(registered), made=not there.adopted, notes=(note,))


def _register(ctx: Context, base: Base, chain: Chain) -> Chain:
    """Write the registry and read it again: of two successors that were made for one day, the older row wins."""
    registry.write_rows(ctx, base, chain, registry.row_counts(ctx, chain))
    if found := registry.read(ctx, base, chain.registry).of(chain.root):
        return found
    raise TablesDisagree(f"the registry has lost the rows of {chain.root} while they were written")


def _remember(ctx: Context, chain: Chain, there: Successor, old: Layout) -> None:
    """Keep what is known of the new table before anything is loaded; last, that it is one of ours."""
    here = ctx.at_table(there.table_id)
    if there.field_ids:  # a column that people renamed is found by its id alone
        ids = {name: there.field_ids[one.name] for name, one in old.fields.items() if one.name in there.field_ids}
        here.table_facts.learn_columns({name: ColumnField(one, old.fields[name].name) for name, one in ids.items()})
    if not there.adopted:
        unread = {name: replace(one, id=NO_ID, options={}) for name, one in old.fields.items()}
        empty = Snapshot(replace(old, fields=unread), packed(()), ctx.writes.writes(), ctx.now(), 0, len(unread))
        ctx.staging.put_snapshot(made_id(there.table_id), empty)
    here.table_facts.learn_rows(china_day(ctx.now()), 0, counted=True)
    for table_id in chain.ids[:-1]:
        why = f"days from {chain.newest.first} on are in table {chain.newest.table_id}: a newer release went on there"
        ctx.at_table(table_id).visibility.learn_rolled_over(why)
    ctx.chains.learn(chain)


def made_id(table_id: str) -> str:
    """The name under which a table that was just made is staged as an early read: it is empty."""
    return f"made.{table_id}"


def _postponed(ctx: Context, base: Base, chain: Chain, day: date, error: LaikeError) -> Prepared:
    later = _moved(ctx, base, chain, day + timedelta(days=1))
    told = later.announced or PhysicalTable("")
    return Prepared(ctx.on(later), notes=(not_made_line(told.name, told.first or day, error.what_to_do),))


def _moved(ctx: Context, base: Base, chain: Chain, first: date) -> Chain:
    """The chain with the announcement on a later day, which Redis remembers and, if it can be written, the registry."""
    later = _announced_for(chain, first)
    ctx.chains.learn(later)
    try:
        registry.write_rows(ctx, base, later)
    except LaikeError as error:
        log.warning("later_day_not_registered", first=first.isoformat(), error=error.message)
    return later
