"""What is known of each day, taken over from the 同步状态 table where Redis, emptied, remembers nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from pipeline.context import Context
from pipeline.core.absence import absent_since
from pipeline.core.cells import moment_in, number_in, plain_text
from pipeline.core.coverage import KnownDay
from pipeline.core.errors import LaikeError
from pipeline.core.model import AccountDay, DayRange
from pipeline.core.plan import told_apart, window
from pipeline.core.table import between
from pipeline.state.coverage import UNKNOWN, Loaded
from pipeline.steps.read import time_zone
from pipeline.steps.status import ACCOUNT, AS_OF, COST, DAY, DAY_MS, NAME, REASON, ROWS, STATE, WORDS

RECALLED_DAYS = 31  # as far back as corrections reach
STATES = {word: state for state, word in WORDS.items()}

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Recalled:
    """What the table says: the state of each day, and of those that were loaded what is compared later."""

    known: dict[AccountDay, KnownDay] = field(default_factory=dict)
    covered: dict[AccountDay, Loaded] = field(default_factory=dict)


def recall_coverage(ctx: Context, names: Mapping[str, str]) -> None:
    """Remember what the status table says of these accounts, if nothing at all is remembered of any of them.

    Where the table cannot be read the run goes on without: it loads its days, and only calls nothing a correction.

    Args:
        names: The accounts' names by id.
    """
    if any(ctx.coverage.days(names).values()):
        return
    by_name = {name: number for number, name in told_apart(names).items()}
    days = window(ctx.now(), max(RECALLED_DAYS, ctx.settings.catch_up_days))
    try:
        recalled = _recalled(ctx, by_name, days)
    except LaikeError as error:
        log.warning("coverage_not_recalled", error=error.message)
        return
    if recalled.known:
        ctx.days.learn(recalled.known)
        ctx.days.begin_absences(absent_since({at: one.state for at, one in recalled.known.items()}))
        ctx.coverage.learn(recalled.covered)  # last: from now on there is something known
        log.info("coverage_recalled", days=len(recalled.covered))


def _recalled(ctx: Context, by_name: Mapping[str, str], days: DayRange) -> Recalled:
    base = ctx.base(None)
    table_id = ctx.memory.status_table() or base.tables.ids().get(NAME)
    if not table_id:
        return Recalled()
    zone = time_zone(ctx, base)
    first, last = (
        int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp() * 1000) for day in (days.first, days.last)
    )
    records = base.records(table_id).search(
        between(DAY, first - DAY_MS, last + DAY_MS), [DAY, ACCOUNT, STATE, ROWS, COST, AS_OF, REASON]
    )
    return _gathered((record.get("fields") or {} for record in records), by_name, zone, days)


def _gathered(
    rows: Iterable[Mapping[str, Any]], by_name: Mapping[str, str], zone: ZoneInfo, days: DayRange
) -> Recalled:
    recalled = Recalled()
    for cells in rows:
        at, as_of = _place(cells, by_name, zone), moment_in(cells.get(AS_OF), zone)
        state = STATES.get(plain_text(cells.get(STATE) or ""))
        count, cost = number_in(cells.get(ROWS) or 0), number_in(cells.get(COST) or 0)
        if at is None or at.day not in days or state is None or as_of is None or count is None or cost is None:
            continue  # what a person wrote
        known = KnownDay(
            state=state,
            rows=int(count),
            cost=str(cost),
            what_to_do=plain_text(cells.get(REASON) or "") or None,
        )
        recalled.known[at] = known
        if state.good:
            recalled.covered[at] = Loaded(known.rows, known.cost, UNKNOWN, as_of)
    return recalled


def _place(cells: Mapping[str, Any], by_name: Mapping[str, str], zone: ZoneInfo) -> AccountDay | None:
    number, day = by_name.get(plain_text(cells.get(ACCOUNT) or "")), moment_in(cells.get(DAY), zone)
    return AccountDay(number, day.date()) if number and day else None
