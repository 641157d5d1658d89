"""What a run leaves behind of its days."""

from collections.abc import Collection, Iterable, Mapping

from pipeline.core.coverage.day import DayCoverage, LastOutcome, last_outcome
from pipeline.core.model import AccountDay
from pipeline.core.runs.findings import STOPPED, Findings, Word
from pipeline.core.runs.plan import places


def tried(words: Mapping[AccountDay, Word]) -> dict[AccountDay, Word]:
    """Leave out days whose reading had not begun when a person stopped the run: they were not tried."""
    return {at: word for at, word in words.items() if not ((why := word.outcome.trouble) and why.reason == STOPPED)}


def learned(
    words: Mapping[AccountDay, Word],
    before: Mapping[AccountDay, DayCoverage],
    untouched: Collection[AccountDay] = (),
    written: Collection[AccountDay] = (),
) -> dict[AccountDay, LastOutcome]:
    """What to remember of days after the last words on them; an absent day stays as it is remembered.

    Args:
        untouched: Days of which the run fetched nothing.
        written: Days whose rows the run may have written.
    """
    found = {}
    for at, word in words.items():
        day = before.get(at, DayCoverage())
        after = day.after(last_outcome(word, written=at in written), fetched=at not in untouched)
        if after is not day and after.last:
            found[at] = after.last
    return found


def written(found: Findings, changed: Collection[AccountDay] | None) -> set[AccountDay]:
    """Days of a batch whose rows it may have written.

    Args:
        changed: What a load that failed had set out to change by then; `None` where nobody can say.
    """
    fetched = _fetched(found)
    whole = changed is None or (found.load and not found.load.trouble)
    return fetched if whole else fetched & set(changed or ())


def untouched(findings: Iterable[Findings]) -> set[AccountDay]:
    """Days of which a run fetched nothing, and so wrote nothing: what was loaded before still stands."""
    return {at for one in findings for at in places(one.part).keys() - _fetched(one)}


def _fetched(found: Findings) -> set[AccountDay]:
    fetches = found.fetches.items()
    return {AccountDay(account_id, day.day) for account_id, fetch in fetches for day in fetch.days if not day.failed}
