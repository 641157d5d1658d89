"""How `laike` begins and ends: every end is an exit code and a sentence, never a trace, and output decides nothing."""

import sys

import typer
from typer.exceptions import TyperException

from cli.terminal.streams import forgiving
from pipeline.core.errors import LaikeError
from pipeline.outgoing import guarded

INTERRUPTED = 130  # as shells say it: 128 and the number of Ctrl-C's signal


def enter(app: typer.Typer) -> None:
    """Carry out what the command line asks for, and exit."""
    with forgiving(), guarded():
        sys.exit(_carried_out(app))


def say_version(wanted: bool) -> None:
    """Print which release is installed, if that is wanted, and end."""
    if wanted:
        from importlib.metadata import version

        from cli.terminal.output import say

        say(f"laike-sync {version('laike-sync')}")
        raise typer.Exit


def _carried_out(app: typer.Typer) -> int:
    try:
        return int(app(standalone_mode=False) or 0)
    except LaikeError as error:
        from cli.terminal.output import tell

        return tell(error)
    except TyperException as error:
        return _tell_misuse(error)
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED


def _tell_misuse(error: TyperException) -> int:
    """Say what is wrong with a command line, and where help is: words of a person, as any others."""
    from cli.terminal.output import WRONG_USAGE, note

    ctx, said = getattr(error, "ctx", None), error.format_message()
    if said:  # a group that was called without a command has printed its help instead
        if ctx:
            note(ctx.get_usage())
            note(f"Try '{ctx.command_path} --help' for help.")
        note(("Error:", "red"), f" {said}")
    return WRONG_USAGE
