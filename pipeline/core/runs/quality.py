"""Whether what was fetched is whole, and whether the table, read back, agrees with it."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from pipeline.core.accounts.spend import tolerance
from pipeline.core.errors import Trouble
from pipeline.core.model import ZERO, Account, AccountDay, FoundRow, Key, ReportRow, Totals, WantedRow, by_key, grouped
from pipeline.core.outcome import DayOutcome, DayState, Refusal, VerifyOutcome
from pipeline.core.read_back import DayAgreement
from pipeline.core.reports import PROMOTION, Report

PROMOTIONS_NAMED = 3  # of the refused rows of a day


def judge_days(
    rows: Sequence[ReportRow], totals: Mapping[date, Totals], days: Iterable[date], report: Report = PROMOTION
) -> tuple[DayOutcome, ...]:
    """Each day's state from its rows and the account report (an absent day is zero).

    A day whose rows must sum to the account's 消耗 and do not is incomplete here; if they sum to less,
    `core.accounts.spend` may still accept it as whole.
    """
    by_day = grouped((row.day, row) for row in rows)
    return tuple(_judge_day(day, by_day.get(day, []), totals.get(day), report) for day in days)


def _judge_day(day: date, rows: Sequence[ReportRow], totals: Totals | None, report: Report) -> DayOutcome:
    cost = sum((row.cost for row in rows), ZERO)
    outcome = DayOutcome(day=day, state=DayState.LOADED, rows=len(rows), cost=cost, totals=totals)
    total = totals.cost if totals else ZERO
    if report.sums_up and abs(cost - total) > tolerance(total, len(rows)):
        return replace(outcome, state=DayState.INCOMPLETE, trouble=_incomplete(day, cost, total, report))
    return outcome if rows else replace(outcome, state=DayState.EMPTY)


def all_failed(days: Iterable[date], why: Trouble) -> tuple[DayOutcome, ...]:
    """The outcomes of days that could not be read."""
    return tuple(DayOutcome(day=day, state=DayState.FAILED, trouble=why) for day in days)


def moved(totals: Mapping[date, Totals], loaded: Mapping[date, Totals | None]) -> list[date]:
    """Days whose account totals changed since they were loaded; an absent day is zero."""
    nothing = Totals(ZERO, ZERO)
    return sorted(day for day, then in loaded.items() if totals.get(day, nothing) != (then or nothing))


def spent_before(day: date, totals: Mapping[date, Totals]) -> bool:
    """Whether the account report has 消耗 in the week before `day`."""
    week = (day - timedelta(days=ago) for ago in range(1, 8))
    return any(totals[one].cost for one in week if one in totals)


def _incomplete(day: date, cost: Decimal, total: Decimal, report: Report) -> Trouble:
    difference = abs(cost - total)
    return Trouble(
        reason="incomplete",
        message=f"{day}: the stat_cost of each {report.name} sums to {cost} but the account report says {total}",
        what_to_do=f"{day} {report.item}消耗合计 {cost:,.2f} 元，账户合计 {total:,.2f} 元，"
        f"相差 {difference:,.2f} 元；系统会自动重新获取。",
    )


def checksum(rows: Iterable[ReportRow]) -> str:
    """A digest of the source's rows, whatever their order."""
    lines = sorted(
        f"{row.day}|{row.item_id}|{row.item_name}|"
        + "|".join(f"{name}={row.metrics[name].normalize():f}" for name in sorted(row.metrics))
        for row in rows
    )
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def settle_shared_keys(rows: Sequence[ReportRow]) -> tuple[list[ReportRow], tuple[AccountDay, ...]]:
    """One row for each key, and the account days on which two accounts report a key differently.

    A main account and its copy report the same promotion. Equal figures make one row, under the account that comes
    first. With different figures nobody knows which is right: the key is left out, and both accounts are named.
    """
    sharers = grouped((row.key, row) for row in rows)
    torn = {key for key, sharing in sharers.items() if any(row.metrics != sharing[0].metrics for row in sharing)}
    conflicts = {AccountDay(row.account_id, row.day) for key in torn for row in sharers[key]}
    return [sharing[0] for key, sharing in sharers.items() if key not in torn], tuple(sorted(conflicts))


def refusals(rows: Iterable[tuple[WantedRow, str]]) -> tuple[Refusal, ...]:
    """Refused rows and why, by account and day."""
    by_day = grouped((AccountDay(row.account_id, row.key.day), (row.key.item_id, why)) for row, why in rows)
    return tuple(
        Refusal(
            account_id=at.account_id,
            day=at.day,
            rows=len(refused),
            promotions=tuple(sorted(promotion for promotion, _ in refused)[:PROMOTIONS_NAMED]),
            why=refused[0][1],
        )
        for at, refused in sorted(by_day.items())
    )


def agree(
    wanted: Sequence[WantedRow], found: Sequence[FoundRow], accounts: Mapping[AccountDay, Account], ours: str | None
) -> tuple[DayAgreement, ...]:
    """How the table compares with the source for each account and day of `accounts`.

    Args:
        wanted: What the source said.
        found: What the table holds, read back.
        accounts: The accounts' days that were loaded.
        ours: The creator that the table names for our rows; `None` until we have created one.
    """
    tally: dict[AccountDay, Counter[str]] = {at: Counter() for at in accounts}
    excess: dict[AccountDay, Decimal] = defaultdict(lambda: ZERO)
    there = by_key(found)
    for row in wanted:
        if verdict := _verdict(row, there.get(row.key, ())):
            tally[AccountDay(row.account_id, row.key.day)].update(verdict)
    for extra, at in _extras(found, {row.key for row in wanted}, accounts):
        tally[at]["gone" if ours and extra.creator == ours else "foreign"] += 1
        excess[at] += extra.cost
    return tuple(
        DayAgreement(account_id=at.account_id, day=at.day, excess=excess[at], **tally[at]) for at in sorted(accounts)
    )


def all_agree(places: Iterable[AccountDay]) -> VerifyOutcome:
    """The read-back of a batch that is in the table as an earlier attempt left it."""
    agreements = tuple(DayAgreement(account_id=at.account_id, day=at.day) for at in places)
    return VerifyOutcome(agreements=agreements, verified=True)


def creator_of(created: Iterable[Key], found: Sequence[FoundRow]) -> str | None:
    """The creator that the table names for rows we just created; `None` if it names several or nobody."""
    rows = by_key(found)
    creators = ({row.creator for row in rows.get(key, [])} for key in created)
    return next((one.pop() for one in creators if len(one) == 1), None)


def _verdict(row: WantedRow, there: Sequence[FoundRow]) -> dict[str, int]:
    """What is wrong with a row's key in the table, counted."""
    if not there:
        return {"missing": 1}
    found = {"wrong": int(bool(row.differing(there[0]))), "duplicates": len(there) - 1}
    return {name: count for name, count in found.items() if count}


def _extras(
    found: Sequence[FoundRow], wanted: set[Key], accounts: Mapping[AccountDay, Account]
) -> Iterable[tuple[FoundRow, AccountDay]]:
    place = {(account.name, at.day): at for at, account in accounts.items()}
    for row in found:
        at = place.get((row.account_name, row.day)) if row.day else None
        if at and row.key not in wanted:
            yield row, at
