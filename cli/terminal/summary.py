"""A run for a person, in lines and a table."""

from collections.abc import Iterator, Sequence

from cli.terminal import output
from cli.terminal.words import Part, coloured
from pipeline.core.coverage.aftermath import Aftermath, TableEnd, summed
from pipeline.core.model import CHINA, ZERO
from pipeline.core.outcome import AccountResult, Summary
from pipeline.core.overview.runs.lines import troubles_of
from pipeline.core.tables.ends import ends, is_named, results, said, table_name

NAMES_SHOWN = 5


def print_summary(summary: Summary, tables: Sequence[TableEnd] = (), views: Sequence[str] | None = None) -> None:
    """Print a run, table by table where there are several: what it read, and what the table has of its day.

    Args:
        tables: Its tables with what each has of the day; without them nothing is said of that.
        views: What became of the views after its end; by default what was left of them before.
    """
    standing = {one.end.table: one.after for one in tables}
    for end in ends(summary):
        after = standing.get(end.table)
        if is_named(summary):
            output.say((f"{table_name(end.table)}: ", "bold"), coloured(end.state))
        _print_accounts(end)
        for line in _there(end, after) if after else ():
            output.say(line)
        if summary.further:
            output.say(*_end(end, ""))
    for trouble, names in troubles_of(summary):
        whole = not names if is_named(summary) else trouble == summary.trouble
        output.say_trouble(", ".join([*["the run"] * whole, *names]), trouble)
    spent = (next((one.outside for one in those if one.outside), ZERO) for those in results(summary).values())
    if outside := sum(spent):
        output.say(f"outside promotions (全域推广 and the like): {outside:.2f} 元")
    if summary.further:
        output.say(f"{summary.run_id}: ", coloured(summary.state), f" in {1 + len(summary.further)} tables")
    else:
        output.say(*_end(summary))
    noted = said([summary], lambda end: end.view_notes) if views is None else views
    for line in (*said([summary], lambda end: end.warnings), *noted):
        output.say(f"  • {line}")


def _print_accounts(summary: Summary) -> None:
    """What was read of the run's day and, if it has several, of all its days."""
    columns: list[output.Column | str] = ["account", output.Column("id", whole=True), "state", "rows read", "元 read"]
    rows: list[list[Part]] = [
        [one.name, one.id, coloured(one.state), str(one.rows), f"{one.cost:,.2f}"] for one in summary.accounts
    ]
    if (days := len(summary.days)) > 1:
        columns.append(f"rows read in {days} days")
        for row, one in zip(rows, summary.accounts, strict=True):
            row.append(str(one.window_rows))
    output.say_table(columns, rows)


def _end(summary: Summary, name: str | None = None) -> Iterator[Part]:
    word = "would be " if summary.dry_run else ""
    counts = [f"{word}created {summary.created}, updated {summary.updated}, unchanged {summary.unchanged}"]
    counts += [f"restated {len(summary.restatements)} account day(s)"] if summary.restatements else []
    counts += [f"edited by hand {summary.edited}"] if summary.edited else []
    if name is None:
        yield f"{summary.run_id}: "
        yield coloured(summary.state)
        yield "; "
    yield f"rows {', '.join(counts)}; "
    yield _verified(summary)


def _there(summary: Summary, after: Aftermath) -> Iterator[str]:
    """What the table has of the run's day and as of when; uncertain accounts are named without figures."""
    for those in (after.synced, after.kept):
        if there := after.of(those):
            rows, cost = summed(there)
            as_of = min(one.as_of for one in there).astimezone(CHINA)
            whose = "" if those is after.synced else f" (not by this run: {_names(those)})"
            yield f"the table has of {summary.day}: {rows} rows, {cost:,.2f} 元 as of {as_of:%m-%d %H:%M}{whose}"
    if after.unsure:
        yield f"the table's rows of {summary.day} are not certain: {_names(after.unsure)}"
    if after.lacking:
        yield f"rows of {summary.day} were never verified: {_names(after.lacking)}"


def _names(accounts: Sequence[AccountResult]) -> str:
    more = len(accounts) - NAMES_SHOWN
    return ", ".join(one.name for one in accounts[:NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _verified(summary: Summary) -> Part:
    if summary.dry_run:
        return "dry run: nothing written"
    return "read back and verified" if summary.verified else ("not verified", "yellow")
