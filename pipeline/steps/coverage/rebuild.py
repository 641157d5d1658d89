"""What is known of each day in a table, taken over from 同步状态 where Redis, emptied, remembers nothing of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from pipeline.context import Context
from pipeline.core.coverage.day import UNKNOWN, LastOutcome, Loaded
from pipeline.core.coverage.states import STATES
from pipeline.core.coverage.status import ACCOUNT, AS_OF, COST, DAY, NAME, REASON, ROWS, STATE, table_of
from pipeline.core.errors import HistoryUnclear, LaikeError, WrongInput
from pipeline.core.model import AccountDay, DayRange
from pipeline.core.runs.absence import absent_since
from pipeline.core.runs.plan import told_apart
from pipeline.core.table.cells import moment_in, number_in, plain_text
from pipeline.steps.coverage.status import recalled_days, search_of
from pipeline.steps.table.read import time_zone

CURE = ": `laike doctor --table-of-history TABLE_ID` says which"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Recalled:
    """What the table says: the state of each day, and of those that were loaded what is compared later.

    Attributes:
        unnamed: Rows that may be of another table, since they name none and nobody knows which one it was.
    """

    outcomes: dict[AccountDay, LastOutcome] = field(default_factory=dict)
    loaded: dict[AccountDay, Loaded] = field(default_factory=dict)
    unnamed: int = 0


def recall_coverage(ctx: Context, names: Mapping[str, str]) -> None:
    """Remember what the status table says of these accounts, if nothing at all is remembered of any of them.

    Only rows of our table are taken over. Where 同步状态 cannot be read the run goes on without: it loads its days, and
    only calls nothing a correction.

    Args:
        names: The accounts' names by id.

    Raises:
        HistoryUnclear: A person is to say which table it is that an older release wrote of.
    """
    _refuse_unclear(ctx)
    if any(ctx.coverage.days(names).values()):
        return
    by_name = {name: number for number, name in told_apart(names).items()}
    try:
        recalled = _recalled(ctx, by_name)
    except LaikeError as error:
        log.warning("coverage_not_recalled", error=error.message)
        return
    if recalled.unnamed:
        raise HistoryUnclear(f"{recalled.unnamed} rows of {NAME} name no table, and nobody knows which it was{CURE}")
    if recalled.outcomes:
        now = ctx.shared_now()
        ctx.last_outcomes.learn(recalled.outcomes, now)
        ctx.absences.begin(absent_since({at: one.state for at, one in recalled.outcomes.items()}))
        ctx.coverage.learn(recalled.loaded, now)  # last: once anything is loaded nobody rebuilds again
        log.info("coverage_recalled", days=len(recalled.loaded))


def settle_history(ctx: Context, table_id: str) -> None:
    """Take a person's word for which table it is that older releases remember, and that rows mean which name none.

    Raises:
        WrongInput: Neither the base nor what is remembered knows such a table.
        LaikeError: As the service says.
    """
    there = {number: name for name, number in ctx.base(None).tables.ids().items()}
    known = dict.fromkeys(ctx.schema.tables_seen(), "no longer in the base") | there
    if table_id not in known:
        listed = ", ".join(f"{number} ({name})" for number, name in known.items())
        raise WrongInput(f"no table {table_id} is known; there are {listed}")
    ctx.schema.settle(table_id)


def _refuse_unclear(ctx: Context) -> None:
    tables = ctx.schema.unclear()
    if tables is not None:
        named = f"one of {', '.join(tables)}" if tables else "a table of which nothing else is known"
        raise HistoryUnclear(f"what an older release remembers is about {named}{CURE}")


def _recalled(ctx: Context, by_name: Mapping[str, str]) -> Recalled:
    base = ctx.base(None)
    table_id = ctx.status_memory.status_table() or base.tables.ids().get(NAME)
    if not table_id:
        return Recalled()
    zone, days = time_zone(ctx, base), recalled_days(ctx)
    # all cells: a table of an older release has no column for the table's id
    records = base.records(table_id).search(search_of(days, zone), [])
    rows = [record.get("fields") or {} for record in records]
    ours, owner = ctx.settings.bitable_table_id, ctx.schema.owner()
    found = _gathered((cells for cells in rows if (table_of(cells) or owner) == ours), by_name, zone, days)
    unclear = not owner and not any(table_of(cells) for cells in rows)  # beside named rows they are a person's
    return replace(found, unnamed=len(_gathered(rows, by_name, zone, days).outcomes) if unclear else 0)


def _gathered(
    rows: Iterable[Mapping[str, Any]], by_name: Mapping[str, str], zone: ZoneInfo, days: DayRange
) -> Recalled:
    recalled = Recalled()
    for cells in rows:
        at, read_at = _place(cells, by_name, zone), moment_in(cells.get(AS_OF), zone)
        state = STATES.get(plain_text(cells.get(STATE) or ""))
        count, cost = number_in(cells.get(ROWS) or 0), number_in(cells.get(COST) or 0)
        if at is None or at.day not in days or state is None or read_at is None or count is None or cost is None:
            continue  # what a person wrote
        reason = None if state.good else plain_text(cells.get(REASON) or "") or None
        outcome = LastOutcome(state=state, rows=int(count), cost=str(cost), what_to_do=reason, as_of=read_at)
        recalled.outcomes[at] = outcome
        if state.good:
            recalled.loaded[at] = Loaded(outcome.rows, outcome.cost, UNKNOWN, read_at)
    return recalled


def _place(cells: Mapping[str, Any], by_name: Mapping[str, str], zone: ZoneInfo) -> AccountDay | None:
    number, day = by_name.get(plain_text(cells.get(ACCOUNT) or "")), moment_in(cells.get(DAY), zone)
    return AccountDay(number, day.date()) if number and day else None
