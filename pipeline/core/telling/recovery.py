"""Trouble that lasts, and trouble that a run ended."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from pipeline.core.model import DayRange
from pipeline.core.outcome import DayState, RunState, Summary
from pipeline.core.tables.ends import ends


@dataclass(frozen=True, slots=True)
class Recovery:
    """The accounts whose trouble is over, and since when it lasted; `table` is named where there are several."""

    names: tuple[str, ...]
    since: datetime
    table: str = ""


def past_troubles(summary: Summary, earlier: Iterable[Summary]) -> dict[str, datetime]:
    """Accounts that are whole in a run and were in trouble before it, in one table: by id, since which run.

    Args:
        summary: How the run ended in that table.
        earlier: Runs that began before it and had a card, the newest first; dry runs are skipped.
    """
    if summary.trouble or summary.state not in (RunState.SUCCESS, RunState.PARTIAL):
        return {}
    open_still, found = {account.id for account in summary.accounts if account.state.good}, dict[str, datetime]()
    for run in (end for one in earlier for end in ends(one) if end.table == summary.table):
        if not open_still:
            break
        if run.dry_run or not _overlap(run.days, summary.days):
            continue
        bad = _in_trouble(run)
        met = {account.id for account in run.accounts} & open_still
        found |= dict.fromkeys(met & bad, run.started_at)
        open_still -= met - bad
    return found


def lasting_troubles(summary: Summary) -> list[str]:
    """The names of troubles that fail every run in a table until a person acts; each gets one card a day."""
    found = (_lasting(end) for end in ends(summary))
    return [one for one in dict.fromkeys(found) if one]


def fails_for_good(summary: Summary) -> bool:
    """Whether a run failed in each of its tables until a person acts: nothing else is to be told of it."""
    return all(_lasting(end) for end in ends(summary))


def _lasting(end: Summary) -> str | None:
    """The name of such a trouble in one table; what a person must authorize concerns all tables alike."""
    troubles = (end.trouble, *(account.trouble for account in end.accounts))
    found = next((trouble for trouble in troubles if trouble and trouble.needs_person), None)
    if found is None or end.state != RunState.FAILED:
        return None
    where = f"@{end.table}" if end.table and not found.link else ""
    return f"run:{found.reason}:{found.code}{where}"


def _in_trouble(run: Summary) -> set[str]:
    if run.state == RunState.SUCCESS:
        return set()
    told = (DayState.LOADED, DayState.EMPTY, DayState.PARKED)
    return {account.id for account in run.accounts if run.trouble or account.state not in told}


def _overlap(one: DayRange, other: DayRange) -> bool:
    return one.first <= other.last and other.first <= one.last
