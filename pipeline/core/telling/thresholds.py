"""From when on something is out of the ordinary: the defaults, and how a person says otherwise in the settings."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """What counts as an anomaly. Money in 元 a day, unless it says otherwise."""

    weeks: int = 8  # so many of the same weekdays before are looked at
    weekdays: int = 3  # of which at least so many must be known
    share: Decimal = Decimal("0.5")  # a figure may be 1 + so much times their median, or as many times smaller
    cost: Decimal = Decimal(200)  # below that neither 消耗 nor its usual is looked at
    conversions: Decimal = Decimal(20)  # the same for 转化
    rows: Decimal = Decimal(20)  # and for rows
    silent_days: int = 3  # an account without 消耗 is told after so many days with it
    idle_days: int = 5  # a promotion that spends without 转化 is told after so many days
    idle_cost: Decimal = Decimal(300)  # and so much 消耗 in these days together
    restated_share: Decimal = Decimal("0.2")  # a day is told whose 消耗 was corrected by so much of it
    restated_cost: Decimal = Decimal(100)  # and by at least so much


MOST: Mapping[str, int] = {
    "weeks": 26, "weekdays": 26, "share": 100, "silent_days": 60, "idle_days": 90, "restated_share": 100,
}  # fmt: skip
AMOUNT_MAX = 10**9


def thresholds_of(told: object) -> Thresholds:
    """The thresholds as `[anomalies]` of `laike.toml` has them; what is not named keeps its default.

    Raises:
        ValueError: Something of it is not one, a line for each.
    """
    if not isinstance(told, Mapping):
        msg = 'is not a table of thresholds such as {"share": 0.5}'
        raise ValueError(msg)
    known = {field.name: field.default for field in fields(Thresholds)}
    problems = [_problem(str(name), value, known) for name, value in told.items()]
    if any(problems):
        raise ValueError("\n".join(filter(None, problems)))
    return Thresholds(**{name: _made(value, known[name]) for name, value in told.items()})


def _problem(name: str, value: object, known: Mapping[str, object]) -> str | None:
    if name not in known:
        return f"anomalies: {name!r} is not known; there are {', '.join(known)}"
    most, whole = MOST.get(name, AMOUNT_MAX), isinstance(known[name], int)
    least = 1 if whole else 0
    fits = isinstance(value, int if whole else int | float) and not isinstance(value, bool) and least <= value <= most
    return None if fits else f"anomalies: {name} = {value!r} is not a {'whole ' * whole}number from {least} to {most}"


def _made(value: object, default: object) -> Any:  # noqa: ANN401 whole or exact, as its default is
    return value if isinstance(default, int) else Decimal(str(value))
