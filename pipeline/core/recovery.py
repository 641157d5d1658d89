"""What was in trouble before a run that succeeded: people who were told of it want to hear that it is over."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pipeline.core.model import DayRange
from pipeline.core.outcome import DayState, RunState, Summary


@dataclass(frozen=True, slots=True)
class Recovery:
    """Whose trouble is over, and since when it lasted."""

    names: tuple[str, ...]
    since: datetime


def past_troubles(summary: Summary, earlier: Sequence[Summary]) -> dict[str, datetime]:
    """The accounts of a run that were in trouble in the last runs before it: by id the start of the first such run.

    Args:
        earlier: Runs that began before it, the newest first; those that only looked are left out.
    """
    if summary.state != RunState.SUCCESS:
        return {}
    open_still, found = {account.id for account in summary.accounts}, dict[str, datetime]()
    for run in earlier:
        if run.dry_run or not _overlap(run.days, summary.days):
            continue
        bad = _in_trouble(run)
        met = {account.id for account in run.accounts} & open_still
        found |= dict.fromkeys(met & bad, run.started_at)
        open_still -= met - bad
    return found


def _in_trouble(run: Summary) -> set[str]:
    if run.state == RunState.SUCCESS:
        return set()
    told = (DayState.LOADED, DayState.EMPTY, DayState.PARKED)
    return {account.id for account in run.accounts if run.trouble or account.state not in told}


def _overlap(one: DayRange, other: DayRange) -> bool:
    return one.first <= other.last and other.first <= one.last
