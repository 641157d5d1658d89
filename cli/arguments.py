"""What people write as arguments, read."""

from datetime import date

from pipeline.core.errors import WrongInput


def day_of(text: str) -> date:
    """A day.

    Raises:
        WrongInput: It is none.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        msg = f"{text!r} is not a day; write it as 2026-02-11"
        raise WrongInput(msg) from None
