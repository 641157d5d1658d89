"""Spend outside promotions (全域推广 and the like): when a day is whole although its account spent more.

Either promotions are missing, or money was spent in plans that no report has rows of. The project report is the second
witness: it sums the same promotions, so it shows a row that only the promotion report lacks. For a table of projects
the promotions are the witness; what is remembered is that of the promotions.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from pipeline.core.errors import LaikeError, Trouble
from pipeline.core.model import CHINA, ZERO, china_day
from pipeline.core.outcome import DayOutcome, DayState
from pipeline.core.reports import PROMOTION, REPORTS, Report

TOLERANCE_YUAN = Decimal("0.05")  # the API rounds rows and totals apart
TOLERANCE_SHARE = Decimal("0.001")
LATER = timedelta(hours=3)  # late reports have caught up by then: from 07:00 to the settling run
LATELY = timedelta(days=14)
SETTLED_READINGS = 3  # from the third morning on the cure names the setting
PROMOTIONS_NAMED = 3
_IF_TRUE = "差额属实的，请联系维护人员（编号 incomplete）。"


def tolerance(total: Decimal, rows: int) -> Decimal:
    """By how much 元 rows may miss a total; without rows by nothing."""
    return max(TOLERANCE_YUAN, abs(total) * TOLERANCE_SHARE) if rows else ZERO


@dataclass(frozen=True, slots=True)
class Reading:
    """The last good reading of a day: 消耗 (元) by promotion, and of the account."""

    costs: Mapping[str, Decimal]
    total: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """A day on which an account spent more than its promotions.

    Attributes:
        amount: 元 outside promotions, when accepted or first found.
        since: The first of an unbroken series of readings that found the promotions whole.
        accepted: Whether the amount counts.
        told_by: The run that accepted it as new.
        stuck: Days on which settled figures were read and the promotions were not whole.
    """

    amount: Decimal = ZERO
    since: datetime | None = None
    accepted: bool = False
    told_by: str = ""
    stuck: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One reading of an account, and what is remembered of the account.

    Attributes:
        at: When it began.
        settle_at: When yesterday's figures have settled.
        owed_from: The oldest day that is read again by itself.
        witness: The sums of the report's witness by day, an absent day is zero; `None`: it cannot be read.
        unread: Why not.
        noted: Days on which the account spent more before.
        readings: The last good readings of the days in question.
        with_rows: Days on which the report had rows.
    """

    account_id: str
    run_id: str
    at: datetime
    settle_at: time
    owed_from: date = date.min
    witness: Mapping[date, Decimal] | None = None
    unread: Trouble | None = None
    noted: Mapping[date, Noted] = field(default_factory=dict)
    readings: Mapping[date, Reading] = field(default_factory=dict)
    with_rows: Collection[date] = ()
    report: Report = PROMOTION

    @property
    def other(self) -> Report:
        """The witness of the report."""
        return REPORTS[self.report.witness]


@dataclass(frozen=True, slots=True)
class Weighed:
    """A day's outcome, what to remember of it, and whether reading again at once may change it."""

    outcome: DayOutcome
    noted: Noted
    look_again: bool = False


@dataclass(frozen=True, slots=True)
class Weighing:
    """The days of a reading with their states.

    Attributes:
        noted: What to remember of days on which the account spent more.
        unread: Why the witness could not be read, if it was needed.
        look_again: Whether reading the account again at once may make a day good.
    """

    days: tuple[DayOutcome, ...]
    noted: Mapping[date, Noted] = field(default_factory=dict)
    unread: LaikeError | None = None
    look_again: bool = False


def falls_short(outcome: DayOutcome) -> bool:
    """Whether a day's promotions sum to less than its account spent."""
    return outcome.state == DayState.INCOMPLETE and outcome.cost < _total(outcome)


def accepted(outcome: DayOutcome, *, new: bool = False) -> DayOutcome:
    """The day as loaded, with what its account spent outside."""
    outside = _total(outcome) - outcome.cost
    return replace(outcome, state=DayState.LOADED, outside=outside, outside_new=new, trouble=None)


def weigh(short: DayOutcome, costs: Mapping[str, Decimal], look: Look) -> Weighed:
    """The state of a day that falls short, by the second witness and by what is remembered.

    Args:
        costs: 消耗 (元) of each promotion that has a row.
    """
    noted = look.noted.get(short.day, Noted())
    if look.witness is None:
        return Weighed(_unread(short, look), noted, look_again=True)
    witness = look.witness.get(short.day, ZERO)
    if abs(witness - short.cost) > tolerance(witness, short.rows):
        return _other_sum(short, witness, look, noted)
    if lost := _lost(short, costs, look.readings.get(short.day)):
        return _stuck(short, look, noted, *_words_of_lost(lost))
    if not short.rows and any(timedelta() < short.day - day <= LATELY for day in look.with_rows):
        lately = f"没有任何{look.report.item}数据，而此前 14 天内有数据"
        return _stuck(short, look, noted, "has no rows, though it had some lately", lately)
    return _outside(short, look, noted)


def weighing_of(
    days: Sequence[DayOutcome], weighed: Mapping[date, Weighed], look: Look, unread: LaikeError | None
) -> Weighing:
    """Join the days that were weighed with the others."""
    made = tuple(weighed[day.day].outcome if day.day in weighed else day for day in days)
    again = [day for day in made if not day.state.good and (day.day not in weighed or weighed[day.day].look_again)]
    noted = {day: one.noted for day, one in weighed.items() if one.noted != look.noted.get(day, Noted())}
    return Weighing(made, noted, unread, look_again=bool(again))


def _outside(short: DayOutcome, look: Look, noted: Noted) -> Weighed:
    """The promotions are whole: the rest counts at once if that is usual, else at a later reading."""
    usual = any(one.accepted and abs(day - short.day) <= LATELY for day, one in look.noted.items())
    amount = _total(short) - short.cost
    if noted.accepted or (usual and short.cost):
        new = noted.told_by == look.run_id  # the run that told it as new does so again when it is repeated
        return Weighed(accepted(short, new=new), replace(noted, amount=amount, accepted=True))
    # late rows make the amount smaller: then it is not the one that was found before
    since = noted.since if noted.since and amount >= noted.amount - tolerance(noted.amount, 1) else None
    if since is None or since > look.at:  # the clock was ahead
        since, noted = look.at, replace(noted, amount=amount)
    noted = replace(noted, since=since)
    if look.at - since < LATER:
        return Weighed(_waiting(short, look, since + LATER), noted, look_again=not usual)
    told_by = "" if usual else look.run_id
    return Weighed(accepted(short, new=not usual), replace(noted, amount=amount, accepted=True, told_by=told_by))


def _lost(short: DayOutcome, costs: Mapping[str, Decimal], before: Reading | None) -> dict[str, Decimal]:
    """Promotions that are gone since the last good reading although the account's 消耗 did not fall by theirs."""
    if before is None:
        return {}
    lost = {one: cost for one, cost in before.costs.items() if cost > 0 and one not in costs}
    theirs = sum(lost.values(), ZERO)
    return lost if _total(short) > before.total - theirs + tolerance(theirs, 1) else {}


def _other_sum(short: DayOutcome, witness: Decimal, look: Look, noted: Noted) -> Weighed:
    total = _total(short)
    english, chinese = f"but the {look.other.name}s to {witness}", f"但{look.other.item}合计 {witness:,.2f} 元"
    if abs(witness - total) <= tolerance(total, 1):
        return _stuck(short, look, noted, english, chinese)
    return Weighed(_not_whole(short, look, english, chinese), replace(noted, since=None), look_again=True)


def _stuck(short: DayOutcome, look: Look, noted: Noted, english: str, chinese: str) -> Weighed:
    """Not whole; from the third morning with settled figures on a person must decide."""
    today, mornings = china_day(look.at), set(noted.stuck)
    if look.at >= datetime.combine(short.day + timedelta(days=1), look.settle_at, CHINA):
        mornings.add(today)
    noted = replace(noted, since=None, stuck=tuple(sorted(mornings)))
    found = {*mornings, *(day for one in look.noted.values() for day in one.stuck)}
    named = sum(today - day <= LATELY for day in found) >= SETTLED_READINGS
    return Weighed(_not_whole(short, look, english, chinese, named=named), noted, look_again=True)


def _words_of_lost(lost: Mapping[str, Decimal]) -> tuple[str, str]:
    named = ", ".join(sorted(lost)[:PROMOTIONS_NAMED]) + ("…" if len(lost) > PROMOTIONS_NAMED else "")
    return (
        f"but the account did not fall by the {sum(lost.values())} of promotions that had rows before ({named})",
        f"此前有数据的 {len(lost)} 个单元没有再返回（{named}），而账户消耗并未相应减少",
    )


def _not_whole(short: DayOutcome, look: Look, english: str, chinese: str, *, named: bool = False) -> DayOutcome:
    """An incomplete day; `named`: with the setting by which a person may accept the difference."""
    day, total, account_id = short.day, _total(short), look.account_id
    sums = f"账户消耗 {total:,.2f} 元，{look.report.item}合计 {short.cost:,.2f} 元"
    said = f"{day} {sums}，相差 {total - short.cost:,.2f} 元；{chinese}；"
    check = "已连续多日，不会自行恢复，请在巨量引擎后台核对；"
    setting = f'确认这笔差额属实后，在 laike.toml 的 [accounts.{account_id}] 中设置 difference = "expected"。'
    trouble = Trouble(
        reason="incomplete",
        message=f"{day}: the stat_cost of each {look.report.name} sums to {short.cost}, "
        f"the account report says {total}, {english}",
        what_to_do=said + (f"{check}{_IF_TRUE}" if named else "系统会自动重新获取。"),
        for_maintainer=f"{said}{check}{setting}" if named else None,
    )
    return replace(short, trouble=trouble)


def _waiting(short: DayOutcome, look: Look, until: datetime) -> DayOutcome:
    amount, moment = _total(short) - short.cost, f"{until.astimezone(CHINA):%m-%d %H:%M}"
    cure = "系统会再核对一次，暂无需处理" if short.day >= look.owed_from else "请对该日重新补数，以便再次核对"
    trouble = Trouble(
        reason="incomplete",
        message=f"{short.day}: the account spent {amount} more than its {look.report.name}s, "
        f"which the {look.other.name}s find whole; it counts if a reading after {moment} says the same",
        what_to_do=f"{short.day} 账户消耗比{look.report.item}合计多 {amount:,.2f} 元，可能是全域推广等单元以外的消耗；"
        f"{moment} 后{cure}。",
    )
    return replace(short, trouble=trouble, again_at=until)


def _unread(short: DayOutcome, look: Look) -> DayOutcome:
    amount, why, own, other = _total(short) - short.cost, look.unread, look.report, look.other
    said = f"{short.day} 账户消耗比{own.item}合计多 {amount:,.2f} 元，而{other.item}报表读取失败，无法核对；"
    trouble = Trouble(
        reason="incomplete",
        message=f"{short.day}: the account spent {amount} more than its {own.name}s, "
        f"and the {other.name} report cannot be read: {why.message if why else 'unknown'}",
        what_to_do=said + (why.what_to_do if why else "系统会自动重新获取。"),
        for_maintainer=said + why.at_terminal if why else None,
        code=why.code if why else None,
        request_id=why.request_id if why else None,
        needs_person=bool(why and why.needs_person),
        link=why.link if why else None,
    )
    return replace(short, trouble=trouble)


def _total(outcome: DayOutcome) -> Decimal:
    return outcome.totals.cost if outcome.totals else ZERO
