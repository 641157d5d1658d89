"""The first page: whether yesterday can be relied upon, what to do, and what stands around it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from pipeline.core.coverage.day import DayCoverage
from pipeline.core.coverage.history import History, history_of, together
from pipeline.core.model import ZERO, Account, AccountDay
from pipeline.core.overview.today.figures import (
    NOTHING,
    AccountLine,
    CourseDay,
    Measures,
    Past,
    line_of,
    measures,
    worst_first,
)
from pipeline.core.overview.today.others import TableLine, TableSeen, aside, todos_of, worse, worst_tone
from pipeline.core.overview.today.others import line_of as line_of_table
from pipeline.core.overview.today.todo import Standstill, ToDo, todos, told_for_all, tone_of, urgent_first
from pipeline.core.overview.today.verdict import DaySeen, Stage, Tone, Verdict, awaited, judge

PER_PAGE = 50
_TOLD = (Tone.WARN, Tone.BAD)  # of a sentence that says itself what is wrong


@dataclass(frozen=True, slots=True)
class Corrected:
    """Days of an account that the source corrected after they were loaded, and by which run that was seen."""

    account: str
    days: tuple[date, ...]
    run_id: str
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class Outside:
    """What accounts spent outside their promotions on a day, in 元 together, and their names."""

    amount: Decimal = ZERO
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Parked:
    """An account that nobody waits for, and since when it cannot be read."""

    name: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """The rows of the table that new days go into.

    Attributes:
        rows: `None`: not counted lately.
        counted: The day of the count.
        successor: The first day of the next table.
        announced: Whether that is announced; else it is a forecast.
        warning: What people must know of it.
    """

    rows: int | None
    cap: int
    counted: date | None = None
    successor: date | None = None
    announced: bool = False
    warning: str | None = None


@dataclass(frozen=True, slots=True)
class Calls:
    """Our calls to Feishu of this month against the limit; a limit of 0: none is set."""

    used: int
    limit: int
    warning: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Everything that was read for the page.

    Attributes:
        accounts: All accounts, parked ones too; `None`: none are remembered.
        absent: Ids of accounts that could not be read lately.
        alerts: What runs saw out of the ordinary, a sentence each.
        next_times: The next time of each task.
        others: The day in the further tables.
    """

    day: DaySeen
    accounts: Sequence[Account] | None
    parked: Mapping[str, datetime]
    past: Past
    still: Standstill
    room: Room
    calls: Calls
    absent: Collection[str] = ()
    corrected: tuple[Corrected, ...] = ()
    alerts: tuple[str, ...] = ()
    next_times: Mapping[str, datetime] = field(default_factory=dict)
    clock_offset_s: float = 0
    others: tuple[TableSeen, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Today:
    """The first page.

    Attributes:
        awaited: When yesterday comes, where the day before is shown.
        tone: Of the page: the worse of the sentence's and of what there is to do.
        stale: Whether the page cannot be up to date.
        lines: The accounts of this page, the worst first.
        total: All accounts together.
        counted: Accounts whose figures are in the total, of so many.
        course: The days up to the one that is shown, the oldest first.
        days_left: Whole days until the authorization ends; `None`: not known.
        others: The further tables; all else is about the first one.
    """

    day: date
    verdict: Verdict
    awaited: str | None
    tone: Tone
    todos: tuple[ToDo, ...]
    run_id: str | None
    stale: bool
    accounts: int | None
    lines: tuple[AccountLine, ...]
    page: int
    pages: int
    total: Measures
    counted: int
    course: tuple[CourseDay, ...]
    alerts: tuple[str, ...]
    corrected: tuple[Corrected, ...]
    outside: Outside
    parked: tuple[Parked, ...]
    authorized: bool
    days_left: int | None
    calls: Calls
    room: Room
    next_times: Mapping[str, datetime]
    clock_offset_s: float
    others: tuple[TableLine, ...] = ()

    @property
    def words(self) -> str:
        """The one sentence: how far the day is, and beside good news the first thing that there is to do."""
        behind = worse(self.verdict, self.others)
        said = f"{self.verdict.words}{aside(behind)}"
        if not self.todos or worst_tone([self.verdict.tone, *(one.verdict.tone for one in behind)]) in _TOLD:
            return said
        first = self.todos[0]
        return f"{said}；{'但' if first.urgent else '请注意：'}{first.what}"

    @property
    def has_course(self) -> bool:
        """Whether anything is remembered of the days that the course shows."""
        return any(one.figures or one.lacking for one in self.course[:-1]) or bool(self.course[-1].figures)

    @property
    def known(self) -> bool:
        """Whether anything is remembered that can be shown."""
        return self.verdict.stage not in (Stage.UNKNOWN, Stage.NOBODY)


def today_of(seen: Seen, page: int) -> Today:
    """Join what was read; a page beyond the last is the last."""
    day, accounts, parked = seen.day.day, seen.accounts or (), seen.parked
    of_day = {AccountDay(account_id, day): one for account_id, one in seen.day.days.items()}
    history = {**seen.past.history, **history_of(of_day.items())}
    ranked = worst_first(accounts, seen.day.days, parked)
    pages = max(1, -(-len(ranked) // PER_PAGE))
    page = min(max(1, page), pages)
    shown = ranked[(page - 1) * PER_PAGE : page * PER_PAGE]
    verdict, ids = judge(seen.day), [one.id for one in accounts]
    made, others = _todos(seen), tuple(map(line_of_table, seen.others))
    return Today(
        day=day,
        verdict=verdict,
        awaited=awaited(seen.day),
        tone=tone_of(made, worst_tone([verdict.tone, *(one.verdict.tone for one in worse(verdict, others))])),
        todos=made,
        run_id=seen.day.run.run_id if seen.day.run else None,
        stale=seen.still.stale,
        accounts=None if seen.accounts is None else len(accounts),
        lines=tuple(
            line_of(one, seen.day.days.get(one.id, NOTHING), history, day, parked=one.id in parked) for one in shown
        ),
        page=page,
        pages=pages,
        total=measures(history, ids, day),
        counted=sum(AccountDay(one, day) in history for one in ids),
        course=(*seen.past.course, _shown_day(seen, history, ids)),
        alerts=seen.alerts,
        corrected=seen.corrected,
        outside=_outside(accounts, seen.day.days),
        parked=tuple(Parked(one.name, parked[one.id]) for one in accounts if one.id in parked),
        authorized=seen.still.access.trouble is None,
        days_left=seen.still.access.days_left(seen.day.now),
        calls=seen.calls,
        room=seen.room,
        next_times=seen.next_times,
        clock_offset_s=seen.clock_offset_s,
        others=others,
    )


def _todos(seen: Seen) -> tuple[ToDo, ...]:
    made = todos(seen.still, seen.day.waited_for or (), seen.day.days, seen.day.now, seen.absent)
    return urgent_first([*made, *todos_of(seen.others, seen.day.days, told_for_all(seen.still))])


def _shown_day(seen: Seen, history: History, ids: Collection[str]) -> CourseDay:
    waited_for = seen.day.waited_for or ()
    lacking = sum(not seen.day.days.get(one.id, NOTHING).state.good for one in waited_for)
    return CourseDay(seen.day.day, together(history, ids, seen.day.day), lacking)


def _outside(accounts: Sequence[Account], days: Mapping[str, DayCoverage]) -> Outside:
    spent = [(one.name, Decimal(days[one.id].shown.outside)) for one in accounts if one.id in days]
    found = [(name, amount) for name, amount in spent if amount]
    return Outside(sum((amount for _, amount in found), ZERO), tuple(name for name, _ in found))
