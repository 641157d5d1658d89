"""Progress on stderr: a run's events as lines while they happen, long work as a bar."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from cli.terminal import output, words
from pipeline.context import Context
from pipeline.core.outcome import Run
from pipeline.core.overview.runs.tables import named_tables
from pipeline.core.runs.flow import lanes
from pipeline.core.runs.plan import parts
from pipeline.core.tables.ends import account_names

_LINES = {
    "planned": "{accounts} account(s), {days} day(s)",
    "table_read": "table read: {rows} rows of these days are there",
    "loading": "comparing and writing",
    "loaded": "created {created}, updated {updated}, unchanged {unchanged} {reason}",
    "verifying": "reading back",
    "verified": "the table agrees with the source: {agrees}",
    "views_checked": "views: {created} created, {repaired} repaired",
    "broke": "{step} failed unexpectedly, trying again: {reason}",
    "gave_up": "{step} failed unexpectedly for the last time: {reason}",
    "finished": "{state}",
}
_DRY_LINES = {
    "loading": "comparing; nothing is written",
    "loaded": "would create {created}, update {updated}, leave {unchanged} {reason}",
}


def follow(ctx: Context, run: Run, alive: Callable[[], bool]) -> None:
    """Print the events of a run until it ends or nothing works on it any more; seconds count from its start."""
    fetched, loaded, begun_ms = 0, 0, 0
    names, tables = account_names(run), named_tables(run)
    cut = parts(run)
    fetches = sum(len(part.accounts) for part in cut)
    for event in ctx.events.follow(run.run_id):
        if not event:
            if not alive():
                return
            continue
        begun_ms = begun_ms or int(event["at"])
        fetched += event["event"] == "fetched"
        seconds = (int(event["at"]) - begun_ms) / 1000
        loaded += event["event"] == "loaded"
        line = _line(event, names, f"{fetched}/{fetches}", _LINES | _DRY_LINES if run.dry_run else _LINES)
        if line:
            output.note((f"{seconds:6.1f} s", "dim"), f"  {_place(event, tables)}{line}")
        if event["event"] == "loaded" and len(cut) > len(lanes(cut)):  # the batch of a table says so by itself
            said = f"batch {loaded} of {len(cut)} is done{_left(seconds, loaded, len(cut))}"
            output.note(f"{'':10}{said}")
        if event["event"] == "finished":
            return


@contextmanager
def bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """Show the progress of some work: a bar at a terminal, elsewhere a line for each tenth.

    Args:
        what: The unit, as in "rows read".

    Yields:
        A function to call with how much is done, of how much.
    """
    if not output.err.is_terminal:
        yield _tenths(what)
        return
    named = TextColumn("{task.description}", markup=False)
    columns = (named, BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=output.err, transient=True) as shown:
        task = shown.add_task(words.shown(what), total=None)
        yield lambda done, of: shown.update(task, completed=done, total=of)


def _tenths(what: str) -> Callable[[int, int], None]:
    told = 0

    def tell(done: int, of: int) -> None:
        nonlocal told
        if of and (tenth := 10 * done // of) > told:
            told = tenth
            output.note((f"{done}/{of} {what}", "dim"))

    return tell


def _left(seconds: float, loaded: int, batches: int) -> str:
    """An estimate of the rest from the batches so far."""
    minutes = seconds / loaded * (batches - loaded) / 60
    return f", about {max(1, round(minutes))} min left" if loaded < batches else ""


def _place(event: Mapping[str, str], tables: Mapping[int, str]) -> str:
    """The table that an event is about, if the run is in several."""
    table = tables.get(int(event["batch"]), "") if event.get("batch") else event.get("table", "")
    return f"{table}: " if table else ""


def _line(event: Mapping[str, str], names: Mapping[str, str], count: str, lines: Mapping[str, str]) -> str:
    if event["event"] == "fetched":
        name = names.get(event["account"], event["account"])
        return f"{count} {name}: {event['state']}, {event['rows']} rows, {event['cost']} 元 {event['reason']}".rstrip()
    return lines.get(event["event"], "").format(**event).rstrip()
