"""The source of all figures: accounts, promotions, and which rows a day has."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from emulator.oceanengine.figures import FINAL, UNCHANGED, Change, Maturity, Promotion, Row, maturity_of, seeded_figures
from emulator.oceanengine.metrics import ADDITIVE, RATIOS, whole
from emulator.shared.clock import Clock
from emulator.shared.settings import Settings

QUIET_DAYS = (6, 19, 33)  # days before the newest with a row of the quiet account
_FEW = 20


@dataclass
class Account:
    """A 本地推 account. `rhythm` says on which days its promotions have rows."""

    account_id: int
    name: str
    promotions: list[Promotion] = field(default_factory=list)
    rhythm: str = "daily"
    patterns: Sequence[str] = ("素材-{n}",)  # of the names of its materials
    material_names: dict[int, str] = field(default_factory=dict)  # those that a test chose


def _daily(place: int, day: date, size: int, _newest: date) -> bool:
    # promotions without data have no row; at least one per account has data
    every = 4 if size < _FEW else 13
    return size == 1 or (place + day.toordinal()) % every != 0


def _quiet(place: int, day: date, _size: int, newest: date) -> bool:
    return place == 0 and (newest - day).days in QUIET_DAYS


RHYTHMS: dict[str, Callable[[int, date, int, date], bool]] = {
    "daily": _daily,
    "quiet": _quiet,
    "full": lambda _place, _day, _size, _newest: True,
}


class Source:
    """Accounts with their rows, and the changes of tests."""

    def __init__(self, seed: int, newest: date, accounts: list[Account], clock: Clock, settings: Settings) -> None:
        self.seed = seed
        self.newest = newest
        self.accounts = {account.account_id: account for account in accounts}
        self._clock = clock
        self._settings = settings
        self._started = clock.today()
        self._made: dict[tuple[int, date, Maturity], list[Row]] = {}  # rows of days, until something changes
        self.changes: dict[tuple[int, int, date], Change] = {}
        self.roi2: dict[tuple[int, date | None], int] = {}  # 全域推广 in 分 by account and day; None: each day

    def last_day(self) -> date:
        """The newest day with figures. It moves with the clock and is never today."""
        today = self._clock.today()
        return min(self.newest + max(today - self._started, timedelta()), today - timedelta(days=1))

    def rows(self, account_id: int, start: date, end: date) -> Iterator[Row]:
        """An account's rows, oldest day first, promotions in their own order."""
        account = self.accounts[account_id]
        for day in self.days(start, end):
            yield from self.rows_of_day(account, day)

    def days(self, start: date, end: date) -> Iterator[date]:
        """The days from `start` to `end` with figures, oldest first."""
        day = max(start, self.newest - timedelta(days=self._settings.history_days))
        last = min(end, self.last_day())
        while day <= last:
            yield day
            day += timedelta(days=1)

    def outside(self, account_id: int, day: date) -> int:
        """An account's spend in 全域推广 on a day, in 分, as the account report has it.

        Sources disagree (reference: 全域推广 and reconciliation) whether it has it at all: the setting `roi2`.
        """
        if self._settings.roi2 == "none":
            return 0
        whole = self.roi2.get((account_id, day), self.roi2.get((account_id, None), 0))
        return int(whole * self._maturity(day).money)

    def rows_of_day(self, account: Account, day: date) -> list[Row]:
        """The rows of one day."""
        key = account.account_id, day, self._maturity(day)
        if key not in self._made:
            self._made[key] = list(self._make(account, day, key[2]))
        return self._made[key]

    def _make(self, account: Account, day: date, maturity: Maturity) -> Iterator[Row]:
        present, size = RHYTHMS[account.rhythm], len(account.promotions)
        for place, promotion in enumerate(account.promotions):
            change = self.changes.get((account.account_id, promotion.promotion_id, day))
            if present(place, day, size, self.newest):
                seeded = seeded_figures(self.seed, promotion.promotion_id, day.toordinal())
            elif change is None:
                continue
            else:
                seeded = {}
            if change is None or not change.absent:
                yield Row(day, promotion, seeded, maturity, change or UNCHANGED)

    def change(self, account_id: int, promotion_id: int, day: date, figures: dict[str, object]) -> None:
        """Correct figures of one promotion's day. Raises ValueError and changes nothing."""
        wholes = {name: whole(name, figure) for name, figure in figures.items() if name in ADDITIVE}
        ratios = {name: _ratio(figure) for name, figure in figures.items() if name in RATIOS}
        unknown = figures.keys() - wholes.keys() - ratios.keys()
        if unknown:
            raise ValueError(f"no such metric: {', '.join(sorted(unknown))}")
        change = self._change_of(account_id, promotion_id, day)
        change.absent = False
        change.wholes |= wholes
        change.ratios |= ratios

    def withdraw(self, account_id: int, promotion_id: int, day: date) -> None:
        """Take a row away."""
        self._change_of(account_id, promotion_id, day).absent = True

    def leave_out(self, account_id: int, promotion_id: int, day: date, reports: frozenset[str]) -> None:
        """Let these reports lack a row whose money was spent; none: all have it."""
        self._change_of(account_id, promotion_id, day).missing_from = reports

    def rename(self, account_id: int, promotion_id: int, name: str) -> None:
        """Let a promotion have another name from now on, on each day. Raises ValueError."""
        self._exchange(
            account_id, lambda one: one.promotion_id == promotion_id, lambda one: replace(one, promotion_name=name)
        )

    def rename_project(self, account_id: int, project_id: int, name: str) -> None:
        """Let a project have another name from now on, on each day. Raises ValueError."""
        self._exchange(
            account_id, lambda one: one.project_id == project_id, lambda one: replace(one, project_name=name)
        )

    def _exchange(
        self, account_id: int, wanted: Callable[[Promotion], bool], renamed: Callable[[Promotion], Promotion]
    ) -> None:
        account = self.accounts[account_id]
        if not any(map(wanted, account.promotions)):
            raise ValueError(f"{account.name} has none of that id")
        account.promotions = [renamed(one) if wanted(one) else one for one in account.promotions]
        self._made.clear()

    def _maturity(self, day: date) -> Maturity:
        return maturity_of(day, self._clock.now()) if self._settings.restating else FINAL

    def _change_of(self, account_id: int, promotion_id: int, day: date) -> Change:
        self._made.clear()
        account = self.accounts[account_id]
        if all(one.promotion_id != promotion_id for one in account.promotions):
            account.promotions.append(Promotion(promotion_id, f"单元 {promotion_id}", promotion_id - 1, "后来的项目"))
        return self.changes.setdefault((account_id, promotion_id, day), Change())


def _ratio(figure: object) -> float | None:
    return None if figure is None else float(str(figure))
