"""What was loaded of accounts on days, as cards, anomalies and reports look back on it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from pipeline.core.model import ZERO, AccountDay


@dataclass(frozen=True, slots=True)
class Figures:
    """One account on one day, or several together: rows, 消耗 in 元, 转化数 (`None`: not known)."""

    rows: int
    cost: Decimal
    conversions: Decimal | None


# a day that was never loaded, or is not known any more, is absent: it is not the same as one without cost
History = Mapping[AccountDay, Figures]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two days of the same accounts: those of which both are known."""

    now: Figures
    then: Figures
    accounts: int


def together(history: History, account_ids: Iterable[str], day: date) -> Figures | None:
    """Accounts on a day as one; `None` where nothing is known of any of them."""
    known = [history[at] for number in account_ids if (at := AccountDay(number, day)) in history]
    return added(known) if known else None


def compare(history: History, account_ids: Iterable[str], day: date, base: date) -> Comparison | None:
    """A day against another one, like with like; `None` where no account is known on both."""
    both = [
        number for number in account_ids if AccountDay(number, day) in history and AccountDay(number, base) in history
    ]
    if not both:
        return None
    now, then = (added([history[AccountDay(number, one)] for number in both]) for one in (day, base))
    return Comparison(now, then, len(both))


def cost_per_conversion(figures: Figures) -> Decimal | None:
    """转化成本 in 元; `None` where there was no conversion, or nobody knows."""
    return figures.cost / figures.conversions if figures.conversions else None


def added(known: Sequence[Figures]) -> Figures:
    """Several figures as one; 转化 of which one is not known are not known."""
    counts = [one.conversions for one in known if one.conversions is not None]
    return Figures(
        sum(one.rows for one in known),
        sum((one.cost for one in known), ZERO),
        sum(counts, ZERO) if len(counts) == len(known) else None,
    )
