"""Whether a day's figures can be relied upon: one sentence and one tone for people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from pipeline.core.coverage.day import DayCoverage
from pipeline.core.model import CHINA, Account, china_day
from pipeline.core.outcome import DayState
from pipeline.core.run_kind import RunKind

NAMED = 3  # accounts by name in the sentence
WEEKDAYS = "一二三四五六日"
# Redis, whose clock dates a reading, may be a little behind the one of beat.
CLOCKS_APART = timedelta(minutes=1)
_DAY = timedelta(days=1)


class Tone(StrEnum):
    """How a sentence is meant; the pages have a colour for each, and no meaning by the colour alone."""

    GOOD = "good"
    LIVE = "live"
    CALM = "calm"
    WARN = "warn"
    BAD = "bad"


class Stage(StrEnum):
    """How far a day's figures are."""

    UNKNOWN = "unknown"  # nothing is remembered
    NOT_DUE = "not_due"
    RUNNING = "running"
    LACKING = "lacking"
    PROVISIONAL = "provisional"
    UNSETTLED = "unsettled"  # the time of the second reading has passed without it
    FINAL = "final"
    NOBODY = "nobody"  # all accounts are parked


@dataclass(frozen=True, slots=True)
class UnderWay:
    """A run that works on a day."""

    run_id: str
    kind: RunKind


@dataclass(frozen=True, slots=True, kw_only=True)
class DaySeen:
    """What is known of a day.

    Attributes:
        waited_for: Accounts that are not parked; `None`: no account is remembered.
        days: By account id.
        known: Whether anything is remembered of this day or of earlier ones.
        due_at: When the day's figures are owed.
        settle_at: When its figures are read once more, Asia/Shanghai.
        patience: How long the second reading may take.
        run: The run that works on the day.
    """

    day: date
    now: datetime
    waited_for: Sequence[Account] | None
    days: Mapping[str, DayCoverage]
    known: bool
    daily_at: time
    due_at: datetime
    settle_at: time
    patience: timedelta
    run: UnderWay | None = None

    @property
    def begins(self) -> datetime:
        """When the day's first run begins."""
        return _next_morning(self.day, self.daily_at)

    @property
    def settles(self) -> datetime:
        """When its figures are read once more."""
        return _next_morning(self.day, self.settle_at)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The sentence on a day.

    Attributes:
        as_of: When the oldest of the day's figures were read at the source.
        rest: How far the accounts are that the sentence does not name; empty if it is about all.
    """

    stage: Stage
    tone: Tone
    words: str
    as_of: datetime | None = None
    rest: str = ""


def day_words(day: date) -> str:
    """A day as people say it."""
    return f"{day.month}月{day.day}日（周{WEEKDAYS[day.weekday()]}）"


def judge(seen: DaySeen) -> Verdict:
    """Say how far a day's figures are."""
    if seen.waited_for is None:
        return Verdict(Stage.UNKNOWN, Tone.WARN, "没有账户记录，无法判断昨日数据是否已入库")
    if not seen.waited_for:
        return Verdict(Stage.NOBODY, Tone.WARN, "所有账户均已停用，没有需要同步的数据")
    lacking = [one for one in seen.waited_for if not _day(seen, one).state.good]
    return _lacking(seen, lacking) if lacking else _whole(seen, seen.waited_for)


def awaited(seen: DaySeen) -> str | None:
    """When the next day comes, if the shown one is not yesterday since that is not due."""
    if china_day(seen.now) - seen.day <= _DAY:
        return None
    following = replace(seen, day=seen.day + _DAY, due_at=seen.due_at + _DAY)
    return _not_due(following, day_words(following.day))


def _whole(seen: DaySeen, accounts: Sequence[Account]) -> Verdict:
    as_of, day, count = min(_read(seen, accounts), default=None), day_words(seen.day), _all_of(len(accounts))
    if _settled(seen, accounts):
        return Verdict(Stage.FINAL, Tone.GOOD, f"{day}的数据已复核完成，{count}已入库", as_of)
    if seen.run:
        doing = "复核" if seen.run.kind is RunKind.SETTLE else "重新读取"
        return Verdict(Stage.RUNNING, Tone.LIVE, f"{day}的数据已入库，正在{doing}", as_of)
    if seen.now < seen.settles + seen.patience:
        words = f"{day}的数据已入库，为初步数据，{seen.settle_at:%H:%M} 复核后为准"
        return Verdict(Stage.PROVISIONAL, Tone.CALM, words, as_of)
    words = f"{day}的数据已入库，但 {seen.settle_at:%H:%M} 的复核没有完成，仍为初步数据"
    return Verdict(Stage.UNSETTLED, Tone.WARN, words, as_of)


def _read(seen: DaySeen, accounts: Sequence[Account]) -> list[datetime]:
    return [loaded.as_of for one in accounts if (loaded := _day(seen, one).loaded)]


def _settled(seen: DaySeen, accounts: Sequence[Account]) -> bool:
    """Whether all of these accounts are known to have been read once more."""
    read = _read(seen, accounts)
    return len(read) == len(accounts) and min(read) >= seen.settles - CLOCKS_APART


def _lacking(seen: DaySeen, lacking: Sequence[Account]) -> Verdict:
    day, as_of = day_words(seen.day), _as_of(seen)
    if seen.run:
        return Verdict(Stage.RUNNING, Tone.LIVE, f"正在{_doing(seen.run)}{day}的数据{_still(seen, lacking)}", as_of)
    if seen.now < seen.due_at and not any(one.id in seen.days for one in lacking):
        return Verdict(Stage.NOT_DUE, Tone.CALM, _not_due(seen, day))
    if not seen.known:
        return Verdict(Stage.UNKNOWN, Tone.WARN, f"没有任何同步记录，无法判断{day}的数据是否已入库")
    if len(lacking) == len(seen.waited_for or ()) and not any(_day(seen, one).loaded for one in lacking):
        return Verdict(Stage.LACKING, Tone.BAD, f"{day}的数据没有入库，{_none_of(len(lacking))}", as_of)
    tone = Tone.BAD
    waiting = [one.last.again_at for at in lacking if (one := _day(seen, at)).last and one.last.again_at]
    count = f"{day}有 {len(lacking)} 个账户的数据{_what(seen, lacking)}：{named(lacking)}"
    if len(waiting) == len(lacking) and (when := max(waiting)) > seen.now:
        count, tone = f"{count}；{when.astimezone(CHINA):%H:%M} 后自动再次核对", Tone.WARN
    return Verdict(Stage.LACKING, tone, count, as_of, _rest(seen, lacking))


def _rest(seen: DaySeen, lacking: Sequence[Account]) -> str:
    """How far the accounts are that do not lack the day."""
    others = [one for one in seen.waited_for or () if one not in lacking]
    if not others:
        return ""
    if _settled(seen, others):
        return "其余账户的数据已复核完成"
    if seen.now < seen.settles + seen.patience:
        return f"其余账户为初步数据，{seen.settle_at:%H:%M} 复核后为准"
    return f"其余账户仍为初步数据，{seen.settle_at:%H:%M} 的复核没有完成"


def _not_due(seen: DaySeen, day: str) -> str:
    if seen.now < seen.begins:
        return f"{day}的数据将于 {seen.daily_at:%H:%M} 开始同步"
    return f"{day}的数据尚未入库，预计 {seen.due_at.astimezone(CHINA):%H:%M} 前完成"


def _what(seen: DaySeen, lacking: Sequence[Account]) -> str:
    states = {_day(seen, one).state for one in lacking}
    if states == {DayState.INCOMPLETE}:
        return "不完整"
    return "没有入库" if DayState.INCOMPLETE not in states else "没有入库或不完整"


def _doing(run: UnderWay) -> str:
    return {RunKind.SETTLE: "复核", RunKind.CATCH_UP: "自动补齐", RunKind.BACKFILL: "补"}.get(run.kind, "同步")


def _still(seen: DaySeen, lacking: Sequence[Account]) -> str:
    there = len(seen.waited_for or ()) - len(lacking)
    return f"，已入库 {there} 个账户，还有 {len(lacking)} 个" if there else ""


def _as_of(seen: DaySeen) -> datetime | None:
    read = [one.standing.as_of for one in seen.days.values() if one.standing and one.state.good]
    return min(read, default=None)


def _day(seen: DaySeen, account: Account) -> DayCoverage:
    return seen.days.get(account.id, DayCoverage())


def _all_of(count: int) -> str:
    return f"{count} 个账户均" if count > 1 else "1 个账户"


def _none_of(count: int) -> str:
    return f"{count} 个账户均缺少" if count > 1 else "1 个账户缺少"


def named(accounts: Sequence[Account]) -> str:
    """The first few names, and how many there are in all."""
    first = "、".join(one.name for one in accounts[:NAMED])
    return f"{first} 等 {len(accounts)} 个" if len(accounts) > NAMED else first


def _next_morning(day: date, at: time) -> datetime:
    return datetime.combine(day + _DAY, at, CHINA)
