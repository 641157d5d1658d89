"""The list of runs: which are wanted, and the line of each."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime

from pipeline.core.errors import Trouble
from pipeline.core.model import DayRange
from pipeline.core.outcome import AccountResult, DayState, Run, RunState, Summary
from pipeline.core.run_kind import RunKind

FINE = (RunState.SUCCESS, RunState.RUNNING)
RunAndEnd = tuple[Run, Summary | None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which runs are listed.

    Attributes:
        failed: Only runs that ended without success.
        day: Only runs whose days include this one.
        account: Only runs with the account of this id or name.
        state: Only runs in this state.
        kind: Only runs of this kind.
    """

    failed: bool = False
    day: date | None = None
    account: str | None = None
    state: RunState | None = None
    kind: RunKind | None = None

    def may_hold(self, run_id: str) -> bool:
        """Whether a run may be listed, as far as its id says."""
        return self.kind is None or RunKind.of(run_id) is self.kind

    def holds(self, run: Run, state: RunState) -> bool:
        """Whether a run is listed."""
        return self.holds_line(line_of(run, None, state)) and self.has_account(run)

    def holds_line(self, line: "RunLine") -> bool:
        """Whether a run is listed, as far as its line says."""
        if self.failed and line.state in FINE:
            return False
        if self.state not in (None, line.state) or not self.may_hold(line.run_id):
            return False
        return self.day is None or self.day in line.days

    def has_account(self, run: Run) -> bool:
        """Whether a run has the wanted account."""
        return self.account is None or any(self.account in (one.id, one.name) for one in run.accounts)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLine:
    """One run in the list: kept beside an ended run, since plan and summary of 1,000 accounts are a quarter of a MB.

    Attributes:
        ended_at: `None` while it is open.
        good: Accounts without trouble; `None` while it is open.
        trouble: The worst: the run's own, else that of its worst account.
        troubled: The name of that account; empty if the trouble is the run's own.
        also: How many other accounts are in trouble.
    """

    run_id: str
    kind: RunKind
    state: RunState
    days: DayRange
    started_at: datetime
    accounts: int
    dry_run: bool = False
    ended_at: datetime | None = None
    good: int | None = None
    created: int = 0
    updated: int = 0
    trouble: Trouble | None = None
    troubled: str = ""
    also: int = 0

    @property
    def seconds(self) -> float | None:
        """How long it took; `None` while it is open."""
        return (self.ended_at - self.started_at).total_seconds() if self.ended_at else None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPage:
    """One page of the list.

    Attributes:
        lines: The newest first.
        lost: Ids of unreadable runs among those looked at.
        after: How many of the newest runs were skipped.
        older: How many to skip to go on from here; `None` if nothing older is left.
        oldest: When the oldest run that was looked at began; `None` if none was.
        count: Runs in the ledger.
    """

    lines: tuple[RunLine, ...]
    lost: tuple[str, ...]
    after: int
    older: int | None
    oldest: datetime | None
    count: int


def line_of(run: Run, end: Summary | None, state: RunState) -> RunLine:
    """The line of a run in a state."""
    line = RunLine(
        run_id=run.run_id,
        kind=run.kind,
        state=state,
        days=run.days,
        started_at=run.started_at,
        accounts=len(run.accounts),
        dry_run=run.dry_run,
    )
    if end is None:
        return line
    bad = worst_first([one for one in end.accounts if one.trouble and one.trouble != end.trouble])
    trouble = end.trouble or (bad[0].trouble if bad else None)
    own = end.trouble is None and bool(bad)
    return replace(
        line,
        ended_at=end.ended_at,
        good=sum(one.state.good for one in end.accounts),
        created=end.created,
        updated=end.updated,
        trouble=trouble,
        troubled=bad[0].name if own else "",
        also=max(0, len(bad) - 1) if own else len(bad),
    )


def worst_first(accounts: Collection[AccountResult]) -> list[AccountResult]:
    """The bad before the good: those a person must act for first, parked ones last; then by bad days and by name."""
    return sorted(accounts, key=_badness)


def troubles_of(summary: Summary) -> list[tuple[Trouble, list[str]]]:
    """Each kind of trouble once, the run's own first, as its first case words it, with the names that it concerns.

    The run's own concerns no account by name.
    """
    kinds: dict[tuple[str, int | None, str], tuple[Trouble, list[str]]] = {}
    if summary.trouble:
        kinds[_kind(summary.trouble)] = (summary.trouble, [])
    for one in sorted(summary.accounts, key=lambda one: one.state == DayState.PARKED):  # parked ones last
        if one.trouble and one.trouble != summary.trouble:
            kinds.setdefault(_kind(one.trouble), (one.trouble, []))[1].append(one.name)
    return list(kinds.values())


def _kind(trouble: Trouble) -> tuple[str, int | None, str]:
    return trouble.reason, trouble.code, trouble.at_terminal


def _badness(one: AccountResult) -> tuple[bool, bool, bool, int, str]:
    person = bool(one.trouble and one.trouble.needs_person)
    return one.state.good, one.state == DayState.PARKED, not person, -one.bad_days, one.name
