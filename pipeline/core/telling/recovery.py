"""Trouble that lasts, and trouble that a run ended."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from pipeline.core.model import DayRange
from pipeline.core.outcome import DayState, RunState, Summary


@dataclass(frozen=True, slots=True)
class Recovery:
    """The accounts whose trouble is over, and since when it lasted."""

    names: tuple[str, ...]
    since: datetime


def past_troubles(summary: Summary, earlier: Iterable[Summary]) -> dict[str, datetime]:
    """Accounts that are whole in a run and were in trouble before it: by id, since which run.

    Args:
        earlier: Runs that began before it and had a card, the newest first; dry runs are skipped.
    """
    if summary.trouble or summary.state not in (RunState.SUCCESS, RunState.PARTIAL):
        return {}
    open_still, found = {account.id for account in summary.accounts if account.state.good}, dict[str, datetime]()
    for run in earlier:
        if not open_still:
            break
        if run.dry_run or not _overlap(run.days, summary.days):
            continue
        bad = _in_trouble(run)
        met = {account.id for account in run.accounts} & open_still
        found |= dict.fromkeys(met & bad, run.started_at)
        open_still -= met - bad
    return found


def lasting_trouble(summary: Summary) -> str | None:
    """The name of a trouble that fails every run until a person acts; it gets one card a day."""
    troubles = (summary.trouble, *(account.trouble for account in summary.accounts))
    found = next((trouble for trouble in troubles if trouble and trouble.needs_person), None)
    return f"run:{found.reason}:{found.code}" if found and summary.state == RunState.FAILED else None


def _in_trouble(run: Summary) -> set[str]:
    if run.state == RunState.SUCCESS:
        return set()
    told = (DayState.LOADED, DayState.EMPTY, DayState.PARKED)
    return {account.id for account in run.accounts if run.trouble or account.state not in told}


def _overlap(one: DayRange, other: DayRange) -> bool:
    return one.first <= other.last and other.first <= one.last
