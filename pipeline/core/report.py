"""What a report tells of some days: sums of the table's rows by day, account and promotion."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from pipeline.core.coverage import AccountCoverage
from pipeline.core.history import Figures, added, cost_per_conversion
from pipeline.core.model import ZERO, DayRange, FoundRow

PROMOTIONS_SHOWN = 10
WORTH_A_LOOK = Decimal(50)  # 元: promotions that spent less are in no list of the worst
WEEKDAYS = 7
NOTHING = Figures(0, ZERO, ZERO)


@dataclass(frozen=True, slots=True)
class Promotion:
    """One 单元 over all days of a report."""

    promotion_id: str
    name: str
    account_name: str
    figures: Figures


@dataclass
class Sums:
    """Adds rows up as they come, so that nobody need hold them.

    Args:
        conversions: The column that holds 转化数; none: the table has no such column.
        name: The column that holds the promotion's name; none: there is none.
    """

    conversions: str | None
    name: str | None
    by_day: dict[date, Figures] = field(default_factory=lambda: defaultdict(lambda: NOTHING))
    by_account: dict[str, Figures] = field(default_factory=lambda: defaultdict(lambda: NOTHING))
    by_account_day: dict[tuple[str, date], Figures] = field(default_factory=lambda: defaultdict(lambda: NOTHING))
    promotions: dict[tuple[str, str], Promotion] = field(default_factory=dict)

    def add(self, row: FoundRow) -> None:
        """Count a row of the table; one without a day belongs to none."""
        if row.day is None:
            return
        cell = row.cells.get(self.conversions) if self.conversions else None
        figures = Figures(1, row.cost, cell if isinstance(cell, Decimal) else ZERO)
        self.by_day[row.day] = added([self.by_day[row.day], figures])
        self.by_account[row.account_name] = added([self.by_account[row.account_name], figures])
        place = row.account_name, row.day
        self.by_account_day[place] = added([self.by_account_day[place], figures])
        self._add_promotion(row, figures)

    def _add_promotion(self, row: FoundRow, figures: Figures) -> None:
        key = row.account_name, row.promotion_id
        known = self.promotions.get(key)
        told = str(row.cells.get(self.name) or "") if self.name else ""
        before = known.figures if known else NOTHING
        name = told or (known.name if known else "")
        self.promotions[key] = Promotion(row.promotion_id, name, row.account_name, added([before, figures]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything that the page tells; money in 元."""

    days: DayRange
    made_at: datetime
    sums: Sums
    coverage: tuple[AccountCoverage, ...]
    restated: Mapping[str, tuple[date, ...]]  # days that the source corrected after they were loaded, by account name

    @property
    def total(self) -> Figures:
        """Over all rows."""
        return added([NOTHING, *self.sums.by_day.values()])

    @property
    def days_not_whole(self) -> int:
        """Account days that are missing, failed or incomplete: the sums lack them."""
        return sum(len(one.lacking) for one in self.coverage)

    @property
    def accounts(self) -> list[tuple[str, Figures]]:
        """Accounts with rows, the one that spent most first."""
        return sorted(self.sums.by_account.items(), key=lambda one: -one[1].cost)

    @property
    def top(self) -> list[Promotion]:
        """The promotions that spent most."""
        return _first(self.sums.promotions.values(), lambda one: -one.figures.cost)

    @property
    def worst(self) -> list[Promotion]:
        """Promotions that spent without a conversion, the most first, then those whose conversions cost most."""
        spent = [one for one in self.sums.promotions.values() if one.figures.cost >= WORTH_A_LOOK]
        return _first(spent, lambda one: (bool(one.figures.conversions), -_badness(one.figures)))

    @property
    def weekdays(self) -> tuple[Decimal | None, ...]:
        """The mean cost of each weekday, Monday first; none where the report has no such day."""
        costs: dict[int, list[Decimal]] = defaultdict(list)
        for day in self.days:
            costs[day.weekday()].append(self.sums.by_day[day].cost if day in self.sums.by_day else ZERO)
        return tuple(sum(of, ZERO) / len(of) if (of := costs.get(n)) else None for n in range(WEEKDAYS))


def _badness(figures: Figures) -> Decimal:
    return cost_per_conversion(figures) or figures.cost


def _first(promotions: Iterable[Promotion], order: Callable[[Promotion], Any]) -> list[Promotion]:
    return sorted(promotions, key=order)[:PROMOTIONS_SHOWN]
