"""What a person must do, the most urgent first, each with the page where it is done."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from pipeline.core.causes import CAUSES, cure_of
from pipeline.core.coverage.day import DayCoverage
from pipeline.core.errors import AccountUnavailable, NeedsAuthorization
from pipeline.core.model import Account, grouped
from pipeline.core.overview.today.verdict import Tone, named
from pipeline.core.trouble import Trouble

TOLD_DAYS = 7  # before the authorization ends
URGENT_DAYS = 2
# Trouble that a later reading mends without a person.
PASSING = frozenset(
    {
        "unavailable", "throttled", "server_trouble", "unreachable", "token_expired", "bad_response",
        "incomplete", "stale", "overtaken", "disagreement", "deadline", "interrupted", "busy", "row_vanished",
        "batch_too_large", "bug", "account_inactive", "stopped",
    }
)  # fmt: skip


class Place(StrEnum):
    """The pages where something is done: names of their routes."""

    AUTHORIZE = "authorize"
    TABLES = "tables"
    COVERAGE = "coverage"
    ACCOUNTS = "accounts"
    DOCTOR = "doctor"
    SETUP = "setup"


_PLACES: Mapping[str, Place] = {
    **dict.fromkeys(("needs_authorization", "auth_code", "sensitive_material", "needs_person"), Place.AUTHORIZE),
    **dict.fromkeys(("table_full", "table_mismatch", "column_vanished", "tables_disagree", "base_full"), Place.TABLES),
    **dict.fromkeys(("conflict", "suspicious_empty"), Place.COVERAGE),
    "account_unavailable": Place.ACCOUNTS,
}
_AUTHORIZE = "请重新授权，并勾选全部账户；授权后所缺的数据会自动补齐。"


@dataclass(frozen=True, slots=True)
class ToDo:
    """One thing to do: what is wrong, what to do about it, where, and whether figures are lost to people meanwhile."""

    what: str
    cure: str
    place: Place
    urgent: bool = True


@dataclass(frozen=True, slots=True)
class Access:
    """The authorization: why a person must authorize, if so, and when it ends; `None`: not known."""

    trouble: Trouble | None
    ends_at: datetime | None

    def days_left(self, now: datetime) -> int | None:
        """Whole days until it ends."""
        return max(0, (self.ends_at - now) // timedelta(days=1)) if self.ends_at else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standstill:
    """What keeps the product from working.

    Attributes:
        access: The authorization.
        stops: Reasons for which loading into a table is stopped.
        unclear: Whether it is unclear which table the records of an older release are about.
        beat_silent: Whether beat gave no sign of life, so that nothing begins by itself.
        workers_silent: Whether no worker did, so that nothing that begins is carried out.
        run_trouble: Why the newest run failed as a whole, if the day that is shown is not whole.
    """

    access: Access
    stops: tuple[str, ...] = ()
    unclear: bool = False
    beat_silent: bool = False
    workers_silent: bool = False
    run_trouble: Trouble | None = None

    @property
    def stale(self) -> bool:
        """Whether the page cannot be up to date, since nobody works."""
        return self.beat_silent or self.workers_silent


def todos(
    still: Standstill,
    accounts: Sequence[Account],
    days: Mapping[str, DayCoverage],
    now: datetime,
    absent: Collection[str] = (),
) -> tuple[ToDo, ...]:
    """What a person must do, each thing once.

    Args:
        accounts: Those that are waited for.
        days: What is known of the shown day, by account id.
        absent: Ids of accounts that could not be read lately, also if the shown day was loaded before.
    """
    made = [*_of_access(still.access, now), *_of_services(still), *_of_loading(still)]
    reasons = told_for_all(still)
    made += _of_run(still.run_trouble, reasons)
    made += wrong_accounts(accounts, days, reasons | ({still.run_trouble.reason} if still.run_trouble else set()))
    made += _of_absent([one for one in accounts if one.id in absent and _whole(days.get(one.id))])
    return urgent_first(made)


def urgent_first(made: Iterable[ToDo]) -> tuple[ToDo, ...]:
    """The same, the urgent ones first."""
    return tuple(sorted(made, key=lambda one: not one.urgent))


def told_for_all(still: Standstill) -> set[str]:
    """Reasons that the list names once for everything."""
    return {NeedsAuthorization.reason} if still.access.trouble else set()


def troubles_in(table: str, stops: Iterable[str], trouble: Trouble | None, told: Collection[str]) -> Iterator[ToDo]:
    """What a person must do about a further table as a whole."""
    made = [*map(_of_reason, stops), *_of_run(trouble, told)]
    return (replace(one, what=f"“{table}”：{one.what}") for one in made)


def _of_access(access: Access, now: datetime) -> Iterable[ToDo]:
    if why := access.trouble:
        yield ToDo(*_authorize(why, there=access.ends_at is not None), Place.AUTHORIZE)
        return
    left = access.days_left(now)
    if left is not None and left <= TOLD_DAYS:
        when = f"将在 {left} 天后到期" if left else "将在 24 小时内到期"
        yield ToDo(
            f"巨量引擎授权{when}，到期后同步停止",
            "请提前重新授权，并勾选全部账户。",
            Place.AUTHORIZE,
            left < URGENT_DAYS,
        )


def _authorize(why: Trouble, *, there: bool) -> tuple[str, str]:
    if why.reason != NeedsAuthorization.reason:
        return _words(why.reason), why.what_to_do
    return f"{'巨量引擎授权已失效' if there else '没有可用的巨量引擎授权'}，新的数据无法读取", _AUTHORIZE


def _of_services(still: Standstill) -> Iterable[ToDo]:
    if still.beat_silent and still.workers_silent:
        yield _of_reason("no_worker", "同步服务没有运行，每日同步不会自动开始")
    elif still.workers_silent:
        yield _of_reason("no_worker", "同步程序没有运行，任何同步都不会完成")
    elif still.beat_silent:
        yield _of_reason("no_beat", "定时任务超过 15 分钟没有运行，每日同步不会自动开始")


def _of_loading(still: Standstill) -> Iterable[ToDo]:
    for reason in (*still.stops, *(["history_unclear"] if still.unclear else ())):
        yield _of_reason(reason)


def _of_run(trouble: Trouble | None, told: Collection[str]) -> Iterable[ToDo]:
    """A trouble of the whole run that does not pass by itself."""
    if trouble and trouble.reason not in PASSING.union(told):
        yield ToDo(_words(trouble.reason), trouble.what_to_do, _place(trouble.reason))


def wrong_accounts(
    accounts: Sequence[Account], days: Mapping[str, DayCoverage], told: Collection[str], table: str = ""
) -> Iterable[ToDo]:
    """Troubles of accounts that do not pass by themselves, those of one cause and cure together.

    Args:
        told: Reasons that are told for everything.
        table: The further table in which they have it.
    """
    place = f"“{table}”：" if table else ""
    troubles = [(one, last) for one in accounts if (there := days.get(one.id)) and (last := there.last)]
    bad = (
        ((last.reason, last.what_to_do), one)
        for one, last in troubles
        if not last.state.good and last.reason and last.reason not in PASSING.union(told)
    )
    for (reason, what_to_do), those in grouped(bad).items():
        what = f"{place}{named(those)}：{_words(reason or '')}"
        yield ToDo(what, what_to_do or cure_of(reason or ""), _place(reason or ""))


def _of_absent(accounts: Sequence[Account]) -> Iterable[ToDo]:
    """Accounts whose shown day is there, but whose next one will not be."""
    if accounts:
        reason = AccountUnavailable.reason
        what = f"{named(accounts)}：{_words(reason)}，之后的数据会缺失"
        yield ToDo(what, cure_of(reason), _place(reason), urgent=False)


def _whole(day: DayCoverage | None) -> bool:
    return day is not None and (day.last is None or day.last.state.good)


def tone_of(made: Sequence[ToDo], tone: Tone) -> Tone:
    """The tone of the page: what a person must do weighs more than figures that are fine."""
    if any(one.urgent for one in made):
        return Tone.BAD
    return Tone.WARN if made and tone is not Tone.BAD else tone


def _of_reason(reason: str, what: str | None = None) -> ToDo:
    """What to do about a cause; `what`: better words for what is wrong."""
    return ToDo(what or _words(reason), cure_of(reason).removeprefix(f"{_words(reason)}，"), _place(reason))


def _words(reason: str) -> str:
    return CAUSES[reason].words if reason in CAUSES else "出错"


def _place(reason: str) -> Place:
    return _PLACES.get(reason, Place.DOCTOR)
