"""The `laike` command. Commands import what they need when they are called, so that `--help` is quick."""

from typing import Annotated, Literal

import typer

from cli.entry import say_version
from cli.groups import GROUPS, AsJson

app = typer.Typer(
    name="laike",
    help="Carry each day's 抖音来客 / 巨量本地推 figures into a Feishu Bitable: right or loud.",
    epilog="Exit codes: 0 done · 1 done in part · 2 wrong usage or settings · 3 failed · 4 needs a person · "
    "130 stopped by Ctrl-C (143 SIGTERM, 129 SIGHUP).",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
Tell = Annotated[
    bool,
    typer.Option("--tell", help="Tell the group how it ended; else only where it mends what the group was told of."),
]
for name, group in GROUPS.items():
    app.add_typer(group, name=name)


@app.callback()
def _laike(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=say_version, help="Say which release this is.")
    ] = False,
) -> None:
    """What goes before a command."""


@app.command()
def sync(
    day: Annotated[
        str | None, typer.Option(help="Exactly this closed day, as 2026-02-11. Default: yesterday with its look-back.")
    ] = None,
    account: Annotated[list[str] | None, typer.Option(help="Only this account (id or name); may be repeated.")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Fetch and compare, write nothing; ends as the real run would.")
    ] = False,
    local: Annotated[bool, typer.Option("--local", help="Run in this process, without workers.")] = False,
    no_redis: Annotated[
        bool, typer.Option("--no-redis", help="With --local, when Redis is down: nothing else may run meanwhile.")
    ] = False,
    tell: Tell = False,
    as_json: AsJson = False,
) -> None:
    """Run one sync now, with live progress: fetch, write the difference, read back, check."""
    from cli.runs.sync import sync as command

    options = {"dry_run": dry_run, "local": local, "no_redis": no_redis, "tell": tell}
    raise typer.Exit(command(day, account or [], **options, as_json=as_json))


@app.command()
def backfill(
    start: Annotated[str, typer.Argument(help="The first day, as 2026-02-01.")],
    end: Annotated[str, typer.Argument(help="The last day, included; before today.")],
    account: Annotated[list[str] | None, typer.Option(help="Only this account (id or name); may be repeated.")] = None,
    stop: Annotated[
        bool, typer.Option("--stop", help="End the one of these days and accounts after the batches under way.")
    ] = False,
    tell: Tell = False,
    as_json: AsJson = False,
) -> None:
    """Load a range of days through the workers, in batches, behind daily runs; the same command again goes on."""
    from cli.runs.sync import backfill as command
    from cli.runs.sync import stop_backfill

    chosen = account or []
    if stop:
        raise typer.Exit(stop_backfill(start, end, chosen))
    raise typer.Exit(command(start, end, chosen, tell=tell, as_json=as_json))


@app.command()
def status(
    max_age: Annotated[str, typer.Option(help="How old the newest figures may be: 26h, 90m, 2d.")] = "26h",
    as_json: AsJson = False,
) -> None:
    """Say whether yesterday is loaded for every account (exit 0), for some (1), or not (3); for outside monitors."""
    from cli.runs.status import status as command

    raise typer.Exit(command(max_age, as_json=as_json))


@app.command()
def runs(
    count: Annotated[int, typer.Argument(metavar="[N]", min=1, help="How many.")] = 10,
    failed: Annotated[bool, typer.Option("--failed", help="Only those that ended, and not as a success.")] = False,
    day: Annotated[str | None, typer.Option(help="Only those that loaded this day, look-backs included.")] = None,
    account: Annotated[str | None, typer.Option(help="Only those of this account: its id or its name.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the newest runs: what kind, when, how long, how they ended, for how many of their accounts all is well."""
    from cli.runs.history import runs as command

    raise typer.Exit(command(count, failed=failed, day=day, account=account, as_json=as_json))


@app.command()
def show(
    run: Annotated[
        str, typer.Argument(metavar="RUN", help="A run id, a beginning that no other has, last, or last-failed.")
    ],
    follow: Annotated[bool, typer.Option("--follow", help="Show its events until it has ended.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show one run as a tree with times: what was fetched, written, read back; what it cost; why it ended so."""
    from cli.runs.history import show as command

    raise typer.Exit(command(run, wait=follow, as_json=as_json))


@app.command()
def accounts(
    refresh: Annotated[
        bool, typer.Option("--refresh", help="Discover anew; else a list of the last day will do.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List the accounts: where they are known from, whether they are in use, their last covered day."""
    from cli.accounts import accounts as command

    raise typer.Exit(command(refresh=refresh, as_json=as_json))


@app.command()
def coverage(
    start: Annotated[
        str | None, typer.Argument(metavar="[START", help="The first day. Default: the last 30 closed days.")
    ] = None,
    end: Annotated[str | None, typer.Argument(metavar="END]", help="The last day, included.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show account by day what is loaded, empty, incomplete, failed, missing or parked."""
    from cli.runs.coverage import coverage as command

    raise typer.Exit(command(start, end, as_json=as_json))


@app.command()
def report(
    start: Annotated[str, typer.Argument(help="The first day, as 2026-02-01.")],
    end: Annotated[str, typer.Argument(help="The last day, included; before today.")],
    to: Annotated[
        str | None, typer.Option("--output", help="A new file. Default: laike-output/laike-report-START-END.html.")
    ] = None,
    account: Annotated[list[str] | None, typer.Option(help="Only this account (id or name); may be repeated.")] = None,
    send: Annotated[bool, typer.Option("--send", help="Also tell the group the main figures.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write a page with charts on some days of the table; exit 1 when some of them are not whole."""
    from cli.table.report import report as command

    raise typer.Exit(command(start, end, account or [], to=to, send=send, as_json=as_json))


@app.command()
def views(
    fix: Annotated[bool, typer.Option("--fix", help="Create the missing, repair the wrong.")] = False,
    as_json: AsJson = False,
) -> None:
    """Check the view of each account; a filter that a person changed is left alone."""
    from cli.table.views import views as command

    raise typer.Exit(command(fix=fix, as_json=as_json))


@app.command()
def export(
    start: Annotated[str, typer.Argument(help="The first day, as 2026-02-01.")],
    end: Annotated[str, typer.Argument(help="The last day, included; before today.")],
    as_: Annotated[Literal["csv", "xlsx", "jsonl"], typer.Option("--format", help="What kind of file.")] = "csv",
    account: Annotated[list[str] | None, typer.Option(help="Only this account (id or name); may be repeated.")] = None,
    source: Annotated[
        Literal["table", "api"], typer.Option("--from", help="What the table holds, or what Ocean Engine reports now.")
    ] = "table",
    to: Annotated[
        str | None, typer.Option("--output", help="A new file, or - for stdout. Default: in laike-output/.")
    ] = None,
    by_account: Annotated[bool, typer.Option("--sheet-per-account", help="xlsx: a sheet for each account.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write rows of some days into a csv, Excel or jsonl file, whole or not at all; exit 1 without some accounts."""
    from cli.table.export import export as command

    raise typer.Exit(
        command(start, end, account or [], as_=as_, source=source, to=to, by_account=by_account, as_json=as_json)
    )


@app.command()
def backup(
    file: Annotated[str | None, typer.Argument(metavar="[FILE]", help="Where to. Default: a new file.")] = None,
    keep: Annotated[int | None, typer.Option(min=1, help="Keep so many of these files, delete the older.")] = None,
    as_json: AsJson = False,
) -> None:
    """Save the table's columns, views and rows into a file: compressed, with a checksum."""
    from cli.table.backup import backup as command

    raise typer.Exit(command(file, keep, as_json=as_json))


@app.command()
def restore(
    file: Annotated[str, typer.Argument(metavar="FILE", help="What `laike backup` made.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Compare, write nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Carry it out without asking.")] = False,
) -> None:
    """Create the rows and views of a backup that the table lacks; what is there stays as it is."""
    from cli.table.backup import restore as command

    raise typer.Exit(command(file, dry_run=dry_run, yes=yes))


@app.command()
def init(
    yes: Annotated[bool, typer.Option("--yes", help="Carry the plan out without asking.")] = False,
) -> None:
    """Make keys, the table or its missing columns, the status table and the views, after showing the plan."""
    from cli.table.init import init as command

    raise typer.Exit(command(yes=yes))


@app.command()
def doctor(
    notify: Annotated[bool, typer.Option("--notify", help="Also send a message to the group.")] = False,
    probe: Annotated[
        bool, typer.Option("--probe", help="Only ask Ocean Engine what its pages leave open, and print the answers.")
    ] = False,
    unblock: Annotated[
        bool,
        typer.Option("--unblock", help="First say that the table really shows all there is, so that loading goes on."),
    ] = False,
    table_of_history: Annotated[
        str | None,
        typer.Option(metavar="TABLE_ID", help="First say which table it is that an older release remembers."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check everything and say how to mend it; exit 1 with warnings, 3 when something is broken, 4 to authorize."""
    from cli.doctor import ask
    from cli.doctor import doctor as command

    if probe:
        raise typer.Exit(ask(as_json=as_json))
    raise typer.Exit(command(notify=notify, unblock=unblock, history=table_of_history, as_json=as_json))


@app.command()
def demo(
    keep: Annotated[bool, typer.Option("--keep", help="Stay up until Ctrl-C and print the page's address.")] = False,
) -> None:
    """Show everything on the emulator: no account, no Docker, no Redis needed."""
    from cli.demo import demo as command

    raise typer.Exit(command(keep=keep))


def run() -> None:
    """The entry point."""
    from cli.entry import enter

    enter(app)


if __name__ == "__main__":
    run()
