"""Batches of a backfill that an earlier attempt loaded: read back by this one, fetched only if they are not as left.

The early read decides: it is this run's own look at the table. Whatever differs, or was read too long ago for the
source not to have moved, is loaded anew like any other batch.
"""

from collections.abc import Iterable, Mapping

from pipeline.context import Context
from pipeline.core.coverage.standing import table_days
from pipeline.core.errors import Busy, Trouble
from pipeline.core.model import Account, AccountDay, FoundRow
from pipeline.core.outcome import DayOutcome, DayState, FetchOutcome, Run, VerifyOutcome
from pipeline.core.read_back import DayAgreement
from pipeline.core.runs.flow import READ, Step
from pipeline.core.runs.reading import usable
from pipeline.state.coverage.coverage import Loaded
from pipeline.steps.coverage.standing import outcome_of

AS_LEFT = -2  # what the early read of such a batch ends with, instead of a number of rows


def places(part: Run) -> dict[AccountDay, Account]:
    """Every account and day of a batch."""
    return {AccountDay(account.id, day): account for account in part.accounts for day in part.days}


def fresh(ctx: Context, part: Run) -> Mapping[AccountDay, Loaded] | None:
    """What was loaded of a batch, if all of it is known, good, and was read so lately that it need not be fetched."""
    wanted, now = places(part), ctx.shared_now()
    covered = ctx.coverage.at(wanted)
    known = ctx.days.known([account.id for account in part.accounts], part.days)
    bad = any(not known[at].state.good for at in wanted if at in known)
    if bad or len(covered) < len(wanted) or not all(usable(one.as_of, now) for one in covered.values()):
        return None
    return covered


def as_left(ctx: Context, part: Run, found: Iterable[FoundRow]) -> bool:
    """Whether the table has of a batch exactly what was read back when it was loaded."""
    covered = fresh(ctx, part) if part.batch in part.loaded_before else None
    if covered is None:
        return False
    there = table_days(found, places(part))
    return all(known.table == there[at].digest for at, known in covered.items())


def is_carried(ctx: Context, part: Run) -> bool:
    """Whether this run read a batch back as it was left, so that nothing of it is fetched or written."""
    return part.batch in part.loaded_before and _early_read(ctx, part) == AS_LEFT


def carried(ctx: Context, part: Run, account_id: str) -> FetchOutcome | None:
    """What was loaded of an account in such a batch, instead of fetching it; `None`: fetch it.

    Raises:
        Busy: It is not known yet whether the table is as it was left.
    """
    if part.batch not in part.loaded_before:
        return None
    early = _early_read(ctx, part)
    if early is None and ctx.now() <= part.deadline:
        raise Busy(f"{part.run_id}: it is not known yet whether batch {part.batch} is as it was left")
    return _remembered(ctx, part, account_id) if early == AS_LEFT else None


def read_back(part: Run) -> VerifyOutcome:
    """What the early read of such a batch says."""
    agreements = tuple(DayAgreement(account_id=at.account_id, day=at.day) for at in places(part))
    return VerifyOutcome(agreements=agreements, verified=True)


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
    if known := covered.get(at):
        return outcome_of(at, known)
    why = Trouble(
        reason="interrupted",
        message=f"{at.day}: what an earlier attempt loaded is not remembered any more",
        what_to_do=f"{at.day} 此前写入的记录已丢失，请重新补数。",
    )
    return DayOutcome(day=at.day, state=DayState.MISSING, trouble=why)
