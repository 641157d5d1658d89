"""`laike runs` and `laike show`: the list of runs, and one of them."""

from datetime import datetime
from itertools import islice

from cli.arguments import day_of
from cli.session import looked
from cli.terminal import output
from cli.terminal.progress import follow
from cli.terminal.summary import print_summary
from cli.terminal.trace import tree
from cli.terminal.words import Part, coloured
from pipeline.context import Context
from pipeline.core.errors import WrongInput
from pipeline.core.model import CHINA
from pipeline.core.outcome import Run, RunState, Summary
from pipeline.core.overview.runs.lines import RunLine, Wanted, line_of
from pipeline.core.runs.views import view_notes
from pipeline.core.tables.ends import ends
from pipeline.core.text import quoted
from pipeline.steps.coverage.aftermath import table_ends
from pipeline.steps.overview.runs import matching, state_of
from pipeline.steps.runs.alive import state_without_end, under_way
from pipeline.steps.runs.due import views_made

LAST, LAST_FAILED = "last", "last-failed"
READ_AT_ONCE = 200  # runs in one round trip, while looking for matches
COUNT_MAX = 100_000  # the ledger holds far fewer
CANDIDATES_SHOWN = 10
MINUTE_S = 60


def runs(count: int, *, failed: bool, day: str | None, account: str | None, as_json: bool) -> int:
    """List the newest runs, or those that match; `WrongInput` if the day is invalid or the count over `COUNT_MAX`."""
    if count > COUNT_MAX:
        raise WrongInput(f"{quoted(count)} runs are too many: at most {COUNT_MAX} are listed at once")
    wanted = Wanted(failed, day_of(day) if day else None, account)
    lost: list[str] = []
    at_once = min(count, READ_AT_ONCE) if wanted == Wanted() else READ_AT_ONCE
    with looked() as ctx:
        found = list(islice(matching(ctx, wanted, lost, at_once), count))
        states = [state_of(ctx, *one) for one in found]
        documents = [_document(ctx, *one) for one in found]
    if lost:
        output.note(f"these runs cannot be read: {', '.join(sorted(lost))}")
    if as_json:
        output.print_json(documents)
    elif found:
        _print([_row(run, end, state) for (run, end), state in zip(found, states, strict=True)])
    else:
        output.note("no run matches" if wanted != Wanted() else "there was no run yet")
    return output.DONE


def show(named: str, *, wait: bool, as_json: bool) -> int:
    """Print one run; with `wait` first follow its events to the end.

    Raises:
        WrongInput: There is no such run, or several ids begin like that.
    """
    with looked() as ctx:
        run_id = _named(ctx, named)
        if wait:
            planned = ctx.ledger.run(run_id)
            follow(ctx, planned, lambda: under_way(ctx, planned))
        run, summary = ctx.ledger.run(run_id), ctx.ledger.summary(run_id)
        views = view_notes(made) if (made := views_made(ctx, run_id)) else None
        document, events = _document(ctx, run, summary), ctx.events.events(run_id)
        tables = table_ends(ctx, summary) if summary else ()
    if as_json:
        output.print_json({**document, "views": views, "events": events})
        return output.exit_code(summary) if summary else output.DONE
    output.say_drawn(tree(run, str(document["state"]), events))
    if summary:
        print_summary(summary, tables, views)
    return output.exit_code(summary) if summary else output.DONE


def _named(ctx: Context, named: str) -> str:
    """The id of a run given by its id, by the unique beginning of one, or as last or last-failed."""
    if ctx.ledger.has(named):
        return named
    if named in (LAST, LAST_FAILED):
        return _last(ctx, Wanted(failed=named == LAST_FAILED))
    candidates = [run_id for run_id in ctx.ledger.newest(0) if run_id.startswith(named)]
    if len(candidates) > 1:
        more = len(candidates) - CANDIDATES_SHOWN
        listed = ", ".join(candidates[:CANDIDATES_SHOWN]) + (f" and {more} more" if more > 0 else "")
        raise WrongInput(f"{len(candidates)} runs begin with {named!r}: {listed}")
    return candidates[0] if candidates else named  # the ledger refuses an unknown id by name


def _last(ctx: Context, wanted: Wanted) -> str:
    for run, _ in matching(ctx, wanted, [], READ_AT_ONCE if wanted.failed else 1):
        return run.run_id
    raise WrongInput("no run in the ledger failed" if wanted.failed else "there was no run yet")


def _document(ctx: Context, run: Run, end: Summary | None) -> dict[str, object]:
    return output.run_document(end) if end else output.open_run_document(run, state_without_end(ctx, run))


def _print(rows: list[list[Part]]) -> None:
    kept = [output.Column("run_id", whole=True), output.Column("state", whole=True), output.Column("kind")]
    started = output.Column("started", whole=True)
    spare = [output.Column(name, spare=True) for name in ("took", "accounts", "day", "created", "updated", "verified")]
    output.say_table([*kept, started, *spare], rows)


def _row(run: Run, end: Summary | None, state: RunState) -> list[Part]:
    """One run as a row of the table."""
    kind = f"{run.kind}, dry run" if run.dry_run else run.kind
    took = _length((end.ended_at - end.started_at).total_seconds()) if end else ""
    line = line_of(run, end, state)
    counts = [str(line.created), str(line.updated), str(all(one.verified for one in ends(end)))] if end else [""] * 3
    started, accounts = _minute(run.started_at), _accounts(line)
    return [run.run_id, coloured(state), kind, started, took, accounts, run.day.isoformat(), *counts]


def _accounts(line: RunLine) -> str:
    """How many accounts, and before them how many are good if the run has ended."""
    good = f"{line.good}/" if line.good is not None else ""
    return f"{good}{line.accounts}"


def _minute(when: datetime) -> str:
    return f"{when.astimezone(CHINA):%Y-%m-%d %H:%M}"


def _length(seconds: float) -> str:
    if seconds < MINUTE_S:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), MINUTE_S)
    hours, minutes = divmod(minutes, MINUTE_S)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
