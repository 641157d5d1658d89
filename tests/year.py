"""Sixty days of seven accounts, as an agency has them: weekdays differ, every day differs, six things happen."""

import random
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from pipeline.core.coverage.history import Figures
from pipeline.core.model import AccountDay, ReportRow
from pipeline.core.outcome import Shift

DAYS = 60
FIRST = date(2026, 1, 1)
WEEK = (1.0, 0.9, 0.95, 1.0, 1.25, 1.6, 1.5)  # Monday to Sunday: restaurants are visited at the week's end
NOISE = 0.12
LEVELS = (3200, 900, 260, 1500, 700, 2100, 450)  # 元 a day
BEGINS = {"cost": 30, "silent": 35, "conversions": 40, "idle": 46, "restated": 51, "rows": 56}


@dataclass(frozen=True)
class Planted:
    """One thing that happens: what, to whom (by place), and a pattern of the card's words about it."""

    name: str
    account: int
    words: str


PLANTED = (
    Planted("cost", 0, r"消耗 [\d,.]+ 元，高于正常范围"),
    Planted("silent", 1, "无消耗"),
    Planted("conversions", 3, r"转化 [\d,]+，低于正常范围"),
    Planted("idle", 4, "无转化"),
    Planted("restated", 5, "修正为"),
    Planted("rows", 6, r"行数 [\d,]+，低于正常范围"),
)


class Year:
    """The figures of days and accounts, always the same for one seed."""

    def __init__(self, account_ids: list[str], seed: int = 11) -> None:
        self.ids, self._draw = account_ids, random.Random(seed)  # noqa: S311 not a secret
        self.days = [FIRST + timedelta(days=number) for number in range(DAYS)]
        self.figures = {
            AccountDay(account_id, day): self._figures(place, number, day)
            for number, day in enumerate(self.days)
            for place, account_id in enumerate(account_ids)
        }

    def _figures(self, place: int, number: int, day: date) -> Figures:
        cost = LEVELS[place] * WEEK[day.weekday()] * self._draw.lognormvariate(0, NOISE)
        conversions = max(0, round(self._draw.gauss(cost / 18, (cost / 18) ** 0.5)))
        rows = 40 + self._draw.randint(-3, 3)
        made = Figures(rows, Decimal(f"{cost:.2f}"), Decimal(conversions))
        return self._planted(made, place, number)

    def _planted(self, made: Figures, place: int, number: int) -> Figures:
        happens = {name for name, begins in BEGINS.items() if begins <= number < begins + 4}
        if place == 0 and "cost" in happens:
            return replace(made, cost=made.cost * 4)
        if place == 1 and "silent" in happens:
            return Figures(0, Decimal(0), Decimal(0))
        if place == 3 and "conversions" in happens:
            return replace(made, conversions=Decimal(2))
        if place == 6 and "rows" in happens:
            return replace(made, rows=6)
        return made

    def rows(self, place: int, number: int) -> list[ReportRow]:
        """The promotions' rows of the week up to a day: one spends, and from its day on without any conversion."""
        idle_from = BEGINS["idle"] - 4 if place == 4 else DAYS  # the fifth such day is the one that is told
        return [
            ReportRow(
                self.ids[place], self.days[one], f"76000000000000000{place}", "周末特惠 <b>",
                {"stat_cost": Decimal(90), "convert_cnt": Decimal(0 if idle_from <= one < idle_from + 9 else 5)},
            )
            for one in range(max(0, number - 6), number + 1)
        ]  # fmt: skip

    def shifts(self, number: int) -> tuple[Shift, ...]:
        """What was corrected on a morning: by a little often, by much once."""
        day = self.days[max(0, number - 9)]
        small = Shift(account_id=self.ids[2], day=day, before=Decimal(260), after=Decimal("262.5"))
        large = Shift(account_id=self.ids[5], day=day, before=Decimal(2100), after=Decimal(1400))
        return (small, large) if number == BEGINS["restated"] else (small,)
