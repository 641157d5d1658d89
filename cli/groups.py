"""Commands in groups: `laike token …`, `laike dedup …`, `laike notify …`."""

from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout; messages go to stderr.")]

token = typer.Typer(
    help="The Ocean Engine token: how long it lives, and what a person can do for it.", no_args_is_help=True
)
dedup = typer.Typer(help="Rows of one key (时间, 单元ID): find them, and keep one of each.", no_args_is_help=True)
notify = typer.Typer(help="The group's bot: whether what is sent to it arrives.", no_args_is_help=True)
GROUPS = {"token": token, "dedup": dedup, "notify": notify}


@dedup.command("check")
def dedup_check(
    start: Annotated[str | None, typer.Argument(metavar="[START", help="The first day. Default: all.")] = None,
    end: Annotated[str | None, typer.Argument(metavar="END]", help="The last day, included.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the keys with more than one row, whose rows these are, and which one clean keeps; exit 1 when any."""
    from cli.table.dedup import check as command

    raise typer.Exit(command(start, end, as_json=as_json))


@dedup.command("clean")
def dedup_clean(
    day: Annotated[str | None, typer.Argument(metavar="[DAY]", help="Only this day. Default: all.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Carry the plan out without asking.")] = False,
) -> None:
    """Keep the row that agrees with the source, else the last edited, with people's cells; back up, delete the rest."""
    from cli.table.dedup import clean as command

    raise typer.Exit(command(day, yes=yes))


@notify.command("test")
def notify_test(as_json: AsJson = False) -> None:
    """Send a message to the group and print what the bot says; exit 3 with the cure where it fails."""
    from cli.notify import test as command

    raise typer.Exit(command(as_json=as_json))


@token.command("status")
def token_status(as_json: AsJson = False) -> None:
    """Say how long both tokens live, who refreshed last; exit 4 when a person must authorize again."""
    from cli.token import status as command

    raise typer.Exit(command(as_json=as_json))


@token.command("refresh")
def token_refresh() -> None:
    """Refresh now. The old pair is dead afterwards; nothing else need be done."""
    from cli.token import refresh as command

    raise typer.Exit(command())


@token.command("url")
def token_url() -> None:
    """Print the page where a person authorizes the app; what comes back goes to `laike token exchange`."""
    from cli.token import url as command

    raise typer.Exit(command())


@token.command("exchange")
def token_exchange(
    code: Annotated[str, typer.Argument(metavar="CODE", help="The auth_code, or the whole callback address, quoted.")],
) -> None:
    """Get the first token pair for the code that an authorization brought; it lives 10 minutes and works once."""
    from cli.token import exchange as command

    raise typer.Exit(command(code))


@token.command("import")
def token_import(
    file: Annotated[str, typer.Argument(metavar="FILE", help="The old script's .token_cache.json.")],
) -> None:
    """Take over a token pair: access_token, refresh_token, expires_at, refresh_expires_at (ISO local times)."""
    from cli.token import import_ as command

    raise typer.Exit(command(file))


@token.command("rotate-key")
def token_rotate_key() -> None:
    """Encrypt the kept pair with the first key of LAIKE_TOKEN_KEYS, after a new key was put in front."""
    from cli.token import rotate_key as command

    raise typer.Exit(command())
