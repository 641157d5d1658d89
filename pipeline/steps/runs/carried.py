"""Batches that an earlier attempt of a backfill loaded: read back, and fetched only if the table differs.

The early read of this run decides. A batch that differs, or whose figures are too old, is loaded like any other.
"""

from collections.abc import Iterable, Mapping

from pipeline.context import Context
from pipeline.core.coverage.day import Loaded
from pipeline.core.coverage.standing import table_days
from pipeline.core.errors import Busy, Trouble
from pipeline.core.model import AccountDay, FoundRow
from pipeline.core.outcome import DayOutcome, DayState, FetchOutcome, Run
from pipeline.core.runs.flow import READ, Step
from pipeline.core.runs.plan import places
from pipeline.core.runs.reading import usable

AS_LEFT = -2  # the outcome of an early read that finds such a batch unchanged


def fresh(ctx: Context, part: Run) -> Mapping[AccountDay, Loaded] | None:
    """What was loaded of a batch, if all of it is good and too recent to be fetched again."""
    wanted, now = places(part), ctx.shared_now()
    days = ctx.book.at(wanted)
    good = {at: day.loaded for at, day in days.items() if day.loaded and day.state.good}
    return good if len(good) == len(wanted) and all(usable(one.as_of, now) for one in good.values()) else None


def as_left(ctx: Context, part: Run, found: Iterable[FoundRow]) -> bool:
    """Whether the table has exactly what was read back when a batch was loaded."""
    covered = fresh(ctx, part) if part.batch in part.loaded_before else None
    if covered is None:
        return False
    there = table_days(found, places(part))
    return all(loaded.table == there[at].digest for at, loaded in covered.items())


def is_carried(ctx: Context, part: Run) -> bool:
    """Whether the early read found a batch unchanged, so that nothing of it is fetched or written."""
    return part.batch in part.loaded_before and _early_read(ctx, part) == AS_LEFT


def carried(ctx: Context, part: Run, account_id: str) -> FetchOutcome | None:
    """An account's part of an unchanged batch, as it was loaded; `None`: fetch it. `Busy` during the early read."""
    if part.batch not in part.loaded_before:
        return None
    early = _early_read(ctx, part)
    if early is None and ctx.now() <= part.deadline:
        raise Busy(f"{part.run_id}: the early read of batch {part.batch} has not ended yet")
    return _remembered(ctx, part, account_id) if early == AS_LEFT else None


def _early_read(ctx: Context, part: Run) -> int | None:
    return ctx.outcomes.outcome(part.run_id, str(Step(READ, part.batch)), int)


def _remembered(ctx: Context, part: Run, account_id: str) -> FetchOutcome:
    covered = ctx.coverage.at(AccountDay(account_id, day) for day in part.days)
    days = tuple(_day(AccountDay(account_id, day), covered) for day in part.days)
    rows, cost = sum(day.rows for day in days), sum(day.cost for day in days)
    ctx.events.emit(
        part.run_id,
        "fetched",
        batch=part.batch,
        account=account_id,
        state=str(days[-1].state),
        rows=rows,
        cost=str(cost),
        reason="",
    )
    as_of = min((one.as_of for one in covered.values()), default=part.started_at)
    return FetchOutcome(account_id=account_id, days=days, rows=rows, checksum="", as_of=as_of)


def _day(at: AccountDay, covered: Mapping[AccountDay, Loaded]) -> DayOutcome:
    if loaded := covered.get(at):
        return loaded.outcome(at.day)
    why = Trouble(
        reason="interrupted",
        message=f"{at.day}: the record of what an earlier attempt loaded is lost",
        what_to_do=f"{at.day} 此前写入的记录已丢失，请重新补数。",
    )
    return DayOutcome(day=at.day, state=DayState.MISSING, trouble=why)
