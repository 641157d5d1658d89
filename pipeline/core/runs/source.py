"""What the fetches of a batch brought, as the load and the read-back need it."""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
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
        """Whether the rows are those that the outcome speaks of."""
        return len(self.rows) == self.outcome.rows and checksum(self.rows) == self.outcome.checksum

    def has(self, metrics: Collection[str]) -> bool:
        """Whether the rows have what our columns need; not so if the columns were changed during the run."""
        return all(set(metrics) <= row.metrics.keys() for row in self.rows[:1])


@dataclass(frozen=True, slots=True)
class Source:
    """What the fetches of a batch brought, ready to be written."""

    rows: tuple[ReportRow, ...]
    conflicts: tuple[AccountDay, ...]
    days: frozenset[AccountDay]  # every account and day that was fetched
    metrics: tuple[str, ...]
    digests: Mapping[AccountDay, str]  # of what each account reports of its day; it says of which metrics it is
    costs: Mapping[AccountDay, Decimal]  # 消耗 of each account's day, in 元
    outcomes: tuple[FetchOutcome, ...]

    def without_rows(self) -> "Source":
        """What is left to know when the table's rows are made: a batch of many rows need not hold them twice."""
        return replace(self, rows=())

    def days_of(self, run: Run) -> frozenset[date]:
        """The days of a batch, and those that were fetched besides."""
        return frozenset(run.days) | {at.day for at in self.days}

    def comparable(self, digest: str) -> bool:
        """Whether a digest is of the same metrics: with other columns, other figures are no restatement."""
        return digest.startswith(_of(self.metrics))


@dataclass(frozen=True, slots=True)
class Fetches:
    """The fetches of a batch whose rows have what our columns need."""

    fetched: tuple[Fetched, ...]
    metrics: tuple[str, ...]

    def stale(self, now: datetime) -> tuple[str, ...]:
        """Ids of the accounts whose reading is too old to be written, or dated by a clock that stepped back since."""
        return tuple(one.outcome.account_id for one in self.fetched if not usable(one.outcome.as_of, now))

    def without(self, account_ids: Collection[str]) -> "Fetches":
        """The fetches of all other accounts."""
        return replace(self, fetched=tuple(one for one in self.fetched if one.outcome.account_id not in account_ids))

    def read_at(self) -> dict[AccountDay, datetime]:
        """Every account and day that was fetched, and when it was read."""
        return {
            AccountDay(one.outcome.account_id, day.day): one.outcome.as_of
            for one in self.fetched
            for day in one.outcome.days
            if not day.failed
        }

    def source(self, days: Collection[AccountDay]) -> Source:
        """Some of the days that were fetched; of two accounts that share a key, the first one's row."""
        own = [row for one in self.fetched for row in one.rows if AccountDay(row.account_id, row.day) in days]
        rows, conflicts = settle_shared_keys(own)
        outcomes = tuple(one.outcome for one in self.fetched)
        places, digests = frozenset(days), _digests(own, days, self.metrics)
        return Source(tuple(rows), conflicts, places, self.metrics, digests, _costs(own, days), outcomes)


@dataclass(frozen=True, slots=True)
class Ready:
    """What the fetches of a batch brought, as far as it may be written.

    Attributes:
        read_at: When each day was read that may be written, or that somebody read later.
        outdated: The latter.
        stale: Ids of the accounts whose reading is too old.
    """

    source: Source
    read_at: Mapping[AccountDay, datetime]
    outdated: frozenset[AccountDay]
    stale: tuple[str, ...]

    def without_rows(self) -> "Ready":
        """What is left to know when the table's rows are made."""
        return replace(self, source=self.source.without_rows())


def _digests(rows: Iterable[ReportRow], days: Iterable[AccountDay], metrics: Sequence[str]) -> dict[AccountDay, str]:
    by_day: dict[AccountDay, list[ReportRow]] = {at: [] for at in days}
    for row in rows:
        by_day[AccountDay(row.account_id, row.day)].append(row)
    return {at: f"{_of(metrics)}{checksum(found)}" for at, found in by_day.items()}


def _costs(rows: Iterable[ReportRow], days: Iterable[AccountDay]) -> dict[AccountDay, Decimal]:
    costs = dict.fromkeys(days, ZERO)
    for row in rows:
        costs[AccountDay(row.account_id, row.day)] += row.cost
    return costs


def _of(metrics: Sequence[str]) -> str:
    return hashlib.sha256(" ".join(sorted(metrics)).encode()).hexdigest()[:8] + ":"


def concerning(run: Run, wanted: Sequence[WantedRow], found: Iterable[FoundRow]) -> list[FoundRow]:
    """The rows of the table that a batch has to do with: those of its keys and, whatever their key, of its accounts.

    The table can only be searched by days: a batch of an agency finds the rows of all other accounts too.
    """
    names = {account.name for account in run.accounts}
    by_key: dict[Key | None, WantedRow] = {row.key: row for row in wanted}
    ours = ((row, by_key.get(row.key)) for row in found)
    return [_shared(row, wanted) for row, wanted in ours if wanted or row.account_name in names]


def _shared(found: FoundRow, wanted: WantedRow | None) -> FoundRow:
    """A row that is right already takes the cells of the wanted one: a batch of many rows need not hold them twice."""
    return found.holding(wanted.cells) if wanted and not wanted.differing(found) else found


def want(layout: Layout, run: Run, source: Source) -> list[WantedRow]:
    """The table's rows for what the source said."""
    accounts = {account.id: account for account in run.accounts}
    return [layout.want(row, accounts[row.account_id]) for row in source.rows]
