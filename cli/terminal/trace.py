"""A run's events as a tree with times, like a trace."""

from collections.abc import Mapping, Sequence

from rich.text import Text
from rich.tree import Tree

from cli.terminal.output import moment
from cli.terminal.words import coloured, words
from pipeline.core.model import grouped
from pipeline.core.outcome import Run
from pipeline.core.overview.runs.spans import Event, Span, spans_of
from pipeline.core.overview.runs.tables import named_tables
from pipeline.core.runs.flow import FETCH
from pipeline.core.tables.ends import account_names

ACCOUNTS_SHOWN = 10  # of a batch: failed ones first, then the slowest
_BATCH_LINES = {
    "table_read": "read the table: {rows} rows of these days are there",
    "loaded": "load: created {created}, updated {updated}, unchanged {unchanged} {reason}",
    "verified": "read back: agrees {agrees}",
}
_RUN_LINES = {
    "broke": "{step} failed unexpectedly: {reason}",
    "gave_up": "{step} failed unexpectedly for the last time: {reason}",
    "views_checked": "views: {created} created, {repaired} repaired",
    "finished": "end: {state}",
}


def tree(run: Run, state: str, events: Sequence[Event]) -> Tree:
    """A run's events by batch; each line: when it ended (s from the start), how long it took, its API calls."""
    made = Tree(words(f"{run.run_id}: ", coloured(state), f", begun {moment(run.started_at)}"))
    ended = [span for span in spans_of(events) if span.ended_ms is not None]
    batches = grouped((span.batch, span) for span in ended if span.batch is not None)
    names, tables = account_names(run), named_tables(run)
    for number, its in sorted(batches.items()):
        branch = made.add(words(f"batch {number + 1}{_of(tables.get(number))}")) if len(batches) > 1 else made
        _add_fetches(branch, its, names)
        _add_lines(branch, its, _BATCH_LINES)
    _add_lines(made, ended, _RUN_LINES)
    return made


def _of(table: str | None) -> str:
    return f" of {table}" if table else ""


def _add_lines(branch: Tree, spans: Sequence[Span], lines: Mapping[str, str]) -> None:
    for span in spans:
        if line := lines.get(span.event):
            named = f"{span.facts['table']} " if "table" in span.facts else ""
            branch.add(_line(span, f"{named}{line.format(**span.facts)}".rstrip()))


def _add_fetches(branch: Tree, spans: Sequence[Span], names: Mapping[str, str]) -> None:
    fetched = [span for span in spans if span.step == FETCH]
    if not fetched:
        return
    last = max(span.until(0) for span in fetched)
    rows = sum(int(span.facts.get("rows", 0)) for span in fetched)
    accounts = {span.account_id for span in fetched}
    inner = branch.add(words(f"{_seconds(last)}  fetch: {len(accounts)} account(s), {rows} rows"))
    shown = sorted(fetched, key=lambda one: (one.facts.get("state") in ("loaded", "empty"), -(one.took_ms or 0)))
    for span in shown[:ACCOUNTS_SHOWN]:
        name, facts = names.get(span.account_id, span.account_id), span.facts
        told = f"{facts['rows']} rows, {facts['cost']} 元" if "rows" in facts else "tried again later"
        state = facts.get("state", span.event)
        inner.add(_line(span, f"{name}: {state}, {told} {facts.get('reason', '')}".rstrip()))
    if (more := len(shown) - ACCOUNTS_SHOWN) > 0:
        inner.add(words((f"… {more} more, each faster", "dim")))


def _line(span: Span, text: str) -> Text:
    spent = [f"took {_seconds(span.took_ms).strip()}"] if span.took_ms is not None else []
    spent += [f"{endpoint} {count}" for endpoint, count in span.calls.items()]
    spent += [f"{span.retries} retries"] if span.retries else []
    spent += [f"waited {_seconds(span.waited_ms).strip()}"] if span.waited_ms else []
    spent += [f"waited {_seconds(span.locked_ms).strip()} for other writers"] if span.locked_ms else []
    told = [(f"  {', '.join(spent)}", "dim")] if spent else []
    return words(f"{_seconds(span.until(0))}  {text}", *told)


def _seconds(ms: int) -> str:
    return f"{ms / 1000:6.2f} s"
