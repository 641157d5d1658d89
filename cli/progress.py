"""A run's events as lines on stderr, as they happen."""

import time
from collections.abc import Callable, Mapping

from cli.output import err
from pipeline.context import Context
from pipeline.core.outcome import Run

_LINES: Mapping[str, str] = {
    "planned": "{accounts} account(s), {days} day(s)",
    "table_read": "table read: {rows} rows of these days are there",
    "loading": "comparing and writing",
    "loaded": "created {created}, updated {updated}, unchanged {unchanged} {reason}",
    "verifying": "reading back",
    "verified": "the table agrees with the source: {agrees}",
    "views_checked": "views: {created} created, {repaired} repaired",
    "finished": "{state}",
}


def follow(ctx: Context, run: Run, alive: Callable[[], bool]) -> None:
    """Print the events of a run until it is finished or nobody works on it any more."""
    started, fetched = time.monotonic(), 0
    names = {account.id: account.name for account in run.accounts}
    for event in ctx.ledger.follow(run.run_id):
        if not event:
            if not alive():
                return
            continue
        fetched += event["event"] == "fetched"
        line = _line(event, names, f"{fetched}/{len(names)}")
        if line:
            err.print(f"[dim]{time.monotonic() - started:6.1f} s[/]  {line}", highlight=False)
        if event["event"] == "finished":
            return


def _line(event: Mapping[str, str], names: Mapping[str, str], count: str) -> str:
    if event["event"] == "fetched":
        name = names.get(event["account"], event["account"])
        return f"{count} {name}: {event['state']}, {event['rows']} rows, {event['cost']} 元 {event['reason']}".rstrip()
    return _LINES.get(event["event"], "").format(**event).rstrip()
