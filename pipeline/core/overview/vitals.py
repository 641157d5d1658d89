"""The product's vital signs, for metrics: what is loaded, what ran, what comes to an end, who is alive."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from pipeline.core.coverage.letters import BLANK, GOOD, STATES_OF
from pipeline.core.errors import Trouble
from pipeline.core.model import DayRange
from pipeline.core.outcome import DayState, RunState, Summary
from pipeline.core.overview.coverage_page import CoverageRow
from pipeline.core.run_kind import RunKind

# phase → the event that ends it, the event that begins it; without one it begins with the run
_PHASES: Mapping[str, tuple[str, str | None]] = {
    "fetch": ("fetched", None),
    "read": ("table_read", None),
    "load": ("loaded", "loading"),
    "verify": ("verified", "verifying"),
    "views": ("views_checked", "verified"),
    "finish": ("finished", "verified"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEnd:
    """How a run ended, in what metrics need of it.

    Attributes:
        accounts: The ids of its accounts; of those in a further table, with its name.
        needs: Why a person is needed, by account; under "" what concerns the whole run.
        phases: Seconds by phase; empty where nobody asked for them.
    """

    run_id: str
    kind: RunKind
    state: RunState
    dry_run: bool
    started_at: datetime
    ended_at: datetime
    accounts: frozenset[str]
    needs: Mapping[str, str]
    phases: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TokenEnds:
    """When Ocean Engine's tokens end."""

    access: datetime
    refresh: datetime


@dataclass(frozen=True, slots=True)
class TableRows:
    """The rows of a physical table as last counted; `newest` is whether new days go into it."""

    table_id: str
    rows: int
    newest: bool


@dataclass(frozen=True, slots=True)
class Days:
    """What is known of the accounts' last days.

    Attributes:
        counts: Account-days by state.
        last_good: The newest day that is good for every account; `None` if none of these days is.
    """

    counts: Mapping[DayState, int]
    last_good: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FurtherTable:
    """A further table of the settings.

    Attributes:
        table: The id of its first physical table; its name while nobody knows it.
        rows, successor: As of `Vitals`.
    """

    table: str
    days: Days
    rows: tuple[TableRows, ...] = ()
    successor: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Vitals:
    """All vital signs at one moment.

    Attributes:
        table_id: The table of the settings, which names its chain.
        rows_limit: Of a physical table.
        successor: The first day of an announced successor of the newest table.
        token: `None` if there is no pair that can be read.
        needs: Stable words for why a person is needed.
        calls_limit: Calls to Feishu a month; 0: none.
        failed_in_a_row: The newest runs without a success among them.
        worker_seen, beat_seen: By Redis' clock; `None`: not within a day, or a quarter of an hour.
        further: The further tables.
    """

    table_id: str
    accounts: int
    days: Days
    rows: tuple[TableRows, ...]
    rows_limit: int
    successor: date | None
    token: TokenEnds | None
    needs: tuple[str, ...]
    calls_used: int
    calls_limit: int
    queues: Mapping[str, int]
    open_runs: int
    failed_in_a_row: int
    last_runs: tuple[RunEnd, ...]
    calls: Mapping[str, int]
    retries: Mapping[str, int]
    workers: int
    worker_seen: datetime | None
    beat_seen: datetime | None
    further: tuple[FurtherTable, ...] = ()


def days_of(rows: Sequence[CoverageRow], days: DayRange) -> Days:
    """Count the states of accounts' days, and find the last day that is good for all; parked accounts do not count."""
    letters, bad, asked = Counter[str](), set[int](), set[int]()
    for row in rows:
        letters.update(row.known)
        if row.parked_since is None:
            there = {at for at, letter in enumerate(row.known) if letter != BLANK}
            asked |= there
            bad |= {at for at in there if row.known[at] not in GOOD}
    good = max(asked - bad, default=None)
    counts = {state: letters[letter] for letter, state in STATES_OF.items()}
    return Days(counts, None if good is None else days.first + timedelta(days=good))


def end_of(summary: Summary) -> RunEnd:
    """What metrics need of a run's summary."""
    troubles = {at: trouble for one in (summary, *summary.further) for at, trouble in _troubles(one)}
    return RunEnd(
        run_id=summary.run_id,
        kind=summary.kind,
        state=summary.state,
        dry_run=summary.dry_run,
        started_at=summary.started_at,
        ended_at=summary.ended_at,
        accounts=frozenset(troubles) - {""},
        needs={one: trouble.reason for one, trouble in troubles.items() if trouble and trouble.needs_person},
    )


def _troubles(summary: Summary) -> Iterator[tuple[str, Trouble | None]]:
    """What was wrong in one table, with each account and with all."""
    table = f"{summary.table}@" if summary.table else ""
    yield table, summary.trouble
    yield from ((f"{table}{one.id}", one.trouble) for one in summary.accounts)


def phase_seconds(events: Sequence[Mapping[str, str]]) -> dict[str, float]:
    """Seconds of a run by phase; phases overlap, and one without events is left out."""
    first, last = dict[str, int](), dict[str, int]()
    for event in events:
        at = int(event["at"])
        first.setdefault(event["event"], at)
        last[event["event"]] = at
    if not events:
        return {}
    begun = int(events[0]["at"])
    return {
        phase: max(0, last[end] - (first.get(start, begun) if start else begun)) / 1000
        for phase, (end, start) in _PHASES.items()
        if end in last
    }


def failed_in_a_row(newest_first: Iterable[RunEnd]) -> int:
    """How many of the newest runs were no success, up to the first one that was; dry runs do not count."""
    count = 0
    for end in newest_first:
        if end.dry_run:
            continue
        if end.state is RunState.SUCCESS:
            break
        count += 1
    return count


def needs_of(newest_first: Iterable[RunEnd]) -> set[str]:
    """Why a person is needed, by what the newest run of each account found."""
    found, judged = set[str](), set[str]()
    for end in newest_first:
        if end.dry_run:
            continue
        if not judged and "" in end.needs:
            found.add(end.needs[""])
        found |= {reason for one, reason in end.needs.items() if one and one not in judged}
        judged |= end.accounts
    return found
