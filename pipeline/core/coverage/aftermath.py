"""What the table has of a run's day, whatever the run itself brought."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from pipeline.core.coverage.day import DayCoverage, Loaded
from pipeline.core.model import ZERO
from pipeline.core.outcome import AccountResult, DayState, Summary


@dataclass(frozen=True, slots=True)
class Standing:
    """One account's rows and 消耗 (元) in the table, and when they were read from the source."""

    rows: int
    cost: Decimal
    as_of: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Aftermath:
    """The accounts of a run by what the table has of its day.

    Attributes:
        standing: By account id, for those `synced` and `kept`.
        synced: Fetched whole, written and read back by this run.
        kept: An earlier load still stands.
        unsure: Rows were perhaps written, but the day is not whole or did not agree.
        lacking: The day was never loaded.
        parked: No run waits for them.
        remembered: Whether anything is remembered of the table; if not, nothing is said of it.
    """

    standing: Mapping[str, Standing]
    synced: tuple[AccountResult, ...] = ()
    kept: tuple[AccountResult, ...] = ()
    unsure: tuple[AccountResult, ...] = ()
    lacking: tuple[AccountResult, ...] = ()
    parked: tuple[AccountResult, ...] = ()
    remembered: bool = True

    @property
    def waited_for(self) -> int:
        """How many accounts the run owed."""
        return len(self.synced) + len(self.kept) + len(self.unsure) + len(self.lacking)

    def of(self, accounts: Sequence[AccountResult]) -> list[Standing]:
        """What the table has of some accounts."""
        return [self.standing[one.id] for one in accounts]


@dataclass(frozen=True, slots=True, kw_only=True)
class TableEnd:
    """How a run ended in one of its tables; `after` is what that has of the run's day, `link` its page if known."""

    end: Summary
    after: Aftermath
    link: str | None = None


def aftermath(summary: Summary, days: Mapping[str, DayCoverage] | None) -> Aftermath:
    """Sort a run's accounts by what the table has of its day; `days` is by account id, `None` if unknown."""
    standing = dict[str, Standing]()
    groups: dict[str, list[AccountResult]] = {}
    for one in summary.accounts:
        day = (days or {}).get(one.id, DayCoverage())
        group = _group(one, day, dry_run=summary.dry_run)
        groups.setdefault(group, []).append(one)
        if group in ("synced", "kept"):
            standing[one.id] = _standing(day.loaded) or Standing(one.rows, one.cost, summary.started_at)
    sorted_out: dict[str, Any] = {name: tuple(those) for name, those in groups.items()}
    return Aftermath(standing=standing, remembered=days is not None, **sorted_out)


def _standing(loaded: Loaded | None) -> Standing | None:
    return Standing(loaded.rows, Decimal(loaded.cost), loaded.as_of) if loaded else None


def _group(one: AccountResult, day: DayCoverage, *, dry_run: bool) -> str:
    if one.of_day.good and not dry_run:
        return "synced"
    if one.of_day == DayState.PARKED:
        return "parked"
    if day.doubtful:
        return "unsure"
    return "kept" if day.loaded else "lacking"


def summed(those: Sequence[Standing] | Sequence[AccountResult]) -> tuple[int, Decimal]:
    """Rows and 消耗 of several accounts together."""
    return sum(one.rows for one in those), sum((one.cost for one in those), ZERO)
