"""Runs: kinds, states, what came of a run and of each of its steps, the summary."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum

from pipeline.core.errors import Trouble
from pipeline.core.model import ZERO, Account, AccountDay, DayRange, Totals
from pipeline.core.read_back import DayAgreement, Overtaken


class RunState(StrEnum):
    """A run's state; one that is not `running` never changes again."""

    RUNNING = "running"
    SUCCESS = "success"
    PARTIAL = "partial"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


_DAILY_ID = re.compile(r"daily-\d{4}-\d{2}-\d{2}")  # a run by hand has a suffix


class RunKind(StrEnum):
    """Why a run was begun. A run's id begins with its kind's prefix; nothing else reads an id."""

    DAILY = "daily"
    SETTLE = "settle"
    CATCH_UP = "catch_up"
    BACKFILL = "backfill"
    MANUAL = "manual"  # a sync by hand: the id of a daily run with a suffix

    @property
    def prefix(self) -> str:
        """What ids of this kind begin with."""
        return f"{RunKind.DAILY if self is RunKind.MANUAL else self.replace('_', '-')}-"

    @classmethod
    def of(cls, run_id: str) -> "RunKind":
        """The kind of a run, by its id: plans and summaries of every release have one."""
        if _DAILY_ID.fullmatch(run_id):
            return cls.DAILY
        others = (cls.SETTLE, cls.CATCH_UP, cls.BACKFILL)
        return next((kind for kind in others if run_id.startswith(kind.prefix)), cls.MANUAL)


class DayState(StrEnum):
    """What is known of one account on one day."""

    LOADED = "loaded"
    EMPTY = "empty"
    INCOMPLETE = "incomplete"
    FAILED = "failed"
    MISSING = "missing"
    PARKED = "parked"
    OPEN = "open"

    @property
    def good(self) -> bool:
        """Whether nothing more is owed for the day."""
        return self in (DayState.LOADED, DayState.EMPTY)


@dataclass(frozen=True, slots=True, kw_only=True)
class DayOutcome:
    """What a fetch found for one account on one day. `cost` in 元."""

    day: date
    state: DayState
    rows: int = 0
    cost: Decimal = ZERO
    totals: Totals | None = None  # what the account report said of the day; `None`: nothing
    trouble: Trouble | None = None
    outside: Decimal = ZERO  # 元 that the account spent where no promotion has a row, and that count
    outside_new: bool = False  # whether that is to be told: there was none lately
    again_at: datetime | None = None  # no reading before then can make the day good

    @property
    def failed(self) -> bool:
        """Whether nothing of the day was fetched, so that nothing of it may be written or compared."""
        return self.state in (DayState.FAILED, DayState.MISSING)

    @property
    def note(self) -> str | None:
        """What is to be said of the day besides its figures: what to do, or what its account spent besides."""
        if self.trouble:
            return self.trouble.what_to_do
        return outside_words(self.outside) if self.outside else None


def outside_words(amount: Decimal) -> str:
    """How money (元) is told that an account spent where no promotion has a row."""
    return f"另有 {amount:,.2f} 元不在单元中（全域推广等）"


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchOutcome:
    """What came of fetching one account; its rows are staged under the same key.

    `days` are those of the batch and, before them, older ones whose totals moved since they were loaded.
    """

    account_id: str
    days: tuple[DayOutcome, ...]
    rows: int
    checksum: str
    as_of: datetime
    spent_lately: bool = False  # whether the account report has 消耗 in the week before the newest day

    @property
    def trouble(self) -> Trouble | None:
        """The newest day's trouble, or that of the newest day that has one."""
        return next((d.trouble for d in reversed(self.days) if d.trouble), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Rows of one account and day that are not in the table because it cannot take them: how many, which, why."""

    account_id: str
    day: date
    rows: int
    promotions: tuple[str, ...]  # ids of the first few
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """By how much the source corrected a day's 消耗 since it was last loaded, in 元."""

    account_id: str
    day: date
    before: Decimal
    after: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """A day with rows that were not written: they stand under another account, which could not be asked about them."""

    account_id: str
    day: date
    trouble: Trouble


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadOutcome:
    """What the load wrote, or would write in a dry run."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    restated: tuple[AccountDay, ...] = ()  # days whose source differs from what was last loaded
    shifts: tuple[Shift, ...] = ()  # what that made of their 消耗
    edited: int = 0  # rows that a person had changed although the source had not
    fields: int = 0  # columns that the table has, those of people included
    days: tuple[date, ...] = ()  # that were fetched: the batch's, and older ones whose totals moved
    conflicts: tuple[AccountDay, ...] = ()  # days with a key that two accounts report differently
    doubts: tuple[Doubt, ...] = ()
    shared: int = 0  # keys that stand under another account; what was decided about each is staged
    outdated: tuple[AccountDay, ...] = ()  # days that were not written since what stands was read later
    stale: tuple[str, ...] = ()  # ids of accounts whose reading was too old to be written
    refused: tuple[Refusal, ...] = ()
    warnings: tuple[str, ...] = ()
    trouble: Trouble | None = None
    foreseen: tuple["DayAgreement", ...] = ()  # of a dry run: what a read-back would say


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyOutcome:
    """What the read-back says: how days compare with what this run fetched, or with what was read later."""

    agreements: tuple[DayAgreement, ...] = ()
    overtaken: tuple[Overtaken, ...] = ()
    verified: bool = False
    warnings: tuple[str, ...] = ()
    trouble: Trouble | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewsOutcome:
    """What became of the per-account views; it never changes a run's state."""

    right: int = 0
    created: tuple[str, ...] = ()
    repaired: tuple[str, ...] = ()
    left_alone: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    queued: int = 0  # to be made or repaired by the next runs
    spared: int = 0  # not made, since the table is near its limit of views
    unproven: tuple[str, ...] = ()  # written, but not so when read back
    total: int = 0  # views that the table has, as far as we may see them; 0: not looked
    trouble: Trouble | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run as it was planned, or one batch of it; nothing of this changes afterwards."""

    run_id: str
    day: date
    days: DayRange
    accounts: tuple[Account, ...]
    started_at: datetime
    deadline: datetime
    dry_run: bool = False
    backfill: bool = False  # goes after the daily run where both wait
    rows_a_day: int = 0  # of all accounts together, as lately loaded: what a long run's batches are cut by
    batch: int = 0
    loaded_before: tuple[int, ...] = ()  # batches of a backfill that an earlier attempt loaded: read back first
    loaded: tuple[int, ...] = ()  # batches that plans of older versions left out, unread
    restatements: bool = False  # whether older days whose totals moved are loaded again, too
    trouble: Trouble | None = None  # why the accounts are those of an older list
    parked: tuple[str, ...] = ()  # accounts that nobody waited for any more when it began
    table_id: str = ""  # the table that it is loaded into; runs of older releases name none
    tell: bool = True  # whether the group hears of its end; else only where it mends what the group was told of

    @property
    def kind(self) -> RunKind:
        """Why it was begun."""
        return RunKind.of(self.run_id)

    @property
    def batch_id(self) -> str:
        """What the batch's rows are kept under."""
        return f"{self.run_id}.{self.batch}"

    @property
    def plan_name(self) -> str:
        """What names this plan, whoever carries it out, and no other one that has the same id after Redis was lost."""
        return f"{self.run_id} {self.started_at.astimezone(UTC).isoformat()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountResult:
    """One account's line of a summary: `rows` and `cost` of the run's day, `window_…` of all its days.

    `state` and `trouble` are those of the day that is worst; what is known of the run's day alone is `of_day`.
    """

    id: str
    name: str
    state: DayState
    rows: int
    cost: Decimal
    window_rows: int
    window_cost: Decimal
    trouble: Trouble | None = None
    restated: bool = False
    outside: Decimal = ZERO  # 元 of the run's day that the account spent where no promotion has a row
    newest: DayState | None = None  # of the run's day; `None` in summaries of older versions
    bad_days: int = 0  # days of the run that are not good
    fetched: bool = True  # whether anything was read of the run's day

    @property
    def of_day(self) -> DayState:
        """The state of the run's day."""
        return self.newest or self.state


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """How a run ended."""

    run_id: str
    state: RunState
    day: date
    days: DayRange
    accounts: tuple[AccountResult, ...]
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    restatements: tuple[AccountDay, ...] = ()  # days whose source says something else than when they were loaded
    edited: int = 0
    gone: int = 0
    foreign: int = 0
    duplicates: int = 0
    verified: bool = False
    dry_run: bool = False
    warnings: tuple[str, ...] = ()
    trouble: Trouble | None = None
    started_at: datetime
    ended_at: datetime
    view_notes: tuple[str, ...] = ()
    news: tuple[str, ...] = ()  # those of the warnings that no other run says again

    @property
    def kind(self) -> RunKind:
        """Why the run was begun."""
        return RunKind.of(self.run_id)

    @property
    def needs_person(self) -> bool:
        """Whether somebody must act before the next run can do better."""
        troubles = [self.trouble, *(account.trouble for account in self.accounts)]
        return any(trouble.needs_person for trouble in troubles if trouble)
