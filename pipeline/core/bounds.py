"""Bound numbers from outside that become a wait or a life."""

import math
from decimal import Decimal

# The longest block we know is Ocean Engine's of a whole developer app (40110): about five minutes. Feishu's windows are
# a second and a minute. A call refused after that waits once more.
LONGEST_WAIT_S = 300.0
# A longer one is no wait, but a point in time or nonsense: ignored.
NO_WAIT_S = 3600.0


def number(said: object) -> float | None:
    """The finite number in a value, a number or text; `None`: none."""
    if isinstance(said, bool) or not isinstance(said, int | float | Decimal | str):
        return None
    if isinstance(said, str) and ("_" in said or not said.isascii()):  # numbers to Python alone
        return None
    try:
        value = float(said)
    except (ValueError, OverflowError):
        return None
    return value if math.isfinite(value) else None


def wait_s(said: object) -> float | None:
    """Seconds that a service asks to wait, at most `LONGEST_WAIT_S`; `None`: it asks for no wait."""
    value = number(said)
    return None if value is None or not 0 <= value <= NO_WAIT_S else min(value, LONGEST_WAIT_S)


def life_s(said: object, usual: float, most: float) -> float:
    """Seconds of life that a service states, or the `usual`, documented life where it states more than `most`."""
    value = number(said)
    return usual if value is None or not 0 < value <= most else value
