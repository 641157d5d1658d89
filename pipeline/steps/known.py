"""What the end of a run leaves behind of each day and account: last known states, and who cannot be read."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from pipeline.context import Context
from pipeline.core.absence import Readings, parked_notice, revived_notice
from pipeline.core.coverage import known_days, untouched, written
from pipeline.core.findings import Findings, day_outcomes
from pipeline.core.model import AccountDay, DayRange, china_day
from pipeline.core.outcome import DayOutcome, Run


def learn_states(ctx: Context, findings: Sequence[Findings]) -> dict[AccountDay, DayOutcome]:
    """Remember the last word on each day of a run, and return it for the status table.

    A day that was loaded before and of which nothing was fetched now is left out: its figures in the table still stand.
    """
    outcomes = day_outcomes(findings)
    covered = ctx.coverage.days({at.account_id for at in outcomes})
    standing = {at for at in untouched(findings) if at.day in covered[at.account_id]}
    said = {at: outcome for at, outcome in outcomes.items() if at not in standing}
    ctx.days.learn(known_days(said, _written(ctx, findings) | _doubtful(ctx, said)))
    return said


def _written(ctx: Context, findings: Sequence[Findings]) -> set[AccountDay]:
    """Days whose rows this run may have written."""
    found: set[AccountDay] = set()
    for one in findings:
        failed = one.load is None or one.load.trouble
        changes = ctx.staging.changes(one.part.batch_id).values() if failed else ()
        found |= written(one, {change.at for change in changes})
    return found


def _doubtful(ctx: Context, said: Mapping[AccountDay, DayOutcome]) -> set[AccountDay]:
    """Of the days that are not good now, those whose rows were in doubt before."""
    bad = [at for at, outcome in said.items() if not outcome.state.good]
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
