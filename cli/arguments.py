"""Parses arguments of the command line."""

from datetime import date

from pipeline.core.errors import WrongInput
from pipeline.core.text import quoted

OLDEST, NEWEST = date(2015, 1, 1), date(2999, 12, 31)  # outside are no figures, and `date` overflows near its ends


def day_of(text: str) -> date:
    """Parse a day; `WrongInput` if it is none, or outside the supported years."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise WrongInput(f"'{quoted(text)}' is not a day; write it as 2026-02-11") from None
    if not OLDEST <= day <= NEWEST:
        raise WrongInput(f"{day} is out of range: use {OLDEST} to {NEWEST}")
    return day
