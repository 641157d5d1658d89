"""Parses arguments of the command line, and names files by them."""

from datetime import date

from pipeline.core.errors import WrongInput
from pipeline.core.text import quoted

OLDEST, NEWEST = date(2015, 1, 1), date(2999, 12, 31)  # outside are no figures, and `date` overflows near its ends
NAME_PART = 40  # characters: a name of a file has at most 255 bytes


def day_of(text: str) -> date:
    """Parse a day; `WrongInput` if it is none, or outside the supported years."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise WrongInput(f"'{quoted(text)}' is not a day; write it as 2026-02-11") from None
    if not OLDEST <= day <= NEWEST:
        raise WrongInput(f"{day} is out of range: use {OLDEST} to {NEWEST}")
    return day


def of_table(name: str) -> str:
    """The part of a new file's name that says which further table it is of; nothing for the first one."""
    return f"{name[:NAME_PART]}-" if name else ""
