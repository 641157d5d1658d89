"""What counts as out of the ordinary: the defaults, and their form in the settings."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """What counts as an anomaly; money in 元 a day unless noted."""

    weeks: int = 8  # the same weekdays of so many weeks are compared
    weekdays: int = 3  # at least so many of them must have figures
    share: Decimal = Decimal("0.5")  # a figure may be 1 + share times their median, or as many times smaller
    cost: Decimal = Decimal(200)  # 消耗 is compared if it or its median reaches that
    conversions: Decimal = Decimal(20)  # the same for 转化
    rows: Decimal = Decimal(20)  # and for rows
    silent_days: int = 3  # an account falls silent after so many days with 消耗
    idle_days: int = 5  # a promotion is idle after so many days with 消耗 and no 转化
    idle_cost: Decimal = Decimal(300)  # and at least so much 消耗 over these days
    restated_share: Decimal = Decimal("0.2")  # a correction is large from this part of a day's 消耗 on
    restated_cost: Decimal = Decimal(100)  # and from this amount on


MOST: Mapping[str, int] = {
    "weeks": 26, "weekdays": 26, "share": 100, "silent_days": 60, "idle_days": 90, "restated_share": 100,
}  # fmt: skip
AMOUNT_MAX = 10**9


def thresholds_of(said: object) -> Thresholds:
    """The thresholds of `[anomalies]` in `laike.toml`, or defaults; `ValueError` has a line for each problem."""
    if not isinstance(said, Mapping):
        raise ValueError('is not a table of thresholds such as {"share": 0.5}')
    defaults = {field.name: field.default for field in fields(Thresholds)}
    problems = [_problem(str(name), value, defaults) for name, value in said.items()]
    if any(problems):
        raise ValueError("\n".join(filter(None, problems)))
    return Thresholds(**{name: _made(value, defaults[name]) for name, value in said.items()})


def _problem(name: str, value: object, defaults: Mapping[str, object]) -> str | None:
    if name not in defaults:
        return f"anomalies: {name!r} is not known; there are {', '.join(defaults)}"
    most, whole = MOST.get(name, AMOUNT_MAX), isinstance(defaults[name], int)
    least = 1 if whole else 0
    fits = isinstance(value, int if whole else int | float) and not isinstance(value, bool) and least <= value <= most
    return None if fits else f"anomalies: {name} = {value!r} is not a {'whole ' * whole}number from {least} to {most}"


def _made(value: object, default: object) -> Any:  # noqa: ANN401 int or Decimal, like its default
    return value if isinstance(default, int) else Decimal(str(value))
