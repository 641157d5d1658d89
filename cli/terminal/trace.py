"""A run's events as a tree with times, like a trace."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from rich.text import Text
from rich.tree import Tree

from cli.terminal.output import moment
from cli.terminal.words import coloured, words
from pipeline.core.outcome import Run
from pipeline.state.runs.events import Event

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
    begun_ms = int(events[0]["at"]) if events else 0
    made = Tree(words(f"{run.run_id}: ", coloured(state), f", begun {moment(run.started_at)}"))
    batches: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        if "batch" in event:
            batches[event["batch"]].append(event)
    names = {account.id: account.name for account in run.accounts}
    for number, its in sorted(batches.items(), key=lambda one: int(one[0])):
        branch = made.add(words(f"batch {int(number) + 1}")) if len(batches) > 1 else made
        _add_fetches(branch, its, names, begun_ms)
        _add_lines(branch, its, _BATCH_LINES, begun_ms)
    _add_lines(made, events, _RUN_LINES, begun_ms)
    return made


def _add_lines(branch: Tree, events: Sequence[Event], lines: Mapping[str, str], begun_ms: int) -> None:
    for event in events:
        if line := lines.get(event["event"]):
            branch.add(_line(event, line.format(**event).rstrip(), begun_ms))


def _add_fetches(branch: Tree, events: Sequence[Event], names: Mapping[str, str], begun_ms: int) -> None:
    fetched = [event for event in events if event["event"] in ("fetched", "postponed")]
    if not fetched:
        return
    last = max(int(event["at"]) for event in fetched)
    rows = sum(int(event.get("rows", 0)) for event in fetched)
    accounts = {event["account"] for event in fetched}
    inner = branch.add(words(f"{_seconds(last - begun_ms)}  fetch: {len(accounts)} account(s), {rows} rows"))
    shown = sorted(fetched, key=lambda one: (one.get("state") in ("loaded", "empty"), -int(one.get("ms", 0))))
    for event in shown[:ACCOUNTS_SHOWN]:
        name = names.get(event["account"], event["account"])
        told = f"{event['rows']} rows, {event['cost']} 元" if "rows" in event else "tried again later"
        state = event.get("state", event["event"])
        inner.add(_line(event, f"{name}: {state}, {told} {event.get('reason', '')}".rstrip(), begun_ms))
    if (more := len(shown) - ACCOUNTS_SHOWN) > 0:
        inner.add(words((f"… {more} more, each faster", "dim")))


def _line(event: Event, text: str, begun_ms: int) -> Text:
    spent = [f"took {_seconds(int(event['ms'])).strip()}"] if "ms" in event else []
    spent += [event["calls"]] if "calls" in event else []
    spent += [f"{event['retries']} retries"] if "retries" in event else []
    spent += [f"waited {_seconds(int(event['waited_ms'])).strip()}"] if "waited_ms" in event else []
    told = [(f"  {', '.join(spent)}", "dim")] if spent else []
    return words(f"{_seconds(int(event['at']) - begun_ms)}  {text}", *told)


def _seconds(ms: int) -> str:
    return f"{ms / 1000:6.2f} s"
