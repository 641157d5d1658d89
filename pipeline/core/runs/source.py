"""The rows that the fetches of a batch brought, for the load and the read-back."""

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from pipeline.core.model import ZERO, AccountDay, FoundRow, Key, ReportRow, WantedRow
from pipeline.core.outcome import FetchOutcome, Run
from pipeline.core.runs.quality import checksum, settle_shared_keys
from pipeline.core.runs.reading import usable
from pipeline.core.table.layout import Layout


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came of fetching one account."""

    outcome: FetchOutcome
    rows: tuple[ReportRow, ...]

    @property
    def whole(self) -> bool:
        """Whether the rows are those of the outcome."""
        return len(self.rows) == self.outcome.rows and checksum(self.rows) == self.outcome.checksum

    def within(self, holds: Callable[[date], bool]) -> "Fetched":
        """The same with some of its days only."""
        days = tuple(one for one in self.outcome.days if holds(one.day))
        return Fetched(replace(self.outcome, days=days), tuple(row for row in self.rows if holds(row.day)))

    def has(self, metrics: Collection[str]) -> bool:
        """Whether the rows have these metrics; they do not if the columns were changed during the run."""
        return all(set(metrics) <= row.metrics.keys() for row in self.rows[:1])


@dataclass(frozen=True, slots=True)
class Source:
    """The rows of a batch, one for each key, and what is known of its days."""

    rows: tuple[ReportRow, ...]
    conflicts: tuple[AccountDay, ...]
    days: frozenset[AccountDay]  # every account and day that was fetched
    metrics: tuple[str, ...]
    digests: Mapping[AccountDay, str]  # of each account's rows of its day and the names of their metrics
    costs: Mapping[AccountDay, Decimal]  # 消耗 of each account's day, in 元
    outcomes: tuple[FetchOutcome, ...]

    def without_rows(self) -> "Source":
        """The same without rows: once the table's rows are made, a large batch need not hold both."""
        return replace(self, rows=())

    def days_of(self, run: Run) -> frozenset[date]:
        """The days of a batch, and the older ones fetched with it."""
        return frozenset(run.days) | {at.day for at in self.days}

    def comparable(self, digest: str) -> bool:
        """Whether a digest is of the same metrics: with other columns, other figures are no restatement."""
        return digest.startswith(_of(self.metrics))


@dataclass(frozen=True, slots=True)
class Fetches:
    """The fetches of a batch whose rows have the metrics of our columns."""

    fetched: tuple[Fetched, ...]
    metrics: tuple[str, ...]

    def stale(self, now: datetime) -> tuple[str, ...]:
        """Ids of accounts whose reading is too old to be written, or dated by a clock that stepped back since."""
        return tuple(one.outcome.account_id for one in self.fetched if not usable(one.outcome.as_of, now))

    def without(self, account_ids: Collection[str]) -> "Fetches":
        """The fetches of all other accounts."""
        return replace(self, fetched=tuple(one for one in self.fetched if one.outcome.account_id not in account_ids))

    def within(self, holds: Callable[[date], bool]) -> "Fetches":
        """The same with some of their days only."""
        return replace(self, fetched=tuple(one.within(holds) for one in self.fetched))

    def read_at(self) -> dict[AccountDay, datetime]:
        """When each account and day was read, without days that failed."""
        return {
            AccountDay(one.outcome.account_id, day.day): one.outcome.as_of
            for one in self.fetched
            for day in one.outcome.days
            if not day.failed
        }

    def source(self, days: Collection[AccountDay]) -> Source:
        """The rows of these days; of two accounts that share a key, the first one's."""
        own = [row for one in self.fetched for row in one.rows if AccountDay(row.account_id, row.day) in days]
        by_day: dict[AccountDay, list[ReportRow]] = {at: [] for at in days}
        for row in own:
            by_day[AccountDay(row.account_id, row.day)].append(row)
        digests = {at: f"{_of(self.metrics)}{checksum(of_day)}" for at, of_day in by_day.items()}
        costs = {at: sum((row.cost for row in of_day), ZERO) for at, of_day in by_day.items()}
        rows, conflicts = settle_shared_keys(own)
        outcomes = tuple(one.outcome for one in self.fetched)
        return Source(tuple(rows), conflicts, frozenset(days), self.metrics, digests, costs, outcomes)


@dataclass(frozen=True, slots=True)
class Ready:
    """The rows of a batch that may be written.

    Attributes:
        read_at: When each day was read, `outdated` ones included.
        outdated: Days that another run read later: they are not written.
        stale: Ids of accounts whose reading is too old: they are not written.
    """

    source: Source
    read_at: Mapping[AccountDay, datetime]
    outdated: frozenset[AccountDay]
    stale: tuple[str, ...]


def _of(metrics: Sequence[str]) -> str:
    return hashlib.sha256(" ".join(sorted(metrics)).encode()).hexdigest()[:8] + ":"


def concerning(run: Run, wanted: Sequence[WantedRow], found: Iterable[FoundRow]) -> list[FoundRow]:
    """The table's rows with a key or an account of this batch.

    The table can only be searched by days, which brings the rows of all other accounts too.
    """
    names = {account.name for account in run.accounts}
    by_key: dict[Key | None, WantedRow] = {row.key: row for row in wanted}
    ours = ((row, by_key.get(row.key)) for row in found)
    return [_shared(row, wanted) for row, wanted in ours if wanted or row.account_name in names]


def _shared(found: FoundRow, wanted: WantedRow | None) -> FoundRow:
    """A row that is right already shares the wanted row's cells: a large batch need not hold them twice."""
    return found.holding(wanted.cells) if wanted and not wanted.differing(found) else found


def want(layout: Layout, run: Run, source: Source) -> list[WantedRow]:
    """The source's rows as the table should hold them."""
    accounts = {account.id: account for account in run.accounts}
    return [layout.want(row, accounts[row.account_id]) for row in source.rows]
