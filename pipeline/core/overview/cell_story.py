"""The story of one account on one day: what is known, every reading of it, and what a person can do."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from pipeline.core.accounts.spend import Noted
from pipeline.core.causes import CAUSES
from pipeline.core.coverage.day import DayCoverage
from pipeline.core.model import CHINA, Account, AccountDay, Totals, china_day
from pipeline.core.outcome import DayOutcome, DayState, FetchOutcome, RunState, Shift
from pipeline.core.run_kind import RunKind
from pipeline.core.runs.plan import OLDEST_DAYS, RESTATED_DAYS

SHOWN = 20  # readings, the newest
_BACKFILL, _MANUAL = RunKind.BACKFILL.prefix, RunKind.MANUAL.prefix
_UNTRIED = {
    DayState.MISSING: ("这一天还没有同步过", "近期的日期会自动补数；也可以现在重新读取。"),
    DayState.OPEN: ("这一天还没有结束，或还没到同步时间", "无需处理，到时会自动同步。"),
    DayState.PARKED: ("账户长期无法读取，系统已停止等待", "请在巨量引擎检查该账户的状态和授权；恢复后会自动补数。"),
}
_BEFORE = "这一天早于该账户开始同步的日期", "无需处理；需要这一天的数据时，可以重新读取。"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunBrief:
    """A run without its accounts; `state` also of one that is still open."""

    run_id: str
    state: RunState
    started_at: datetime
    dry_run: bool = False
    restatements: frozenset[AccountDay] = frozenset()

    @property
    def kind(self) -> RunKind:
        """Why the run was begun."""
        return RunKind.of(self.run_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingOfDay:
    """What one run read of the day.

    Attributes:
        read_at: When it was read at the source.
        found: What the reading found.
        restated: Whether the source had corrected what was loaded before.
        shift: What that made of the 消耗, where it is known.
        same: Whether it found what the reading before it found.
    """

    run: RunBrief
    read_at: datetime
    found: DayOutcome
    restated: bool = False
    shift: Shift | None = None
    same: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CellStory:
    """Everything that is known of an account's day.

    Attributes:
        owed: Whether the day is read by itself; not before the account's first day.
        totals: What the account report said of the day when it was loaded.
        rows: Rows that the table is sure to hold; `None` if nothing was loaded, or rows were perhaps written since.
        cost: Their 消耗 in 元.
        read_at: When they were read at the source.
        doubtful: Whether the table may hold something else than what was last loaded.
        outside: What the account spent outside its promotions, in 元.
        why: Why the day is not good; empty if it is.
        cure: What to do then.
        again_at: No reading before then can make the day good.
        parked_since: Since when the account cannot be read and no run waits for it.
        readings: The newest first.
        reading: The id of a run that reads the day now, or is about to; empty if there is none.
        shut: Why the day cannot be read again; empty if it can.
    """

    account: Account
    day: date
    state: DayState
    owed: bool
    rows: int | None
    cost: Decimal | None
    totals: Totals | None
    read_at: datetime | None
    doubtful: bool
    outside: Decimal
    why: str
    cure: str
    again_at: datetime | None
    parked_since: date | None
    readings: tuple[ReadingOfDay, ...]
    reading: str
    shut: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is remembered of an account's day, as it was read; `day` is `None` if nobody asked for it."""

    day: DayCoverage | None
    noted: Noted | None
    parked_since: date | None
    readings: Sequence[ReadingOfDay]
    reading: str
    now: datetime


def story(account: Account, day: date, facts: Facts) -> CellStory:
    """The story as people read it."""
    known = facts.day or DayCoverage()
    loaded, shown, standing, noted = known.loaded, known.shown, known.standing, facts.noted
    why, cure = _why(known) if facts.day else _BEFORE
    return CellStory(
        account=account,
        day=day,
        state=shown.state,
        owed=facts.day is not None,
        rows=standing.rows if standing else None,
        cost=Decimal(standing.cost) if standing else None,
        totals=loaded.totals if loaded else None,
        read_at=loaded.as_of if loaded else None,
        doubtful=known.doubtful,
        outside=noted.amount if noted and noted.accepted else Decimal(shown.outside),
        why=why,
        cure=cure,
        again_at=shown.again_at if shown.again_at and shown.again_at > facts.now else None,
        parked_since=facts.parked_since,
        readings=_compared(sorted(facts.readings, key=lambda one: one.read_at, reverse=True))[:SHOWN],
        reading=facts.reading,
        shut=shut(day, facts.now),
    )


def _compared(readings: Sequence[ReadingOfDay]) -> tuple[ReadingOfDay, ...]:
    """Readings, the newest first, each against the one before it."""
    befores = [*readings, None][1:]
    return tuple(replace(one, same=_same(one, before)) for one, before in zip(readings, befores, strict=True))


def _same(one: ReadingOfDay, before: ReadingOfDay | None) -> bool:
    if before is None or one.restated or one.run.state is RunState.RUNNING:
        return False  # what the source corrected besides these figures is known at the run's end
    good = one.found.state.good and before.found.state.good
    return good and _figures(one.found) == _figures(before.found)


def _figures(found: DayOutcome) -> tuple[object, ...]:
    return found.state, found.rows, found.cost, found.totals


def _why(day: DayCoverage) -> tuple[str, str]:
    """Why a day is not good, and what to do."""
    last = day.shown
    if last.state.good:
        return "", ""
    if last.state in _UNTRIED and not last.reason:
        return _UNTRIED[last.state]
    cause = CAUSES.get(last.reason or "")
    words = cause.words if cause else "数据不完整" if last.state == DayState.INCOMPLETE else "读取失败"
    return words, (last.what_to_do or (cause.cure if cause else "")).removeprefix(f"{words}，")


def shut(day: date, now: datetime) -> str:
    """Why a day cannot be read again; empty if it can."""
    if day >= china_day(now):
        return "这一天还没有结束，结束后才能读取。"
    if day < china_day(now) - timedelta(days=OLDEST_DAYS):
        return f"巨量引擎只提供最近 {OLDEST_DAYS} 天的数据，这一天已无法重新读取。"
    return ""


def looked_back_until(day: date, reach: int) -> datetime:
    """Until when runs that nobody asked for may read a day.

    Args:
        reach: How many days they look back for what is owed.
    """
    return datetime.combine(day + timedelta(days=max(reach, RESTATED_DAYS) + 2), time(), CHINA)


def may_have_read(run_id: str, started_at: datetime, day: date, until: datetime) -> bool:
    """Whether a run that began after a day may have read it, as far as its id and its start say."""
    if run_id.startswith(_BACKFILL):
        first, last = run_id[len(_BACKFILL) :][:10], run_id[len(_BACKFILL) + 11 :][:10]
        return first <= day.isoformat() <= last
    return started_at < until or run_id.startswith(f"{_MANUAL}{day}")


def readings_of(
    at: AccountDay,
    fetches: Mapping[str, Iterable[FetchOutcome]],
    runs: Mapping[str, RunBrief],
    shifts: Mapping[str, Shift | None],
) -> list[ReadingOfDay]:
    """What runs read of a day, by what they fetched of the account."""
    return [
        ReadingOfDay(
            run=runs[run_id],
            read_at=fetch.as_of,
            found=found,
            restated=at in runs[run_id].restatements,
            shift=shifts.get(run_id),
        )
        for run_id, of_run in fetches.items()
        if run_id in runs
        for fetch in of_run
        for found in fetch.days
        if found.day == at.day
    ]
