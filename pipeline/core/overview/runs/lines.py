"""The list of runs: which are wanted, and the line of each."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime

from pipeline.core.errors import Trouble
from pipeline.core.model import DayRange
from pipeline.core.outcome import AccountResult, DayState, Run, RunState, Summary
from pipeline.core.run_kind import RunKind
from pipeline.core.tables.ends import account_names, ends, good_accounts, is_named, table_name

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
        return self.account is None or any(self.account in pair for pair in account_names(run).items())


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLine:
    """One run in the list: kept beside an ended run, since plan and summary of 1,000 accounts are a quarter of a MB.

    Attributes:
        ended_at: `None` while it is open.
        good: Accounts without trouble; `None` while it is open.
        trouble: The worst: the run's own, else that of its worst account.
        troubled: The name of that account; empty if the trouble is the run's own.
        also: How many other accounts are in trouble.
        table: The table in which this is so, if the run is in several.
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
    table: str = ""

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
        accounts=len(account_names(run)),
        dry_run=run.dry_run,
    )
    if end is None:
        return line
    line = replace(
        line,
        ended_at=end.ended_at,
        good=good_accounts(end),
        created=sum(one.created for one in ends(end)),
        updated=sum(one.updated for one in ends(end)),
    )
    return _with_trouble(line, end)


def _with_trouble(line: RunLine, summary: Summary) -> RunLine:
    """The line with what went wrong, of the first table that is not well, which is named where there are several."""
    end = next((one for one in ends(summary) if one.trouble or one.state not in FINE), ends(summary)[0])
    bad = worst_first([one for one in end.accounts if one.trouble and one.trouble != end.trouble])
    line = replace(line, table=table_name(end.table) if is_named(summary) and (end.trouble or bad) else "")
    if end.trouble or not bad:
        return replace(line, trouble=end.trouble, also=len(bad))
    return replace(line, trouble=bad[0].trouble, troubled=bad[0].name, also=len(bad) - 1)


def worst_first(accounts: Collection[AccountResult]) -> list[AccountResult]:
    """The bad before the good: those a person must act for first, parked ones last; then by bad days and by name."""
    return sorted(accounts, key=_badness)


def troubles_of(summary: Summary) -> list[tuple[Trouble, list[str]]]:
    """Each kind of trouble once, the run's own first, as its first case words it, with the names that it concerns.

    The run's own concerns no account by name. Where a run is in several tables, the names are those of the tables that
    are in trouble, and of accounts with their table; none of what befell all tables as a whole.
    """
    kinds: dict[tuple[str, int | None, str], tuple[Trouble, list[str]]] = {}
    every, named = ends(summary), is_named(summary)
    whole = {end.table: _kind(end.trouble) for end in every if end.trouble}
    for end in every:
        if end.trouble:
            alike = len(whole) == len(every) and len(set(whole.values())) == 1
            names = [table_name(end.table)] if named and not alike else []
            kinds.setdefault(_kind(end.trouble), (end.trouble, []))[1].extend(names)
    for end in every:
        for one in sorted(end.accounts, key=lambda one: one.state == DayState.PARKED):  # parked ones last
            if one.trouble and one.trouble != end.trouble:
                name = f"{table_name(end.table)} {one.name}" if named else one.name
                kinds.setdefault(_kind(one.trouble), (one.trouble, []))[1].append(name)
    return list(kinds.values())


def _kind(trouble: Trouble) -> tuple[str, int | None, str]:
    return trouble.reason, trouble.code, trouble.at_terminal


def _badness(one: AccountResult) -> tuple[bool, bool, bool, int, str]:
    person = bool(one.trouble and one.trouble.needs_person)
    return one.state.good, one.state == DayState.PARKED, not person, -one.bad_days, one.name
