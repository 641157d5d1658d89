"""Runs and their outcomes: kinds, states, what each step found, the summary."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum

from pipeline.core.chain import Chain
from pipeline.core.errors import Trouble
from pipeline.core.model import ZERO, Account, AccountDay, DayRange, Totals
from pipeline.core.read_back import DayAgreement, Overtaken
from pipeline.core.run_kind import RunKind


class RunState(StrEnum):
    """A run's state; one that is not `running` never changes again."""

    RUNNING = "running"
    SUCCESS = "success"
    PARTIAL = "partial"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


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
    totals: Totals | None = None  # of the account report; `None` if it has none of the day
    trouble: Trouble | None = None
    outside: Decimal = ZERO  # accepted 元 that the account spent outside its promotions
    outside_new: bool = False  # whether to tell the group: there was none lately
    again_at: datetime | None = None  # no earlier reading can make the day good

    @property
    def failed(self) -> bool:
        """Whether nothing was fetched, so that nothing may be written or compared."""
        return self.state in (DayState.FAILED, DayState.MISSING)

    @property
    def note(self) -> str | None:
        """What to say of the day besides its figures: what to do, or what the account spent elsewhere."""
        if self.trouble:
            return self.trouble.what_to_do
        return outside_words(self.outside) if self.outside else None


def outside_words(amount: Decimal) -> str:
    """The sentence about 元 that an account spent outside its promotions."""
    return f"另有 {amount:,.2f} 元不在单元中（全域推广等）"


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchOutcome:
    """What came of fetching one account; its rows are staged under the same key.

    `days` begins with older days whose totals changed since they were loaded; then come those of the batch.
    """

    account_id: str
    days: tuple[DayOutcome, ...]
    rows: int
    checksum: str
    as_of: datetime
    spent_lately: bool = False  # whether there is 消耗 in the week before the newest day

    @property
    def trouble(self) -> Trouble | None:
        """The trouble of the newest day that has one."""
        return next((d.trouble for d in reversed(self.days) if d.trouble), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Rows of one account and day that the table refuses."""

    account_id: str
    day: date
    rows: int
    promotions: tuple[str, ...]  # ids of the first few
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """A day's 消耗 in 元 as last loaded, and as the source corrected it."""

    account_id: str
    day: date
    before: Decimal
    after: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """A day with unwritten rows: they stand under another account, whose report could not be read."""

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
    loaded: Mapping[str, int] = field(default_factory=dict)  # of a batch in several tables: `shared` of each loaded one

    def shared_in(self, table_id: str) -> int:
        """How many decisions about shared keys are staged for a table."""
        return self.loaded.get(table_id, self.shared)


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyOutcome:
    """What the read-back says: how each day compares with this run's figures, or with newer ones."""

    agreements: tuple[DayAgreement, ...] = ()
    overtaken: tuple[Overtaken, ...] = ()
    verified: bool = False
    warnings: tuple[str, ...] = ()
    trouble: Trouble | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewsOutcome:
    """What became of the views; it never changes a run's state."""

    right: int = 0
    created: tuple[str, ...] = ()
    repaired: tuple[str, ...] = ()
    left_alone: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    queued: int = 0  # to be made or repaired by the next runs
    spared: int = 0  # not made, since the table is near its limit of views
    unproven: tuple[str, ...] = ()  # written, but different when read back
    total: int = 0  # views of the table that we may see; 0: not counted
    trouble: Trouble | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run as planned, in one table and in `further` ones, or one batch of it; it never changes."""

    run_id: str
    day: date
    days: DayRange
    accounts: tuple[Account, ...]
    started_at: datetime
    deadline: datetime
    dry_run: bool = False
    backfill: bool = False  # waits behind daily runs
    rows_a_day: int = 0  # expected rows of all accounts: the measure of a backfill's batches
    batch: int = 0
    loaded_before: tuple[int, ...] = ()  # batches of a backfill that an earlier attempt loaded: read back first
    loaded: tuple[int, ...] = ()  # batches that plans of older releases leave out, without a read-back
    restatements: bool = False  # whether older days whose totals changed are loaded again
    trouble: Trouble | None = None  # why the accounts are those of an older list
    parked: tuple[str, ...] = ()  # accounts that were parked when it began
    table_id: str = ""  # the table to load into; plans of older releases name none
    tell: bool = True  # whether the group hears of its end even if it mends nothing that was told
    chain: Chain | None = None  # its table and the successors; `None`: the table is alone
    piece: str = ""  # of a batch cut by tables: the table of this part, unless it is that of the newest days
    made: bool = False  # whether `table_id` was made for this run
    notes: tuple[str, ...] = ()  # what planning it has to tell the group
    table: str = ""  # the name of a further table; empty: the table of `LAIKE_BITABLE_TABLE_ID`
    further: tuple["Run", ...] = ()  # the same run in further tables, one each
    several: bool = False  # of what is in one table: whether the run is in others, too
    halted: Trouble | None = None  # why nothing can be done in a further table

    @property
    def kind(self) -> RunKind:
        """Why the run was begun."""
        return RunKind.of(self.run_id)

    @property
    def batch_id(self) -> str:
        """The name under which is staged what the steps of this batch, or piece of one, hand on."""
        return f"{self.fetched_id}.{self.piece}" if self.piece else self.fetched_id

    @property
    def fetched_id(self) -> str:
        """The name under which the rows that the batch fetched are staged, for all its pieces."""
        return f"{self.run_id}.{self.batch}"

    @property
    def own_id(self) -> str:
        """The name under which is kept what a run leaves for later in each of its tables."""
        return f"{self.run_id}@{self.table}" if self.table else self.run_id

    @property
    def plan_name(self) -> str:
        """Names this plan alone: after Redis is lost, another plan may have the same id."""
        return f"{self.run_id} {self.started_at.astimezone(UTC).isoformat()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountResult:
    """One account's line of a summary: `rows` and `cost` of the run's day, `window_…` of all its days.

    `state` and `trouble` are those of the worst day, `of_day` is the state of the run's day.
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
    outside: Decimal = ZERO  # 元 of the run's day spent outside promotions
    newest: DayState | None = None  # of the run's day; `None` in summaries of older releases
    bad_days: int = 0  # days of the run that are not good
    fetched: bool = True  # whether the run's day was read

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
    restatements: tuple[AccountDay, ...] = ()  # days whose source figures changed since they were loaded
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
    news: tuple[str, ...] = ()  # warnings that no other run repeats
    table: str = ""  # as of `Run`
    further: tuple["Summary", ...] = ()  # how it ended in further tables; `state` is that of all
    own_state: RunState | None = None  # that of its first table alone, where it is in several

    @property
    def kind(self) -> RunKind:
        """Why the run was begun."""
        return RunKind.of(self.run_id)

    @property
    def needs_person(self) -> bool:
        """Whether somebody must act before the next run can do better."""
        return any(a.needs_person for a in (self.trouble, *(one.trouble for one in self.accounts), *self.further) if a)
