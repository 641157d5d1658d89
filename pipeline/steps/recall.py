"""What was loaded, taken over from the 同步状态 table where Redis, emptied, remembers nothing."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from pipeline.context import Context
from pipeline.core.cells import plain_text
from pipeline.core.errors import LaikeError
from pipeline.core.model import Account, AccountDay
from pipeline.core.outcome import DayState
from pipeline.core.plan import window
from pipeline.core.table import between
from pipeline.state.ledger import UNKNOWN, Coverage
from pipeline.steps.read import time_zone
from pipeline.steps.status import ACCOUNT, AS_OF, COST, DAY, DAY_MS, NAME, ROWS, STATE, WORDS

RECALLED_DAYS = 31  # as far back as corrections reach
GOOD = (WORDS[DayState.LOADED], WORDS[DayState.EMPTY])

log = structlog.get_logger()


def recall_coverage(ctx: Context, accounts: Iterable[Account]) -> None:
    """Remember what the status table says of these accounts, if nothing at all is remembered of any of them.

    Where the table cannot be read the run goes on without: it loads its days, and only calls nothing a correction.
    """
    by_name = {account.name: account.id for account in accounts}
    if any(ctx.ledger.covered(number) for number in by_name.values()):
        return
    try:
        recalled = _recalled(ctx, by_name)
    except LaikeError as error:
        log.warning("coverage_not_recalled", error=error.message)
        return
    if recalled:
        ctx.ledger.cover(recalled)
        log.info("coverage_recalled", days=len(recalled))


def _recalled(ctx: Context, by_name: Mapping[str, str]) -> dict[AccountDay, Coverage]:
    base = ctx.base(None)
    table_id = ctx.memory.status_table() or base.tables.ids().get(NAME)
    if not table_id:
        return {}
    zone, days = time_zone(ctx, base), window(ctx.now(), RECALLED_DAYS)
    first, last = (
        int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp() * 1000) for day in (days.first, days.last)
    )
    records = base.records(table_id).search(
        between(DAY, first - DAY_MS, last + DAY_MS), [DAY, ACCOUNT, STATE, ROWS, COST, AS_OF]
    )
    found = (_coverage(record.get("fields") or {}, by_name, zone) for record in records)
    return {at: coverage for at, coverage in filter(None, found) if at.day in days}


def _coverage(
    cells: Mapping[str, Any], by_name: Mapping[str, str], zone: ZoneInfo
) -> tuple[AccountDay, Coverage] | None:
    """One row as coverage; `None` for a day that was not loaded, and for what a person wrote."""
    number, day, as_of = by_name.get(plain_text(cells.get(ACCOUNT) or "")), cells.get(DAY), cells.get(AS_OF)
    if not number or plain_text(cells.get(STATE) or "") not in GOOD:
        return None
    if not isinstance(day, int) or not isinstance(as_of, int):
        return None
    coverage = Coverage(
        rows=int(cells.get(ROWS) or 0),
        cost=str(cells.get(COST) or 0),
        checksum=UNKNOWN,
        as_of=datetime.fromtimestamp(as_of / 1000, zone),
    )
    return AccountDay(number, datetime.fromtimestamp(day / 1000, zone).date()), coverage
