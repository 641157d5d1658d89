"""Prints for the commands: data on stdout (with `--json` one document), messages and progress on stderr.

Nothing else under `cli` prints.
"""

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from cli.terminal.words import Part, escaped, words
from pipeline.core.errors import LaikeError, Trouble, WrongInput
from pipeline.core.model import CHINA
from pipeline.core.outcome import AccountResult, Run, RunState, Summary
from pipeline.core.tables.ends import ends, is_named, table_name

DONE, IN_PART, WRONG_USAGE, FAILED, PERSON_NEEDED = 0, 1, 2, 3, 4
UNLIMITED = 100_000  # cells of a line without a terminal
GAP = 2  # cells between two columns
FOLDED_CELLS = 8  # a column that may be folded is not narrower than this

out = Console(soft_wrap=True, markup=False, highlight=False, emoji=False)
err = Console(stderr=True, soft_wrap=True, markup=False, highlight=False, emoji=False)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    Attributes:
        whole: Its cells are never folded, so that they can be copied.
        spare: It is left out on a narrow terminal, the last such column first.
    """

    name: str
    whole: bool = False
    spare: bool = False


def say(*parts: Part) -> None:
    """One line on stdout."""
    out.print(words(*parts))


def note(*parts: Part) -> None:
    """One line on stderr."""
    err.print(words(*parts))


def say_table(columns: Sequence[Column | str], rows: Iterable[Sequence[Part]], width: int | None = None) -> None:
    """A plain table on stdout, no wider than the terminal unless that would cut an id."""
    every = [Column(one) if isinstance(one, str) else one for one in columns]
    cells = [[words(cell) for cell in row] for row in rows]
    capacity = width or width_of(out)
    while (needed := _needed(every, cells)) > capacity and (spare := _last_spare(every)) is not None:
        del every[spare]
        for row in cells:
            del row[spare]
    made = Table(box=None, pad_edge=False, header_style="bold")
    for one in every:
        made.add_column(words(one.name), no_wrap=one.whole, overflow="fold")
    for row in cells:
        made.add_row(*row)
    say_drawn(made, max(capacity, needed))


def say_drawn(drawn: RenderableType, width: int | None = None) -> None:
    """Several lines on stdout, such as a tree, folded only at the width of a terminal."""
    wide = Console(
        file=out.file,
        width=width or width_of(out),
        force_terminal=out.is_terminal,
        no_color=out.no_color,
        markup=False,
        highlight=False,
        emoji=False,
    )
    wide.print(drawn)


def width_of(console: Console) -> int:
    """Cells of a line; without a terminal practically unlimited."""
    return console.width if console.file.isatty() else UNLIMITED


def _needed(columns: Sequence[Column], rows: Sequence[Sequence[Text]]) -> int:
    """The least cells at which no id is cut and no folded column is too narrow to read."""
    widths = []
    for n, column in enumerate(columns):
        most = max((row[n].cell_len for row in rows), default=0)
        widths.append(max(most, len(column.name)) if column.whole else min(max(most, len(column.name)), FOLDED_CELLS))
    return sum(widths) + GAP * (len(widths) - 1)


def _last_spare(columns: Sequence[Column]) -> int | None:
    return next((n for n in reversed(range(len(columns))) if columns[n].spare), None)


def print_json(document: object) -> None:
    """One JSON document on stdout, in ASCII unless stdout is UTF-8."""
    readable = out.encoding.replace("-", "") == "utf8"
    text = json.dumps(document, ensure_ascii=not readable, indent=2)
    out.file.write(f"{escaped(text)}\n")
    out.file.flush()


def tell(error: LaikeError) -> int:
    """Print what went wrong and what to do; the exit code for it."""
    first, *more = error.message.split("\n")  # wrong settings: one problem per line
    note(("error:", "red"), f" {first}")
    for line in more:
        note(f"  {line.strip()}")
    if not isinstance(error, WrongInput):
        note(f"→ {error.for_maintainer}")
    if error.link:
        note(f"  {error.link}")
    return WRONG_USAGE if isinstance(error, WrongInput) else PERSON_NEEDED if error.needs_person else FAILED


def say_trouble(who: str, trouble: Trouble) -> None:
    """Print whom a trouble concerns, what it is and what to do."""
    say((who, "red"), f": {trouble.message}")
    say(f"  → {trouble.at_terminal}")
    if trouble.link:
        say(f"  {trouble.link}")


def agreed() -> bool:
    """Whether a person at the terminal confirms; without a terminal the answer is no."""
    import typer

    try:
        return sys.stdin is not None and sys.stdin.isatty() and typer.confirm("Carry this out?", err=True)
    except typer.Abort:  # Ctrl-C or Ctrl-D
        return False


def exit_code(summary: Summary) -> int:
    """0 done, 1 in part, 3 failed, 4 needs a person."""
    if summary.needs_person:
        return PERSON_NEEDED
    return {RunState.SUCCESS: DONE, RunState.PARTIAL: IN_PART}.get(summary.state, FAILED)


def run_document(summary: Summary) -> dict[str, Any]:
    """A run as `--json` prints it: ids and money are strings.

    In several tables, `tables` has all of them, and beside it stand the figures of the first and the state of all.
    """
    named = {"table": table_name(summary.table)} if is_named(summary) else {}
    tables = [_table_document(end) for end in ends(summary)] if summary.further else []
    return _run_document(summary) | named | ({"tables": tables} if tables else {})


def _table_document(end: Summary) -> dict[str, Any]:
    """How a run ended in one of its tables, without what is the same in all."""
    same = ("run_id", "kind", "started", "seconds", "day", "dry_run")
    return {"table": table_name(end.table)} | {k: v for k, v in _run_document(end).items() if k not in same}


def _run_document(summary: Summary) -> dict[str, Any]:
    return {
        "run_id": summary.run_id,
        "kind": summary.kind,
        "state": summary.state,
        "started": summary.started_at.isoformat(),
        "seconds": round((summary.ended_at - summary.started_at).total_seconds(), 1),
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
    """A run that has not ended as `--json` prints it."""
    return {
        "run_id": run.run_id,
        "kind": run.kind,
        "state": state,
        "started": run.started_at.isoformat(),
        "seconds": None,
        "day": run.day.isoformat(),
        "days": _days(run.days),
        "accounts": [{"id": account.id, "name": account.name} for account in run.accounts],
        "dry_run": run.dry_run,
        **({"table": table_name(run.table)} if is_named(run) else {}),
        **({"tables": [_open_table_document(one) for one in (run, *run.further)]} if run.further else {}),
    }


def _open_table_document(run: Run) -> dict[str, Any]:
    return {
        "table": table_name(run.table),
        "days": _days(run.days),
        "accounts": [{"id": account.id, "name": account.name} for account in run.accounts],
    }


def moment(when: Any) -> str:  # noqa: ANN401 a datetime, typed where it is made
    """A time in Asia/Shanghai."""
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
    """What went wrong and what to do, as `--json` prints it; both null without trouble."""
    if trouble is None:
        return {"reason": None, "what_to_do": None}
    link = {"link": trouble.link} if trouble.link else {}
    return {"reason": f"{trouble.reason}: {trouble.message}", "what_to_do": trouble.at_terminal, **link}


def _days(days: Iterable[date]) -> list[str]:
    return [day.isoformat() for day in days]
