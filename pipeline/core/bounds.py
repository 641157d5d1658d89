"""Numbers from outside that become a wait or a life: finite, never negative, never further away than a bound."""

import math
from decimal import Decimal

# The longest block known is that of a whole developer app at Ocean Engine (40110): about five minutes. Feishu's windows
# are a second and a minute. Whoever is refused after that waits once more.
LONGEST_WAIT_S = 300.0
# What is longer than that is no wait, but a point in time, or nonsense: nothing was said.
NO_WAIT_S = 3600.0


def number(said: object) -> float | None:
    """A finite number in what a service says, be it text or a number; `None` where there is none."""
    if isinstance(said, bool) or not isinstance(said, int | float | Decimal | str):
        return None
    if isinstance(said, str) and ("_" in said or not said.isascii()):  # which Python alone reads as a number
        return None
    try:
        value = float(said)
    except (ValueError, OverflowError):
        return None
    return value if math.isfinite(value) else None


def wait_s(said: object) -> float | None:
    """Seconds to wait as a service asks for, at most `LONGEST_WAIT_S`; `None` where it says nothing that is a wait."""
    value = number(said)
    return None if value is None or not 0 <= value <= NO_WAIT_S else min(value, LONGEST_WAIT_S)


def life_s(said: object, usual: float, most: float) -> float:
    """Seconds that something lives as a service says; the documented life where it says what cannot be.

    Args:
        usual: The documented life.
        most: The longest that is believed.
    """
    value = number(said)
    return usual if value is None or not 0 < value <= most else value
