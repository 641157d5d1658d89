"""What 同步状态 says of each day, for a Redis that was emptied."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from zoneinfo import ZoneInfo

from pipeline.core.chain import Chain
from pipeline.core.coverage.day import UNKNOWN, LastOutcome, Loaded
from pipeline.core.coverage.states import STATES
from pipeline.core.coverage.status import ACCOUNT, AS_OF, COST, DAY, REASON, ROWS, STATE, table_of
from pipeline.core.model import AccountDay, DayRange
from pipeline.core.table.cells import moment_in, number_in, plain_text

Cells = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """The last outcome of each day, and what is loaded of those that are good.

    Attributes:
        unnamed: Rows that may be of another table, since they name none and nobody knows which one it was.
    """

    outcomes: dict[AccountDay, LastOutcome] = field(default_factory=dict)
    loaded: dict[AccountDay, Loaded] = field(default_factory=dict)
    unnamed: int = 0


@dataclass(frozen=True, slots=True)
class Sought:
    """Whose rows are sought: account ids by name, days, and the base's time zone."""

    by_name: Mapping[str, str]
    days: DayRange
    zone: ZoneInfo


def rebuilt(rows: Sequence[Cells], sought: Sought, ours: Chain, owner: str | None) -> Rebuilt:
    """What the rows of our tables say; each day counts in the table that holds it.

    Args:
        owner: The table that rows without one are about, if that is known.
    """
    found = _gathered([cells for cells in rows if (table_of(cells) or owner) == _table(cells, sought, ours)], sought)
    unclear = not owner and not any(table_of(cells) for cells in rows)  # beside named rows they are a person's
    return replace(found, unnamed=len(_gathered(rows, sought).outcomes)) if unclear else found


def _gathered(rows: Sequence[Cells], sought: Sought) -> Rebuilt:
    found = Rebuilt()
    for cells in rows:
        at, outcome = _place(cells, sought), _outcome(cells, sought.zone)
        if at is None or at.day not in sought.days or outcome is None or outcome.as_of is None:
            continue  # what a person wrote
        found.outcomes[at] = outcome
        if outcome.state.good:
            found.loaded[at] = Loaded(outcome.rows, outcome.cost, UNKNOWN, outcome.as_of)
    return found


def _table(cells: Cells, sought: Sought, ours: Chain) -> str | None:
    day = moment_in(cells.get(DAY), sought.zone)
    return ours.table_of(day.date()) if day else None


def _place(cells: Cells, sought: Sought) -> AccountDay | None:
    account_id, day = sought.by_name.get(plain_text(cells.get(ACCOUNT) or "")), moment_in(cells.get(DAY), sought.zone)
    return AccountDay(account_id, day.date()) if account_id and day else None


def _outcome(cells: Cells, zone: ZoneInfo) -> LastOutcome | None:
    state, as_of = STATES.get(plain_text(cells.get(STATE) or "")), moment_in(cells.get(AS_OF), zone)
    rows, cost = number_in(cells.get(ROWS) or 0), number_in(cells.get(COST) or 0)
    if state is None or rows is None or cost is None:
        return None
    reason = None if state.good else plain_text(cells.get(REASON) or "") or None
    return LastOutcome(state=state, rows=int(rows), cost=str(cost), what_to_do=reason, as_of=as_of)
