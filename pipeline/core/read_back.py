"""Results of the read-back by account and day."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from pipeline.core.model import ZERO, AccountDay


@dataclass(frozen=True, slots=True, kw_only=True)
class DayAgreement:
    """How the table, read back, compares with the source for one account and day."""

    account_id: str
    day: date
    missing: int = 0
    wrong: int = 0
    duplicates: int = 0
    gone: int = 0
    foreign: int = 0
    excess: Decimal = ZERO  # 元 by which the table exceeds the source

    @property
    def at(self) -> AccountDay:
        """The account and day."""
        return AccountDay(self.account_id, self.day)

    @property
    def agrees(self) -> bool:
        """Every key of the source is in the table exactly once with the source's figures."""
        return not (self.missing or self.wrong or self.duplicates)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overtaken:
    """A day that another run read later: the table's rows and 消耗 (元)."""

    account_id: str
    day: date
    rows: int
    cost: Decimal
    against: datetime | None = None  # the later reading; `None`: its rows were not read back yet
    proven: bool = False  # whether the table has what that run loaded

    @property
    def at(self) -> AccountDay:
        """The account and day."""
        return AccountDay(self.account_id, self.day)
