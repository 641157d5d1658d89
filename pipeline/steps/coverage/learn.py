"""What the end of a run leaves behind: last outcomes of days, and which accounts cannot be read."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from pipeline.context import Context
from pipeline.core.coverage.day import DayCoverage
from pipeline.core.coverage.learn import learned, tried, untouched, written
from pipeline.core.model import AccountDay, china_day
from pipeline.core.outcome import DayOutcome, DayState, Run
from pipeline.core.runs.absence import Readings, parked_notice, revived_notice
from pipeline.core.runs.findings import Findings, Word, conflict, last_words
from pipeline.core.runs.pieces import possible_pieces
from pipeline.core.unforeseen import Unforeseen


def learn_states(ctx: Context, findings: Sequence[Findings]) -> dict[AccountDay, Word]:
    """Remember the last word on each day of a run, and return it for the status table.

    A loaded day of which the run fetched nothing is left out: its figures in the table still stand.
    """
    words, alone = tried(last_words(findings)), untouched(findings)
    before = ctx.book.at(at for at, word in words.items() if at in alone or not word.outcome.state.good)
    outcomes = learned(words, before, alone, _written(ctx, findings))
    ctx.last_outcomes.learn(outcomes, ctx.shared_now())
    return {at: words[at] for at in outcomes}


def learn_conflicts(ctx: Context, places: Iterable[AccountDay]) -> dict[AccountDay, Word]:
    """Remember days of accounts beyond the run that its accounts contradict; returns what is said of them."""
    now, before = ctx.shared_now(), ctx.book.at(places)
    words = {at: Word(_contradicted(at, before.get(at, DayCoverage()), ctx.report.item), now) for at in places}
    ctx.last_outcomes.learn(learned(words, before), now)
    return words


def _contradicted(at: AccountDay, day: DayCoverage, item: str) -> DayOutcome:
    there = day.loaded.outcome(at.day) if day.loaded else DayOutcome(day=at.day, state=DayState.INCOMPLETE)
    return replace(there, state=DayState.INCOMPLETE, trouble=conflict(at.day, item))


def _written(ctx: Context, findings: Sequence[Findings]) -> set[AccountDay]:
    """Days whose rows this run may have written."""
    found: set[AccountDay] = set()
    for one in findings:
        found |= written(one, _changed(ctx, one))
    return found


def _changed(ctx: Context, found: Findings) -> set[AccountDay] | None:
    """What a failed load had set out to change; `None` if it broke, since its record may be what broke it."""
    if found.load and found.load.trouble and found.load.trouble.reason == Unforeseen.reason:
        return None
    failed = found.load is None or found.load.trouble
    cut = possible_pieces(found.part) if failed else ()
    return {change.at for piece in cut for change in ctx.staging.changes(piece.batch_id).values()}


def note_absences(ctx: Context, run: Run, readings: Readings) -> tuple[str, ...]:
    """Note which accounts cannot be read and which can again; returns news for the group."""
    ctx.absences.end(readings.alive)
    ctx.absences.begin(readings.dead)
    names = {account.id: account.name for account in run.accounts}
    revived = [revived_notice(names[one], ctx.settings.catch_up_days) for one in run.parked if one in readings.alive]
    return (*revived, *_weekly(ctx, run, names))


def _weekly(ctx: Context, run: Run, names: dict[str, str]) -> list[str]:
    """Parked accounts of a run, each once a week."""
    today, lines = china_day(run.started_at), []
    for account_id, absence in ctx.absences.all().items():
        if account_id in run.parked and absence.to_be_told(run.run_id, today):
            ctx.absences.learn_told(account_id, replace(absence, told=today, told_by=run.run_id))
            lines.append(parked_notice(names[account_id], absence.since))
    return lines
