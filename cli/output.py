"""What the commands print: data on stdout (with `--json` one document), messages and progress on stderr."""

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from rich.console import Console
from rich.table import Table

from pipeline.core.aftermath import Aftermath, summed
from pipeline.core.errors import LaikeError, Trouble, WrongInput
from pipeline.core.model import CHINA
from pipeline.core.outcome import AccountResult, Run, RunState, Summary
from pipeline.core.redaction import redacted

NAMES_SHOWN = 5
DONE, IN_PART, WRONG_USAGE, FAILED, PERSON_NEEDED = 0, 1, 2, 3, 4

out = Console(soft_wrap=True)
err = Console(stderr=True, soft_wrap=True)
_COLOURS = {
    **dict.fromkeys(("success", "loaded", "active"), "green"),
    **dict.fromkeys(("empty", "idle", "open"), "dim"),
    "parked": "cyan",
    "missing": "magenta",
    **dict.fromkeys(("partial", "incomplete"), "yellow"),
}


def print_json(document: object) -> None:
    """One JSON document on stdout."""
    out.out(json.dumps(document, ensure_ascii=False, indent=2), highlight=False)


def tell(error: LaikeError) -> int:
    """Say what went wrong and what to do; the exit code for it."""
    err.print(f"[red]error:[/] {safe(error.message)}")
    if not isinstance(error, WrongInput):
        err.print(f"→ {safe(error.what_to_do)}")
    if error.link:
        err.print(f"  {error.link}", highlight=False)
    return WRONG_USAGE if isinstance(error, WrongInput) else PERSON_NEEDED if error.needs_person else FAILED


def agreed() -> bool:
    """Whether a person at a terminal says that what was shown is to be done; without a terminal nobody does."""
    import typer

    return sys.stdin.isatty() and typer.confirm("Carry this out?", err=True)


def exit_code(summary: Summary) -> int:
    """0 done, 1 in part, 3 failed, 4 needs a person."""
    if summary.needs_person:
        return PERSON_NEEDED
    return {RunState.SUCCESS: DONE, RunState.PARTIAL: IN_PART}.get(summary.state, FAILED)


def run_document(summary: Summary) -> dict[str, Any]:
    """A run as `--json` prints it: ids and money are strings."""
    return {
        "run_id": summary.run_id,
        "state": summary.state,
        "day": summary.day.isoformat(),
        "days": _days(summary.days),
        "accounts": [_account_document(account) for account in summary.accounts],
        "created": summary.created,
        "updated": summary.updated,
        "unchanged": summary.unchanged,
        "restated": len(summary.restatements),
        "edited": summary.edited,
        "gone": summary.gone,
        "foreign": summary.foreign,
        "duplicates": summary.duplicates,
        "verified": summary.verified,
        "dry_run": summary.dry_run,
        "warnings": [*summary.warnings, *summary.view_notes],
        **trouble_document(summary.trouble),
    }


def open_run_document(run: Run, state: RunState) -> dict[str, Any]:
    """A run without an end as `--json` prints it."""
    return {
        "run_id": run.run_id,
        "state": state,
        "day": run.day.isoformat(),
        "days": _days(run.days),
        "accounts": [{"id": account.id, "name": account.name} for account in run.accounts],
    }


def print_summary(summary: Summary, after: Aftermath | None = None) -> None:
    """A run for a person: what it read, and, where that is known, what the table has of its day."""
    rows = [
        (safe(one.name), one.id, coloured(one.state), str(one.rows), f"{one.cost:,.2f}", str(one.window_rows))
        for one in summary.accounts
    ]
    columns = ("account", "id", "state", "rows read", "元 read", f"rows read {_span(summary)}".strip())
    out.print(table(columns, rows))
    for line in _there(summary, after) if after else ():
        out.print(line, highlight=False)
    for trouble, names in _reasons(summary):
        out.print(f"[red]{safe(', '.join(names))}[/]: {safe(trouble.message)}\n  → {safe(trouble.what_to_do)}")
        if trouble.link:
            out.print(f"  {trouble.link}", highlight=False)
    if outside := sum(one.outside for one in summary.accounts):
        out.print(f"outside promotions (全域推广 and the like): {outside:.2f} 元")
    word = "would be " if summary.dry_run else ""
    counts = f"{word}created {summary.created}, updated {summary.updated}, unchanged {summary.unchanged}"
    notes = [f"restated {len(summary.restatements)} account day(s)"] if summary.restatements else []
    notes += [f"edited by hand {summary.edited}"] if summary.edited else []
    out.print(f"{summary.run_id}: {coloured(summary.state)}; rows {', '.join([counts, *notes])}; {_verified(summary)}")
    for line in (*summary.warnings, *summary.view_notes):
        out.print(f"  • {safe(line)}")


def _there(summary: Summary, after: Aftermath) -> Iterator[str]:
    """What the table has of the run's day, each part with its time; what is not certain is not told as a figure."""
    for those in (after.synced, after.kept):
        if there := after.of(those):
            rows, cost = summed(there)
            as_of = min(one.as_of for one in there).astimezone(CHINA)
            whose = "" if those is after.synced else f" (not by this run: {_names(those)})"
            yield f"the table has of {summary.day}: {rows} rows, {cost:,.2f} 元 as of {as_of:%m-%d %H:%M}{whose}"
    if after.unsure:
        yield f"the table's rows of {summary.day} are not certain: {_names(after.unsure)}"
    if after.lacking:
        yield f"no rows of {summary.day} were ever found to agree: {_names(after.lacking)}"


def _names(accounts: Sequence[AccountResult]) -> str:
    more = len(accounts) - NAMES_SHOWN
    return safe(", ".join(one.name for one in accounts[:NAMES_SHOWN])) + (f" and {more} more" if more > 0 else "")


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    """A plain table."""
    made = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        made.add_row(*row)
    return made


def moment(when: Any) -> str:  # noqa: ANN401 a datetime, typed where it is made
    """A time as people in China read it."""
    return f"{when.astimezone(CHINA):%Y-%m-%d %H:%M:%S}"


def _account_document(account: AccountResult) -> dict[str, Any]:
    return {
        "id": account.id,
        "name": account.name,
        "state": account.state,
        "rows": account.rows,
        "cost": f"{account.cost:.2f}",
        "outside": f"{account.outside:.2f}",
        "restated": account.restated,
        **trouble_document(account.trouble),
        "window": {"rows": account.window_rows, "cost": f"{account.window_cost:.2f}"},
    }


def trouble_document(trouble: Trouble | None) -> dict[str, Any]:
    """What went wrong and what to do, as `--json` prints it; both null when all is well."""
    if trouble is None:
        return {"reason": None, "what_to_do": None}
    link = {"link": trouble.link} if trouble.link else {}
    return {"reason": f"{trouble.reason}: {trouble.message}", "what_to_do": trouble.what_to_do, **link}


def _reasons(summary: Summary) -> list[tuple[Trouble, list[str]]]:
    """Each kind of trouble once, in the words of its first case, with the names of those that it befell."""
    kinds: dict[tuple[str, int | None, str], tuple[Trouble, list[str]]] = {}
    befallen = [("the run", summary.trouble), *((one.name, one.trouble) for one in summary.accounts)]
    for name, trouble in befallen:
        if trouble and (name == "the run" or trouble != summary.trouble):
            kinds.setdefault((trouble.reason, trouble.code, trouble.what_to_do), (trouble, []))[1].append(name)
    return list(kinds.values())


def _verified(summary: Summary) -> str:
    if summary.dry_run:
        return "dry run: nothing written"
    return "read back and verified" if summary.verified else "[yellow]not verified[/]"


def _span(summary: Summary) -> str:
    return "" if len(summary.days) == 1 else f"in {len(summary.days)} days"


def _days(days: Iterable[date]) -> list[str]:
    return [day.isoformat() for day in days]


def coloured(state: str, text: str | None = None) -> str:
    """A word for a state, or another text, in the state's colour."""
    return f"[{_COLOURS.get(state, 'red')}]{text or state}[/]"


def safe(text: str) -> str:
    """Text of others, such as a name, as it is: brackets are no markup, and no secret is in it."""
    return redacted(text).replace("[", r"\[")
