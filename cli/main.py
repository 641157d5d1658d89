"""The `laike` command. Commands import what they need when they are called, so that `--help` is quick."""

from typing import Annotated, Literal

import typer

from cli.entry import say_version
from cli.groups import GROUPS, AsJson, InTable

app = typer.Typer(
    name="laike",
    help="Load each day's 抖音来客 / 巨量本地推 figures into a Feishu Bitable; a success is read back and verified.",
    epilog="Exit codes: 0 done · 1 done in part · 2 wrong usage or settings · 3 failed · 4 needs a person · "
    "130 stopped by Ctrl-C (143 SIGTERM, 129 SIGHUP).",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
Tell = Annotated[
    bool,
    typer.Option(
        "--tell", help="Send the group a card at the end. Default: only if it settles an earlier card's report."
    ),
]
OfTable = Annotated[
    str | None, typer.Option("--table", help="A table that `laike tables` lists, by name or id. Default: the newest.")
]
for name, group in GROUPS.items():
    app.add_typer(group, name=name)


@app.callback()
def _laike(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=say_version, help="Print the release.")
    ] = False,
) -> None:
    """Options before the command."""


@app.command()
def sync(
    day: Annotated[
        str | None, typer.Option(help="Only this past day, as 2026-02-11. Default: yesterday with its look-back.")
    ] = None,
    account: Annotated[list[str] | None, typer.Option(help="Only this account (id or name); may be repeated.")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Fetch and compare, write nothing; exit code as of a real run.")
    ] = False,
    local: Annotated[bool, typer.Option("--local", help="Run in this process; no worker is needed.")] = False,
    no_redis: Annotated[
        bool, typer.Option("--no-redis", help="With --local, while Redis is down; nothing else may run meanwhile.")
    ] = False,
    tell: Tell = False,
    as_json: AsJson = False,
) -> None:
    """Run one sync now with live progress: fetch, write what differs, read back, verify."""
    from cli.runs.sync import sync as command

    options = {"dry_run": dry_run, "local": local, "no_redis": no_redis, "tell": tell}
    raise typer.Exit(command(day, account or [], **options, as_json=as_json))


@app.command()
def backfill(
    start: Annotated[str, typer.Argument(help="The first day, as 2026-02-01.")],
    end: Annotated[str, typer.Argument(help="The last day, included; before today.")],
    account: Annotated[list[str] | None, typer.Option(help="Only this account (id or name); may be repeated.")] = None,
    stop: Annotated[
        bool, typer.Option("--stop", help="Stop the backfill of these days and accounts after its current batches.")
    ] = False,
    tell: Tell = False,
    as_json: AsJson = False,
) -> None:
    """Load a range of days in batches; daily runs go first. Repeat the command to resume a stopped backfill."""
    from cli.runs.sync import backfill as command
    from cli.runs.sync import stop_backfill

    chosen = account or []
    if stop:
        raise typer.Exit(stop_backfill(start, end, chosen))
    raise typer.Exit(command(start, end, chosen, tell=tell, as_json=as_json))


@app.command()
def status(
    max_age: Annotated[str, typer.Option(help="The oldest the newest figures may be: 26h, 90m, 2d.")] = "26h",
    as_json: AsJson = False,
) -> None:
    """For monitoring: exit 0 if yesterday is loaded for every account, 1 for some, 3 for none."""
    from cli.runs.status import status as command

    raise typer.Exit(command(max_age, as_json=as_json))


@app.command()
def runs(
    count: Annotated[int, typer.Argument(metavar="[N]", min=1, help="How many runs.")] = 10,
    failed: Annotated[bool, typer.Option("--failed", help="Only runs that ended, but not as a success.")] = False,
    day: Annotated[str | None, typer.Option(help="Only runs that loaded this day, also as a look-back.")] = None,
    account: Annotated[str | None, typer.Option(help="Only runs of this account (id or name).")] = None,
    as_json: AsJson = False,
) -> None:
    """List the newest runs: kind, start, duration, state, and how many accounts are loaded."""
    from cli.runs.history import runs as command

    raise typer.Exit(command(count, failed=failed, day=day, account=account, as_json=as_json))


@app.command()
def show(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run id, a unique prefix of one, last, or last-failed.")],
    follow: Annotated[bool, typer.Option("--follow", help="Print its events until it ends.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show one run as a tree with times: what was fetched, written and read back, its API calls, its state and why."""
    from cli.runs.history import show as command

    raise typer.Exit(command(run, wait=follow, as_json=as_json))


@app.command()
def accounts(
    refresh: Annotated[
        bool, typer.Option("--refresh", help="Discover the accounts now. Default: a list less than a day old.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List the accounts: where each was found, whether it spends, its last loaded day."""
    from cli.accounts import accounts as command

    raise typer.Exit(command(refresh=refresh, as_json=as_json))


@app.command()
def coverage(
    start: Annotated[
        str | None, typer.Argument(metavar="[START", help="The first day. Default: the last 30 days before today.")
    ] = None,
    end: Annotated[str | None, typer.Argument(metavar="END]", help="The last day, included.")] = None,
    table: InTable = None,
    as_json: AsJson = False,
) -> None:
    """Show for each account and day whether it is loaded, empty, incomplete, failed, missing or parked."""
    from cli.runs.coverage import coverage as command

    raise typer.Exit(command(start, end, table, as_json=as_json))


@app.command()
def report(
    start: Annotated[str, typer.Argument(help="The first day, as 2026-02-01.")],
    end: Annotated[str, typer.Argument(help="The last day, included; before today.")],
    to: Annotated[
        str | None, typer.Option("--output", help="A new file. Default: laike-output/laike-report-START-END.html.")
    ] = None,
    account: Annotated[list[str] | None, typer.Option(help="Only this account (id or name); may be repeated.")] = None,
    send: Annotated[bool, typer.Option("--send", help="Also send the main figures to the group.")] = False,
    table: InTable = None,
    as_json: AsJson = False,
) -> None:
    """Write an HTML page with charts of some days of the table; exit 1 if a day is incomplete."""
    from cli.table.report import report as command

    raise typer.Exit(command(start, end, account or [], table=table, to=to, send=send, as_json=as_json))


@app.command()
def views(
    fix: Annotated[bool, typer.Option("--fix", help="Create missing views and repair wrong ones.")] = False,
    table: OfTable = None,
    as_json: AsJson = False,
) -> None:
    """Check that each account has its view; a filter that a person changed stays."""
    from cli.table.views import views as command

    raise typer.Exit(command(table, fix=fix, as_json=as_json))


@app.command()
def export(
    start: Annotated[str, typer.Argument(help="The first day, as 2026-02-01.")],
    end: Annotated[str, typer.Argument(help="The last day, included; before today.")],
    as_: Annotated[Literal["csv", "xlsx", "jsonl"], typer.Option("--format", help="The file format.")] = "csv",
    account: Annotated[list[str] | None, typer.Option(help="Only this account (id or name); may be repeated.")] = None,
    source: Annotated[
        Literal["table", "api"], typer.Option("--from", help="Rows of the table, or what Ocean Engine reports now.")
    ] = "table",
    to: Annotated[
        str | None, typer.Option("--output", help="A new file, or - for stdout. Default: in laike-output/.")
    ] = None,
    by_account: Annotated[bool, typer.Option("--sheet-per-account", help="xlsx: one sheet per account.")] = False,
    table: InTable = None,
    as_json: AsJson = False,
) -> None:
    """Export the rows of some days as csv, Excel or jsonl; exit 1 if an account is missing in it."""
    from cli.table.export import export as command

    chosen, where = account or [], {"table": table, "to": to}
    raise typer.Exit(
        command(start, end, chosen, as_=as_, source=source, **where, by_account=by_account, as_json=as_json)
    )


@app.command()
def backup(
    file: Annotated[str | None, typer.Argument(metavar="[FILE]", help="The file. Default: a new one.")] = None,
    keep: Annotated[int | None, typer.Option(min=1, help="Keep this many backups and delete older ones.")] = None,
    table: OfTable = None,
    as_json: AsJson = False,
) -> None:
    """Save the table's columns, views and rows in a compressed file with a checksum."""
    from cli.table.backup import backup as command

    raise typer.Exit(command(file, keep, table, as_json=as_json))


@app.command()
def restore(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A file of `laike backup`.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Compare, but write nothing.")] = False,
    table: Annotated[
        str | None, typer.Option("--table", help="Where it goes, by name or id. Default: the table it was made of.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
) -> None:
    """Create the rows and views of a backup that the table lacks; existing ones stay as they are."""
    from cli.table.backup import restore as command

    raise typer.Exit(command(file, table, dry_run=dry_run, yes=yes))


@app.command()
def init(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
) -> None:
    """Create what is missing (keys, table, columns, status table, views), after showing the plan."""
    from cli.table.init import init as command

    raise typer.Exit(command(yes=yes))


@app.command()
def doctor(
    notify: Annotated[bool, typer.Option("--notify", help="Also send a test message to the group.")] = False,
    probe: Annotated[
        bool, typer.Option("--probe", help="Only try what Ocean Engine's documentation leaves open, and print it.")
    ] = False,
    unblock: Annotated[
        bool,
        typer.Option("--unblock", help="First confirm that the table shows all its rows: loading resumes."),
    ] = False,
    table_of_history: Annotated[
        str | None,
        typer.Option(metavar="TABLE_ID", help="First name the table to which the history of an older release belongs."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check everything and print how to repair it; exit 1: warnings, 3: something is broken, 4: authorize again."""
    from cli.doctor import ask
    from cli.doctor import doctor as command

    if probe:
        raise typer.Exit(ask(as_json=as_json))
    raise typer.Exit(command(notify=notify, unblock=unblock, history=table_of_history, as_json=as_json))


@app.command()
def demo(
    keep: Annotated[bool, typer.Option("--keep", help="Stay up until Ctrl-C and print the addresses.")] = False,
) -> None:
    """Show a morning on the emulator: no account, no Docker, no Redis needed."""
    from cli.demo import demo as command

    raise typer.Exit(command(keep=keep))


def run() -> None:
    """The entry point."""
    from cli.entry import enter

    enter(app)


if __name__ == "__main__":
    run()
