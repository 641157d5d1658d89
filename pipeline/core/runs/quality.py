"""Is a fetched set whole, and does the table, read back, agree with it."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from pipeline.core.errors import Trouble
from pipeline.core.model import ZERO, Account, AccountDay, FoundRow, Key, ReportRow, Totals, WantedRow, by_key
from pipeline.core.outcome import DayOutcome, DayState, Refusal
from pipeline.core.read_back import DayAgreement
from pipeline.core.spend import tolerance

PROMOTIONS_NAMED = 3  # of the rows of a day that the table does not take


def judge_days(
    rows: Sequence[ReportRow], totals: Mapping[date, Totals], days: Iterable[date]
) -> tuple[DayOutcome, ...]:
    """Each day's state from its promotion rows and the account report (an absent day is zero).

    A day that falls short of its account is incomplete here; `core.spend` says when it is whole nevertheless.
    """
    by_day: dict[date, list[ReportRow]] = defaultdict(list)
    for row in rows:
        by_day[row.day].append(row)
    return tuple(_judge_day(day, by_day[day], totals.get(day)) for day in days)


def _judge_day(day: date, rows: Sequence[ReportRow], totals: Totals | None) -> DayOutcome:
    cost = sum((row.cost for row in rows), ZERO)
    outcome = DayOutcome(day=day, state=DayState.LOADED, rows=len(rows), cost=cost, totals=totals)
    total = totals.cost if totals else ZERO
    if abs(cost - total) > tolerance(total, len(rows)):
        return replace(outcome, state=DayState.INCOMPLETE, trouble=_incomplete(day, cost, total))
    return outcome if rows else replace(outcome, state=DayState.EMPTY)


def moved(totals: Mapping[date, Totals], loaded: Mapping[date, Totals | None]) -> list[date]:
    """Days of which the account report says something else now than when they were loaded.

    Args:
        totals: What it says now; an absent day is zero.
        loaded: What it said of each day that is to be looked at.
    """
    nothing = Totals(ZERO, ZERO)
    return sorted(day for day, then in loaded.items() if totals.get(day, nothing) != (then or nothing))


def spent_before(day: date, totals: Mapping[date, Totals]) -> bool:
    """Whether the account report has 消耗 in the week before `day`."""
    week = (day - timedelta(days=ago) for ago in range(1, 8))
    return any(totals[one].cost for one in week if one in totals)


def _incomplete(day: date, cost: Decimal, total: Decimal) -> Trouble:
    difference = abs(cost - total)
    return Trouble(
        reason="incomplete",
        message=f"{day}: the promotions' stat_cost sums to {cost} but the account report says {total}",
        what_to_do=f"{day} 单元消耗合计 {cost:,.2f} 元，账户合计 {total:,.2f} 元，"
        f"相差 {difference:,.2f} 元；系统会自动重新获取。",
    )


def checksum(rows: Iterable[ReportRow]) -> str:
    """A digest of what the source said, whatever the order of the rows."""
    lines = sorted(
        f"{row.day}|{row.promotion_id}|{row.promotion_name}|"
        + "|".join(f"{name}={row.metrics[name].normalize():f}" for name in sorted(row.metrics))
        for row in rows
    )
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def settle_shared_keys(rows: Sequence[ReportRow]) -> tuple[list[ReportRow], tuple[AccountDay, ...]]:
    """One row for each key, and the account days in which two accounts contradict each other.

    A main account and its copy report the same promotion: with equal figures it is one row, under the account that
    comes first; with different ones nobody knows which is right, so the key is left out and both are named.
    """
    sharers: dict[Key, list[ReportRow]] = defaultdict(list)
    for row in rows:
        sharers[row.key].append(row)
    torn = {key for key, sharing in sharers.items() if any(row.metrics != sharing[0].metrics for row in sharing)}
    conflicts = {AccountDay(row.account_id, row.day) for key in torn for row in sharers[key]}
    return [sharing[0] for key, sharing in sharers.items() if key not in torn], tuple(sorted(conflicts))


def refusals(rows: Iterable[tuple[WantedRow, str]]) -> tuple[Refusal, ...]:
    """Rows that the table does not take, each with the reason, by account and day."""
    by_day: dict[AccountDay, list[tuple[str, str]]] = defaultdict(list)
    for row, why in rows:
        by_day[AccountDay(row.account_id, row.key.day)].append((row.key.promotion_id, why))
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
    wanted: Sequence[WantedRow],
    found: Sequence[FoundRow],
    accounts: Mapping[AccountDay, Account],
    ours: str | None,
) -> tuple[DayAgreement, ...]:
    """How the table compares with the source for each account and day of `accounts`.

    Args:
        wanted: What the source said.
        found: What the table holds, read back.
        accounts: The accounts' days that were loaded.
        ours: Who the table says created our own rows; unknown until we have created one.
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


def _verdict(row: WantedRow, there: Sequence[FoundRow]) -> dict[str, int]:
    """What is not as it should be, counted."""
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
