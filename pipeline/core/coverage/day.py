"""What is known of one account on one day: what was last loaded, and how the last reading ended.

The one rule of joining the two: a reading that fails never erases what is loaded. Only another load replaces that.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from pipeline.core.model import Totals
from pipeline.core.outcome import DayOutcome, DayState
from pipeline.core.runs.findings import Word

UNKNOWN = ""  # the checksum of figures that nobody knows: it equals no other, so nothing counts as restated


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was last loaded of an account's day, read back and found to agree; `cost` in 元."""

    rows: int
    cost: str
    checksum: str
    as_of: datetime
    totals: Totals | None = None  # what the account report said of the day
    table: str = ""  # a digest of the table's rows of that account and day, as they were read back

    @property
    def state(self) -> DayState:
        """The state of a day whose last reading was loaded."""
        return DayState.LOADED if self.rows else DayState.EMPTY

    def outcome(self, day: date) -> DayOutcome:
        """The same as the outcome of a reading."""
        return DayOutcome(day=day, state=self.state, rows=self.rows, cost=Decimal(self.cost))


@dataclass(frozen=True, slots=True, kw_only=True)
class LastOutcome:
    """How the last reading of an account's day ended: rows and 消耗 (元) as fetched, and what to do if it is not good.

    Attributes:
        outside: What the account spent where no promotion has a row, in 元.
        again_at: No reading before then can make the day good.
    """

    state: DayState
    rows: int = 0
    cost: str = "0"
    what_to_do: str | None = None
    outside: str = "0"
    again_at: datetime | None = None
    as_of: datetime | None = None  # when that was read; `None` if an older release wrote it
    written: bool | None = None  # whether rows were perhaps written since the day was last good; `None`: older release
    reason: str | None = None  # why the day is not good

    @property
    def doubtful(self) -> bool:
        """Whether the table may hold something else than what was last loaded and found to agree."""
        return self.state == DayState.INCOMPLETE if self.written is None else self.written


@dataclass(frozen=True, slots=True)
class DayCoverage:
    """Both together."""

    loaded: Loaded | None = None
    last: LastOutcome | None = None

    @property
    def shown(self) -> LastOutcome:
        """What people see of the day: how the last reading ended, else what is loaded."""
        if self.last or not self.loaded:
            return self.last or LastOutcome(state=DayState.MISSING)
        return LastOutcome(state=self.loaded.state, rows=self.loaded.rows, cost=self.loaded.cost)

    @property
    def state(self) -> DayState:
        """The state of the day."""
        return self.shown.state

    @property
    def doubtful(self) -> bool:
        """Whether the table may hold something else than what is loaded."""
        return self.last is not None and self.last.doubtful

    @property
    def standing(self) -> Loaded | None:
        """What the table is sure to hold: what is loaded, unless rows were perhaps written since."""
        return None if self.doubtful else self.loaded

    def after(self, outcome: LastOutcome, *, fetched: bool) -> "DayCoverage":
        """The same once a reading ended.

        Where it fetched nothing of a loaded day, the figures in the table still stand. A doubt lasts until a read-back
        agrees.
        """
        if self.loaded and not fetched:
            return self
        doubtful = not outcome.state.good and self.doubtful
        return replace(self, last=replace(outcome, written=True) if doubtful else outcome)


def last_outcome(word: Word, *, written: bool) -> LastOutcome:
    """The last word of a run on a day, to be remembered; `written`: the run may have written rows of the day."""
    outcome, trouble = word.outcome, word.outcome.trouble
    return LastOutcome(
        state=outcome.state,
        rows=outcome.rows,
        cost=str(outcome.cost),
        what_to_do=trouble.what_to_do if trouble else None,
        outside=str(outcome.outside),
        again_at=outcome.again_at,
        as_of=word.as_of,
        written=not outcome.state.good and written,
        reason=trouble.reason if trouble else None,
    )
