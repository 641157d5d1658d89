"""Commands in groups: `laike token …`, `laike tables …`, `laike dedup …`, `laike notify …`."""

from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout; messages go to stderr.")]
InTable = Annotated[
    str | None, typer.Option("--table", help="Another table: a name of [[tables]] in laike.toml. Default: the first.")
]

token = typer.Typer(help="The Ocean Engine token: show, refresh, authorize, import.", no_args_is_help=True)
dedup = typer.Typer(
    help="Rows with the same key (时间, 单元ID, or another table's id): find them, keep one of each.",
    no_args_is_help=True,
)
notify = typer.Typer(help="The group's bot.", no_args_is_help=True)
tables = typer.Typer(
    help="The table and its successors: list them, announce one, mend what disagrees.", invoke_without_command=True
)
GROUPS = {"token": token, "tables": tables, "dedup": dedup, "notify": notify}


@tables.callback()
def tables_(context: typer.Context, as_json: AsJson = False) -> None:
    """List each table and its successors: days, rows, room, until when; what is announced and how to say no."""
    if context.invoked_subcommand is None:
        from cli.table.tables import list_

        raise typer.Exit(list_(as_json=as_json))


@tables.command("split")
def tables_split(
    start: Annotated[
        str | None,
        typer.Option(
            "--from", metavar="DAY", help="Its first day, as 2026-03-01. Default: the next day that is not loaded."
        ),
    ] = None,
    table: InTable = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
) -> None:
    """Announce a successor: the first run of that day makes it; a day that is loaded or planned is refused."""
    from cli.table.tables import split as command

    raise typer.Exit(command(start, table, yes=yes))


@tables.command("repair")
def tables_repair(
    table: InTable = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
) -> None:
    """Compare 数据表清单, Redis and the base, mend what disagrees, and resume loading that was stopped for it.

    What both know stays as the days were loaded; what one of them lacks is taken from the other. A table that people
    deleted is taken out, and its days belong to the table before it: none is made in its place.
    """
    from cli.table.tables import repair as command

    raise typer.Exit(command(table, yes=yes))


@dedup.command("check")
def dedup_check(
    start: Annotated[str | None, typer.Argument(metavar="[START", help="The first day. Default: all.")] = None,
    end: Annotated[str | None, typer.Argument(metavar="END]", help="The last day, included.")] = None,
    table: InTable = None,
    as_json: AsJson = False,
) -> None:
    """List keys with several rows, who wrote each row, and which one `clean` keeps; exit 1 if there are any."""
    from cli.table.dedup import check as command

    raise typer.Exit(command(start, end, table, as_json=as_json))


@dedup.command("clean")
def dedup_clean(
    day: Annotated[str | None, typer.Argument(metavar="[DAY]", help="Only this day. Default: all.")] = None,
    table: InTable = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
) -> None:
    """Keep the row of each key that agrees with the source, else the last edited; back up and delete the rest."""
    from cli.table.dedup import clean as command

    raise typer.Exit(command(day, table, yes=yes))


@notify.command("test")
def notify_test(as_json: AsJson = False) -> None:
    """Send a test message to the group and print the bot's answer; exit 3 and the cure if it fails."""
    from cli.notify import test as command

    raise typer.Exit(command(as_json=as_json))


@token.command("status")
def token_status(as_json: AsJson = False) -> None:
    """Show when both tokens end and the last refreshes; exit 4 if a person must authorize again."""
    from cli.token import status as command

    raise typer.Exit(command(as_json=as_json))


@token.command("refresh")
def token_refresh() -> None:
    """Refresh now: the new pair is stored, the old one is invalid."""
    from cli.token import refresh as command

    raise typer.Exit(command())


@token.command("url")
def token_url() -> None:
    """Print the page where a person authorizes the app; its callback address goes to `laike token exchange`."""
    from cli.token import url as command

    raise typer.Exit(command())


@token.command("exchange")
def token_exchange(
    code: Annotated[
        str, typer.Argument(metavar="CODE", help="The auth_code, or the whole callback address in quotes.")
    ],
) -> None:
    """Get a token pair for the code of an authorization; the code works once, within 10 minutes."""
    from cli.token import exchange as command

    raise typer.Exit(command(code))


@token.command("import")
def token_import(
    file: Annotated[str, typer.Argument(metavar="FILE", help="The old script's .token_cache.json.")],
) -> None:
    """Import a token pair: JSON with access_token, refresh_token, expires_at, refresh_expires_at (local times)."""
    from cli.token import import_ as command

    raise typer.Exit(command(file))


@token.command("rotate-key")
def token_rotate_key() -> None:
    """Encrypt the stored pair with the first key of LAIKE_TOKEN_KEYS; put the new key in front before."""
    from cli.token import rotate_key as command

    raise typer.Exit(command())
