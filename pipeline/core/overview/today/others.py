"""The shown day in the further tables: a line for each, and what the one sentence must not keep quiet about."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from pipeline.core.coverage.day import DayCoverage
from pipeline.core.errors import Trouble
from pipeline.core.model import ZERO
from pipeline.core.overview.today.todo import Place, ToDo, troubles_in, wrong_accounts
from pipeline.core.overview.today.verdict import DaySeen, Stage, Tone, Verdict, day_words, judge

_FURTHER: Mapping[Stage, int] = {  # how far a day is from being final
    Stage.FINAL: 0,
    Stage.NOBODY: 0,
    Stage.PROVISIONAL: 1,
    Stage.UNSETTLED: 2,
    Stage.RUNNING: 3,
    Stage.NOT_DUE: 4,
    Stage.UNKNOWN: 5,
    Stage.LACKING: 6,
}
_WORSE = (Tone.GOOD, Tone.LIVE, Tone.CALM, Tone.WARN, Tone.BAD)
NOT_MADE = Verdict(Stage.UNKNOWN, Tone.BAD, "还没有建立，或还没有同步过，其中没有昨日的数据")


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSeen:
    """What is known of the shown day in one further table.

    Attributes:
        day: `None`: nobody knows the table, since it was not made.
        link: The page of the table that holds the day.
        stops: Reasons for which loading into it is stopped.
        trouble: Why the newest run failed in it as a whole.
    """

    name: str
    day: DaySeen | None
    link: str | None = None
    stops: tuple[str, ...] = ()
    trouble: Trouble | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TableLine:
    """One further table on the first page; `rows` and `cost` (元) of the day, `None`: nothing is sure to be there.

    Attributes:
        known: Whether the table is known, so that its coverage can be looked at.
    """

    name: str
    verdict: Verdict
    words: str
    rows: int | None
    cost: Decimal | None
    link: str | None
    known: bool


def line_of(table: TableSeen) -> TableLine:
    """The line of a table."""
    verdict = judge(table.day) if table.day else NOT_MADE
    days = list(table.day.days.values()) if table.day else []
    standing = [one.standing for one in days if one.standing]
    return TableLine(
        name=table.name,
        verdict=verdict,
        words=_short(verdict, table.day),
        rows=sum(one.rows for one in standing) if standing else None,
        cost=sum((Decimal(one.cost) for one in standing), ZERO) if standing else None,
        link=table.link,
        known=table.day is not None,
    )


def _short(verdict: Verdict, day: DaySeen | None) -> str:
    """The sentence without the day, which stands above it."""
    return verdict.words.removeprefix(day_words(day.day)).removeprefix("的数据") if day else verdict.words


def worse(first: Verdict, lines: Iterable[TableLine]) -> list[TableLine]:
    """The tables in which the day is less far than the first table's sentence says, the worst first."""
    found = [one for one in lines if _rank(one.verdict) > _rank(first)]
    return sorted(found, key=lambda one: _rank(one.verdict), reverse=True)


def _rank(verdict: Verdict) -> tuple[int, int]:
    return _FURTHER[verdict.stage], _WORSE.index(verdict.tone)


def aside(lines: Sequence[TableLine]) -> str:
    """What the one sentence adds about tables in which the day is less far; empty without any."""
    if not lines:
        return ""
    more = f"；另有 {len(lines) - 1} 张数据表的数据也未完成" if len(lines) > 1 else ""
    return f"；但“{lines[0].name}”{lines[0].words}{more}"


def worst_tone(tones: Iterable[Tone]) -> Tone:
    """The tone that weighs most."""
    return max(tones, key=_WORSE.index)


def todos_of(tables: Iterable[TableSeen], first: Mapping[str, DayCoverage], told: Collection[str]) -> Iterator[ToDo]:
    """What a person must do about further tables, without what accounts lack in the first table for the same reason.

    Args:
        first: What is known of the day in the first table, by account id.
        told: Reasons that the list names for everything.
    """
    for table in tables:
        if table.day is None:
            yield ToDo(
                f"“{table.name}”还没有建立，或还没有同步过，其中没有昨日的数据",
                "请维护人员在“设置”页查看如何建立；建立后会自动补齐。",
                Place.SETUP,
            )
            continue
        yield from troubles_in(table.name, table.stops, table.trouble, told)
        same = {table.trouble.reason} if table.trouble else set[str]()
        accounts = [one for one in table.day.waited_for or () if not _as_in(first, table.day, one.id)]
        yield from wrong_accounts(accounts, table.day.days, {*told, *same}, table.name)


def _as_in(first: Mapping[str, DayCoverage], day: DaySeen, account_id: str) -> bool:
    """Whether an account is in the same trouble in the first table."""
    here, there = day.days.get(account_id), first.get(account_id)
    return bool(here and there and here.last and there.last and here.last.reason == there.last.reason)
