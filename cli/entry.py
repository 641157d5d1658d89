"""Runs the command line: every end is an exit code and a sentence, never a trace; lost output changes neither."""

import gc
import os
import sys
from collections.abc import MutableMapping, Sequence

import typer
from typer.exceptions import TyperException

from cli.signals import INTERRUPTED
from cli.terminal.streams import forgiving
from pipeline.core.errors import LaikeError, WrongInput
from pipeline.core.text import encodable, quoted
from pipeline.outgoing import guarded

SIZES, SIZE_DIGITS_MAX = ("COLUMNS", "LINES"), 4


def enter(app: typer.Typer) -> None:
    """Run the command, then exit; a `LaikeError` becomes a sentence and an exit code."""
    gc.disable()  # what is imported stays: looking through it takes a tenth of the start; `opened` enables it
    drop_sizes(os.environ)
    with forgiving(), guarded():
        sys.exit(_carried_out(app))


def drop_sizes(environment: MutableMapping[str, str]) -> None:
    """Remove impossible terminal sizes from the environment: Rich would use them."""
    for name in SIZES:
        size = environment.get(name, "1")
        if not (size.isascii() and size.isdigit() and len(size) <= SIZE_DIGITS_MAX and int(size)):
            del environment[name]


def check_words(words: Sequence[str]) -> None:
    """Refuse arguments that are not UTF-8 (`WrongInput`): no run, account, day or file has such a name."""
    for place, word in enumerate(words, 1):
        if encodable(word) != word:
            raise WrongInput(f"argument {place} is not UTF-8 (GBK?): {quoted(word)}")


def say_version(wanted: bool) -> None:
    """Print the installed release and end, if wanted."""
    if wanted:
        from importlib.metadata import version

        from cli.terminal.output import say

        say(f"laike-sync {version('laike-sync')}")
        raise typer.Exit


def _carried_out(app: typer.Typer) -> int:
    try:
        check_words(sys.argv[1:])
        return int(app(standalone_mode=False) or 0)
    except LaikeError as error:
        from cli.terminal.output import tell

        return tell(error)
    except TyperException as error:
        return _tell_misuse(error)
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED


def _tell_misuse(error: TyperException) -> int:
    """Print what is wrong with a command line and where its help is; it quotes the arguments, so nothing is markup."""
    from cli.terminal.output import WRONG_USAGE, note

    ctx, said = getattr(error, "ctx", None), error.format_message()
    if said:  # empty: a group without a command has printed its help
        if ctx:
            note(ctx.get_usage())
            note(f"Try '{ctx.command_path} --help' for help.")
        note(("Error:", "red"), f" {said}")
    return WRONG_USAGE
