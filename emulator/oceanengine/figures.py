"""Seeded figures: seed, promotion and day determine the numbers."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cache

from emulator.oceanengine.metrics import ADDITIVE, AMOUNTS, RATIOS, amount, quotient
from emulator.shared.clock import SHANGHAI

_MASK = (1 << 64) - 1
_ZERO_COST_EVERY = 17  # such rows exist: a conversion on a day without spend
_SMALL = 6  # derived counts stay below this


@dataclass(frozen=True)
class Promotion:
    """An ad (单元 in the console) and its project."""

    promotion_id: int
    promotion_name: str
    project_id: int
    project_name: str


@dataclass(frozen=True)
class Maturity:
    """The share of its final figures that a day shows until an age."""

    until: timedelta  # counted from the end of the day
    money: float
    counts: float


# With `restating` a day's figures grow in these steps, then they are final.
MATURITIES = (
    Maturity(timedelta(hours=10), money=0.95, counts=0.85),
    Maturity(timedelta(days=7), money=1.0, counts=0.93),
    Maturity(timedelta(days=25), money=1.0, counts=0.98),
)
FINAL = Maturity(timedelta.max, money=1.0, counts=1.0)


def maturity_of(day: date, now: datetime) -> Maturity:
    """The step that a day has reached."""
    age = now - datetime.combine(day + timedelta(days=1), time(), SHANGHAI)
    return next((maturity for maturity in MATURITIES if age < maturity.until), FINAL)


@dataclass
class Change:
    """What a test changed of one promotion's day: figures, ratios, or that it has no row.

    `missing_from`: reports without the row; the others still count it.
    """

    wholes: dict[str, int] = field(default_factory=dict)
    ratios: dict[str, float | None] = field(default_factory=dict)
    absent: bool = False
    missing_from: frozenset[str] = frozenset()


UNCHANGED = Change()


class Row:
    """One promotion on one day. Figures are stored as whole numbers (分, times)."""

    __slots__ = ("_shown", "change", "day", "maturity", "promotion", "seeded")

    def __init__(
        self,
        day: date,
        promotion: Promotion,
        seeded: dict[str, int],
        maturity: Maturity = FINAL,
        change: Change = UNCHANGED,
    ) -> None:
        self.day = day
        self.promotion = promotion
        self.seeded = seeded
        self.maturity = maturity
        self.change = change
        self._shown: dict[str, float | int | None] = {}

    def whole(self, metric: str) -> int:
        """An additive figure as stored: a test's change, or the share that the day shows by now."""
        if metric in self.change.wholes:
            return self.change.wholes[metric]
        share = self.maturity.money if metric in AMOUNTS else self.maturity.counts
        return int(_seeded_whole(self.seeded, metric) * share)

    def shown(self, metric: str) -> float | int | None:
        """The figure as the report has it. Without a denominator: null for odd promotions, 0 for even ones."""
        if metric not in self._shown:
            self._shown[metric] = self._show(metric)
        return self._shown[metric]

    def _show(self, metric: str) -> float | int | None:
        if metric in self.change.ratios:
            return self.change.ratios[metric]
        if metric in RATIOS:
            top, bottom = RATIOS[metric][:2]
            ratio = quotient(metric, self.whole(top), self.whole(bottom))
            return 0 if ratio is None and self.promotion.promotion_id % 2 == 0 else ratio
        return as_number(metric, self.whole(metric))


def as_number(metric: str, stored: int) -> float | int:
    """Money as a JSON float, counts as integers."""
    return float(amount(metric, stored)) if metric in AMOUNTS else stored


@cache
def seeded_figures(seed: int, promotion_id: int, ordinal: int) -> dict[str, int]:
    """The primary figures of a promotion on a day; the others derive from them and `mix`."""
    mix = _mix(seed ^ _mix(promotion_id) ^ _mix(ordinal * 2_654_435_761))
    if mix % _ZERO_COST_EVERY == 0:
        return {
            "mix": mix, "stat_cost": 0, "show_cnt": 3, "click_cnt": 0, "convert_cnt": 1, "clue_pay_order_cnt": 1,
        }  # fmt: skip
    cost = 150 + (mix >> 8) % 42_000
    shows = 1 + cost // (7 + (mix >> 20) % 23)
    clicks = shows * ((mix >> 28) % 60) // 1000
    converts = clicks * ((mix >> 36) % 40) // 100
    orders = converts * ((mix >> 44) % 70) // 100
    return {
        "mix": mix, "stat_cost": cost, "show_cnt": shows, "click_cnt": clicks, "convert_cnt": converts,
        "clue_pay_order_cnt": orders,
    }  # fmt: skip


def _seeded_whole(seeded: dict[str, int], metric: str) -> int:
    if metric in seeded:
        return seeded[metric]
    small = seeded.get("mix", 0) // (7 + ADDITIVE[metric]) % _SMALL
    return small * 1990 if metric in AMOUNTS else small


def _mix(number: int) -> int:
    number = (number + 0x9E3779B97F4A7C15) & _MASK
    number = ((number ^ (number >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    number = ((number ^ (number >> 27)) * 0x94D049BB133111EB) & _MASK
    return number ^ (number >> 31)
