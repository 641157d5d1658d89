"""What the end of a run leaves behind of each day and account: last known states, and who cannot be read."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from pipeline.context import Context
from pipeline.core.coverage.coverage import known_days, untouched, written
from pipeline.core.model import ZERO, AccountDay, DayRange, china_day
from pipeline.core.outcome import DayOutcome, DayState, Run
from pipeline.core.runs.absence import Readings, parked_notice, revived_notice
from pipeline.core.runs.findings import Findings, Word, conflict, last_words
from pipeline.core.unforeseen import Unforeseen
from pipeline.state.coverage.coverage import Loaded


def learn_states(ctx: Context, findings: Sequence[Findings]) -> dict[AccountDay, Word]:
    """Remember the last word on each day of a run, and return it for the status table.

    A day that was loaded before and of which nothing was fetched now is left out: its figures in the table still stand.
    """
    words = last_words(findings)
    covered = ctx.coverage.days({at.account_id for at in words})
    standing = {at for at in untouched(findings) if at.day in covered[at.account_id]}
    said = {at: word for at, word in words.items() if at not in standing}
    ctx.days.learn(known_days(said, _written(ctx, findings) | _doubtful(ctx, said)), ctx.shared_now())
    return said


def learn_conflicts(ctx: Context, places: Iterable[AccountDay]) -> dict[AccountDay, Word]:
    """Remember that days of accounts beyond the run are contradicted by those of the run, and return what is said."""
    now, covered = ctx.shared_now(), ctx.coverage.at(places)
    said = {at: Word(_contradicted(at, covered.get(at)), now) for at in places}
    ctx.days.learn(known_days(said), now)
    return said


def _contradicted(at: AccountDay, known: Loaded | None) -> DayOutcome:
    rows, cost = (known.rows, Decimal(known.cost)) if known else (0, ZERO)
    return DayOutcome(day=at.day, state=DayState.INCOMPLETE, rows=rows, cost=cost, trouble=conflict(at.day))


def _written(ctx: Context, findings: Sequence[Findings]) -> set[AccountDay]:
    """Days whose rows this run may have written."""
    found: set[AccountDay] = set()
    for one in findings:
        found |= written(one, _changed(ctx, one))
    return found


def _changed(ctx: Context, found: Findings) -> set[AccountDay] | None:
    """What a load that failed had set out to change; `None` where it broke, so that its record may be what broke it."""
    if found.load and found.load.trouble and found.load.trouble.reason == Unforeseen.reason:
        return None
    failed = found.load is None or found.load.trouble
    return {change.at for change in ctx.staging.changes(found.part.batch_id).values()} if failed else set()


def _doubtful(ctx: Context, said: Mapping[AccountDay, Word]) -> set[AccountDay]:
    """Of the days that are not good now, those whose rows were in doubt before."""
    bad = [at for at, word in said.items() if not word.outcome.state.good]
    if not bad:
        return set()
    days = DayRange(min(at.day for at in bad), max(at.day for at in bad))
    return {at for at, known in ctx.days.known({at.account_id for at in bad}, days).items() if known.doubtful}


def note_absences(ctx: Context, run: Run, readings: Readings) -> tuple[str, ...]:
    """Note which accounts cannot be read and which can again; what the group is to be told of it."""
    ctx.days.end_absences(readings.alive)
    ctx.days.begin_absences(readings.dead)
    names = {account.id: account.name for account in run.accounts}
    revived = [revived_notice(names[one], ctx.settings.catch_up_days) for one in run.parked if one in readings.alive]
    return (*revived, *_weekly(ctx, run, names))


def _weekly(ctx: Context, run: Run, names: dict[str, str]) -> list[str]:
    """The parked accounts of a run of which the group has not heard for a week."""
    today, lines = china_day(run.started_at), []
    for number, absence in ctx.days.absences().items():
        if number in run.parked and absence.to_be_told(run.run_id, today):
            ctx.days.tell_absence(number, replace(absence, told=today, told_by=run.run_id))
            lines.append(parked_notice(names[number], absence.since))
    return lines
