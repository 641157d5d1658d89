"""Parse JSON and whole numbers of requests. Absurd values do not parse: the caller refuses them by name."""

import json
import math
from typing import Any

DEEPEST = 100  # levels: our own bound, far above any documented request
LONGEST_NUMBER = 19  # digits of a signed integer of 64 bits


def json_of(text: str | bytes) -> Any:  # noqa: ANN401 - any JSON
    """Parse a JSON document. Raises ValueError, also for NaN, infinite figures and too many levels."""
    try:
        value = json.loads(text, parse_constant=_refuse, parse_float=_finite)
    except RecursionError:
        raise ValueError("nested too deep") from None
    if _deeper_than(value, DEEPEST):
        raise ValueError("nested too deep")
    return value


def whole(text: str, least: int, most: int) -> int | None:
    """Parse a number of plain digits within bounds; None if it is none."""
    if not (text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER):
        return None
    number = int(text)
    return number if least <= number <= most else None


def _deeper_than(value: object, levels: int) -> bool:
    level = [value]
    for _ in range(levels):
        level = [inner for one in level if isinstance(one, dict | list) for inner in _inside(one)]
        if not level:
            return False
    return True


def _inside(one: dict[str, Any] | list[Any]) -> Any:  # noqa: ANN401 - any JSON
    return one.values() if isinstance(one, dict) else one


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        _refuse(text)
    return number


def _refuse(text: str) -> object:
    raise ValueError(f"{text} is not JSON")
