"""Show the tables of a chain, announce a successor by hand, mend what 数据表清单 and Redis disagree about."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

import structlog

from pipeline.clients.feishu.base import Base
from pipeline.context import Context
from pipeline.core.chain import Chain
from pipeline.core.coverage.status import NAME as STATUS
from pipeline.core.errors import LaikeError, WrongInput
from pipeline.core.model import AccountDay, china_day
from pipeline.core.rollover.forecast import boundary
from pipeline.core.rollover.naming import successor_name
from pipeline.core.rollover.registry import NAME as REGISTRY
from pipeline.core.rollover.registry import Chains
from pipeline.core.rollover.repair import Faults, coming_day, faults_of, gone, mended, refusal, too_many
from pipeline.core.rollover.split import Split
from pipeline.core.rollover.tables import Coming, FurtherTables, Tables, listed_of
from pipeline.core.runs.plan import tables_of, window, yesterday
from pipeline.core.tables.further import FurtherTable
from pipeline.core.tables.groups import accounts_of
from pipeline.steps.accounts.roster import current_accounts, remembered_accounts
from pipeline.steps.coverage.in_tables import group_of
from pipeline.steps.coverage.rebuild import with_coverage
from pipeline.steps.rollover import registry
from pipeline.steps.rollover.announce import announce
from pipeline.steps.rollover.foretell import stays_behind
from pipeline.steps.rollover.further import known_id, on_further

DOUBTFUL_DAYS = 31  # as far back a reading may have left rows that nobody found to agree
NONE_SET = "LAIKE_TABLE_SPLIT is none: no table gets a successor; set it to auto or month first"
NONE_OF_FURTHER = (
    "split of {name} ([[tables]] in laike.toml) is none: it gets no successor; set it to auto or month first"
)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class SplitPlan:
    """A successor as it would be announced; `old` is the name of the table that it follows."""

    coming: Coming
    old: str
    in_base: int


def listed(ctx: Context) -> Tables:
    """List the tables of the chain: a call for their names, one for the rows of each, two or three for a successor.

    Raises:
        LaikeError: As the service says.
    """
    ctx = ctx.pinned()
    base, chain = ctx.base(None), ctx.chain
    names = _names(base)
    rows = {table_id: base.records(table_id).count() for table_id in chain.ids if table_id in names}
    links = {table_id: ctx.at_table(table_id).settings.table_url for table_id in chain.ids}
    forecast = None if chain.announced else _forecast(ctx, rows.get(chain.newest.table_id))
    told = chain.announced
    coming = _coming(ctx, told.first, told.name) if told and told.first else None
    tables = listed_of(chain, names, rows, links, cap=ctx.settings.table_max_rows, forecast=forecast)
    return Tables(tables, coming, len(names))


def listed_further(ctx: Context) -> tuple[FurtherTables, ...]:
    """List the tables of each further table of the settings; one that cannot be listed says why."""
    remembered = remembered_accounts(ctx) if ctx.settings.tables else None
    return tuple(_further(ctx, table, remembered.names if remembered else {}) for table in ctx.settings.tables)


def plan_split(ctx: Context, first: date | None) -> SplitPlan:
    """Plan a successor: its first day, its name, what does not come along. Only reads.

    Args:
        first: Default: the next day for which nothing is loaded or planned.

    Raises:
        WrongInput: No successor may begin on that day, or none is wanted at all.
        LaikeError: As a service says.
    """
    ctx = _as_loaded(ctx)
    begins = _checked(ctx, first)
    base, chain = ctx.base(None), ctx.chain
    names = _names(base)
    if why := too_many(len(names), registry=REGISTRY in names.values()):
        raise WrongInput(why)
    told = chain.announced
    taken = [name for name in names.values() if not told or name != told.name]
    root = chain.tables[0]
    name = successor_name(root.name or names.get(root.table_id, ""), begins, taken)
    coming = replace(_coming(ctx, begins, name), moves=told.first if told else None)
    return SplitPlan(coming, names.get(chain.newest.table_id, chain.newest.name), len(names))


def split(ctx: Context, plan: SplitPlan) -> Chain:
    """Announce the successor of a plan; the first run of its first day makes the table.

    Raises:
        WrongInput: A day of it was loaded or planned meanwhile.
        LaikeError: As a service says.
    """
    _checked(_as_loaded(ctx), plan.coming.first)
    return announce(ctx, plan.coming.first, plan.coming.name, by_hand=True)


def look(ctx: Context) -> Faults:
    """Compare 数据表清单, Redis and the base: two or three calls, nothing is changed."""
    return _look(ctx, ctx.base(None))


def repair(ctx: Context, found: Faults) -> Faults:
    """Mend what was found and resume loading that was stopped for it; what is left, or new, is returned.

    Raises:
        WrongInput: A person must do something first, or something else is wrong by now.
        LaikeError: As the service says; another repair does the rest.
    """
    if found.unclear:
        raise WrongInput("something must be done by hand first")
    with ctx.writing() as base:
        if _look(ctx, base).faults != found.faults:
            raise WrongInput("something changed meanwhile; look again: laike tables repair")
        if found.faults:
            _mend(ctx, base, found)
    left = look(ctx)
    if not left.faults:
        _resume(ctx, left.remembered)
        return replace(left, stopped=None)
    return left


def _further(ctx: Context, table: FurtherTable, names: Mapping[str, str]) -> FurtherTables:
    group = {one: names.get(one, one) for one in table.accounts} or accounts_of(table, ctx.settings.tables, names)
    found, trouble = None, None
    try:
        found = listed(on_further(ctx, table))
    except LaikeError as error:
        trouble = error.trouble()
    report = table.report
    return FurtherTables(
        name=table.name, report=report.name, item=report.item, accounts=group, found=found, trouble=trouble
    )


def _mend(ctx: Context, base: Base, found: Faults) -> None:
    ctx.writes.begin_writing()
    chain, out = mended(found), gone(found)
    there = found.registered.registry if found.registered else ""
    chain = replace(chain, registry=there or registry.make(ctx, base))
    for table in out:
        registry.remove_row(base, chain, table)
    written = registry.write_rows(ctx, base, chain)
    for table in out:
        ctx.chains.forget(table.table_id)
    ctx.chains.learn(written)
    log.info("tables_mended", faults=len(found.faults), tables=written.ids)


def _resume(ctx: Context, chain: Chain) -> None:
    """Resume loading that was stopped because the tables were in question; other reasons stay."""
    for table_id in chain.ids:
        here = ctx.at_table(table_id).visibility
        if (lost := here.lost()) and lost.tables:
            here.learn_regained()


def _look(ctx: Context, base: Base) -> Faults:
    names, remembered = _names(base), ctx.chains.chain()
    by_name = {name: table_id for table_id, name in names.items()}
    registry_id = remembered.registry if remembered.registry in names else by_name.get(REGISTRY)
    chains = registry.read(ctx, base, registry_id) if registry_id else Chains({}, {})
    named = ctx.settings.bitable_table_id
    registered = chains.of(remembered.root) or chains.of(named)
    broken = chains.broken.get(registered.root) if registered else None
    lost = ctx.visibility.lost()
    return Faults(
        remembered,
        registered,
        frozenset(names),
        faults_of(remembered, registered, names, named=named, broken=broken),
        _others(ctx, names, {one for chain in chains.values() for one in chain.ids} | {*remembered.ids}),
        lost.why if lost and lost.tables else None,
    )


def _others(ctx: Context, names: Mapping[str, str], known: Collection[str]) -> tuple[str, ...]:
    """Tables of no chain in which rows of ours were seen, such as one that was in use before."""
    home = ctx.home or ctx
    known = {*known, home.chain.root, *filter(None, (known_id(home, table) for table in home.settings.tables))}
    more = {one: name for one, name in names.items() if one not in known and name not in (STATUS, REGISTRY)}
    return tuple(f"{name} ({one})" for one, name in more.items() if ctx.at_table(one).visibility.seen())


def _checked(ctx: Context, first: date | None) -> date:
    """The first day, or the one by default; `WrongInput` if no successor may begin on it."""
    if ctx.settings.table_split is Split.NONE:
        raise WrongInput(NONE_OF_FURTHER.format(name=ctx.table) if ctx.table else NONE_SET)
    now, newest = ctx.now(), ctx.chain.newest
    loaded, planned = _loaded(ctx), _planned(ctx)
    begins = first or coming_day(loaded, planned, newest, yesterday(now))
    if why := refusal(begins, loaded=loaded, planned=planned, newest=newest, today=china_day(now)):
        raise WrongInput(why)
    return begins


def _as_loaded(ctx: Context) -> Context:
    """The context on our tables as they are now, with what is loaded into them."""
    return with_coverage(ctx, group_of(ctx, current_accounts(ctx).names))


def _loaded(ctx: Context) -> set[date]:
    """Days that were loaded, or whose rows may be there."""
    names = group_of(ctx, current_accounts(ctx).names)
    days = set().union(*ctx.coverage.days(names).values())
    last = ctx.last_outcomes.of(names, window(ctx.now(), DOUBTFUL_DAYS))
    return days | {at.day for at, one in last.items() if one.doubtful}


def _planned(ctx: Context) -> set[date]:
    """The newest day of each open run that writes into the table."""
    plans = ctx.ledger.plans(ctx.ledger.open_runs())
    ours = (one for run in plans for one in tables_of(run) if one.table == ctx.table)
    return {run.days.last for run in ours if not run.dry_run}


def _forecast(ctx: Context, count: int | None) -> date | None:
    """The first day that the next successor would have, by what runs learned."""
    listed_now = remembered_accounts(ctx)
    names = group_of(ctx, listed_now.names) if listed_now else {}
    days = set().union(*ctx.coverage.days(names).values())
    if count is None or not days:
        return None
    newest = max(days)
    loaded = ctx.coverage.at([AccountDay(one, newest) for one in names])
    facts, chain = ctx.at_table(ctx.chain.newest.table_id).table_facts, ctx.chain
    before = ctx.at_table(chain.tables[-2].table_id).table_facts.rows() if len(chain.tables) > 1 else {}
    return boundary(
        ctx.settings.table_split,
        {**facts.rows(), china_day(ctx.now()): count},
        ctx.settings.table_max_rows,
        sum(one.rows for one in loaded.values()),
        newest + timedelta(days=1),
        before=before,
    )


def _coming(ctx: Context, first: date, name: str) -> Coming:
    left = stays_behind(ctx)
    return Coming(first, name, left.columns, left.linked)


def _names(base: Base) -> dict[str, str]:
    """Names of the base's tables by id."""
    return {table_id: name for name, table_id in base.tables.ids().items()}
