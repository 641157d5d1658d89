"""How a run ended, from what its steps found."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal

from pipeline.core.errors import Trouble
from pipeline.core.model import ZERO, Account, AccountDay, by_account
from pipeline.core.outcome import (
    AccountResult,
    DayOutcome,
    DayState,
    LoadOutcome,
    Run,
    RunState,
    Summary,
    ViewsOutcome,
    outside_words,
)
from pipeline.core.read_back import DayAgreement
from pipeline.core.run_kind import RunKind
from pipeline.core.runs.findings import Findings, day_outcomes
from pipeline.core.runs.views import view_notes

NOTHING_THERE = "数据源没有这一天的数据（前几日有消耗）；若巨量引擎后台有数据，请稍后再重新读取。"
_WORST_FIRST = (
    DayState.FAILED,
    DayState.MISSING,
    DayState.PARKED,
    DayState.INCOMPLETE,
    DayState.LOADED,
    DayState.EMPTY,
)


@dataclass(frozen=True, slots=True)
class AccountEnd:
    """One account at the end of a batch: newest and worst day; rows and 消耗 (元) of the batch's days."""

    newest: DayOutcome
    worst: DayOutcome
    rows: int
    cost: Decimal
    bad: int = 0  # days that are not good
    fetched: bool = True  # whether anything was read of the newest day


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchEnd:
    """How one batch ended, without its single days: a long backfill has too many to hold.

    Attributes:
        waited_for: Number of days of accounts that are not parked; `good` of them owe nothing more.
        beyond: Days with more rows in the table than in the source.
        outside_new: 元 newly spent outside promotions, by account and day.
    """

    accounts: Mapping[str, AccountEnd]
    waited_for: int
    good: int
    beyond: tuple[DayAgreement, ...]
    load: LoadOutcome
    verified: bool
    spent_lately: bool
    warnings: tuple[str, ...]
    trouble: Trouble | None
    outside_new: Mapping[AccountDay, Decimal] = field(default_factory=dict)


def end_of(found: Findings) -> BatchEnd:
    """How a batch ended, from what its steps found."""
    outcomes = day_outcomes([found])
    by_account: dict[str, list[DayOutcome]] = {account.id: [] for account in found.part.accounts}
    for at, outcome in outcomes.items():
        by_account[at.account_id].append(outcome)
    waited_for = [outcome for outcome in outcomes.values() if outcome.state != DayState.PARKED]
    told = [one for one in (found.load, found.verify) if one]
    return BatchEnd(
        accounts={one: _account_end(found, one, days) for one, days in by_account.items()},
        waited_for=len(waited_for),
        good=sum(outcome.state.good for outcome in waited_for),
        beyond=tuple(one for one in found.agreements if one.gone or one.foreign or one.duplicates),
        load=found.load or LoadOutcome(),
        verified=_verified(found, outcomes),
        spent_lately=any(fetch.spent_lately for fetch in found.fetches.values()),
        warnings=tuple(words for outcome in told for words in outcome.warnings),
        trouble=found.trouble,
        outside_new={at: one.outside for at, one in outcomes.items() if one.outside_new},
    )


def _verified(found: Findings, outcomes: Mapping[AccountDay, DayOutcome]) -> bool:
    """Whether all that was fetched was read back and agrees, in this batch or in a later one."""
    if not found.verify or found.verify.verified:
        return bool(found.verify)
    told = {*(one.at for one in found.agreements), *found.overtaken}
    later = bool(found.later or found.overtaken)
    return later and bool(told) and all(outcomes[at].state.good for at in told)


def _account_end(found: Findings, account_id: str, days: Sequence[DayOutcome]) -> AccountEnd:
    of_part = [one for one in days if one.day in found.part.days]
    newest, fetch = max(of_part, key=lambda one: one.day), found.fetches.get(account_id)
    return AccountEnd(
        newest,
        _worst(days),
        sum(one.rows for one in of_part),
        sum((one.cost for one in of_part), ZERO),
        bad=sum(not one.state.good and one.state != DayState.PARKED for one in days),
        fetched=any(one.day == newest.day and not one.failed for one in fetch.days) if fetch else False,
    )


def _worst(days: Iterable[DayOutcome]) -> DayOutcome:
    return min(days, key=lambda one: (one.state.good, _WORST_FIRST.index(one.state)))


def summarize(
    run: Run, ends: Sequence[BatchEnd], views: ViewsOutcome, ended_at: datetime, *, whole: bool = True
) -> Summary:
    """The summary of a run by its batches: `success` only if every account and day is good.

    Args:
        views: What is left of the views by the looks before: this run's own comes after its end.
        whole: Whether the run has every account that is not parked.
    """
    loads, state = [end.load for end in ends], _state_of(ends)
    restated = {at for load in loads for at in load.restated}
    moved = {at.account_id for at in restated}
    suspicious, nothing = _empty_after_cost(run, ends, whole=whole)
    unlisted = run.trouble if run.trouble and run.trouble.needs_person and state != RunState.SUCCESS else None
    beyond = [one for end in ends for one in end.beyond]
    told_once = dict.fromkeys(words for end in ends for words in end.warnings)
    return Summary(
        run_id=run.run_id,
        state=RunState.PARTIAL if suspicious and state == RunState.SUCCESS else state,
        day=run.day,
        days=run.days,
        accounts=tuple(_account_result(account, ends, moved) for account in run.accounts),
        created=sum(load.created for load in loads),
        updated=sum(load.updated for load in loads),
        unchanged=sum(load.unchanged for load in loads),
        restatements=tuple(sorted(restated)),
        edited=sum(load.edited for load in loads),
        gone=sum(one.gone for one in beyond),
        foreign=sum(one.foreign for one in beyond),
        duplicates=sum(one.duplicates for one in beyond),
        verified=all(end.verified for end in ends),
        dry_run=run.dry_run,
        warnings=(*_older_list(run), *nothing, *told_once, *_excess(run, beyond), *_outside_new(run, ends)),
        trouble=next((end.trouble for end in ends if end.trouble), suspicious or unlisted),
        started_at=run.started_at,
        ended_at=ended_at,
        view_notes=view_notes(views),
        news=tuple(told_once),
        table=run.table,
    )


def _state_of(ends: Sequence[BatchEnd]) -> RunState:
    good, waited_for = sum(end.good for end in ends), sum(end.waited_for for end in ends)
    return RunState.FAILED if not good else RunState.SUCCESS if good == waited_for else RunState.PARTIAL


def bare_summary(run: Run, why: Trouble, ended_at: datetime, state: RunState = RunState.FAILED) -> Summary:
    """The summary of a run whose end broke, or that was stopped: all accounts failed, in each of its tables."""
    accounts = [
        AccountResult(
            id=account.id,
            name=account.name,
            state=DayState.FAILED,
            rows=0,
            cost=ZERO,
            window_rows=0,
            window_cost=ZERO,
            trouble=why,
            fetched=run.halted is None,
        )
        for account in run.accounts
    ]
    return Summary(
        run_id=run.run_id,
        state=state,
        day=run.day,
        days=run.days,
        accounts=tuple(accounts),
        dry_run=run.dry_run,
        trouble=why,
        started_at=run.started_at,
        ended_at=ended_at,
        table=run.table,
        further=tuple(bare_summary(one, one.halted or why, ended_at, state) for one in run.further),
    )


def with_further(first: Summary, others: Sequence[Summary]) -> Summary:
    """The end of a run in all its tables: a success only if it is one in each, a failure if it is one in each."""
    if not others:
        return first
    states = {first.state, *(one.state for one in others)}
    state = first.state if len(states) == 1 else RunState.PARTIAL
    return replace(first, state=state, further=tuple(others), own_state=first.state)


def _account_result(account: Account, ends: Iterable[BatchEnd], restated: Collection[str]) -> AccountResult:
    parts = [end.accounts[account.id] for end in ends if account.id in end.accounts]
    last, worst = max(parts, key=lambda one: one.newest.day), _worst(part.worst for part in parts)
    newest = last.newest
    return AccountResult(
        id=account.id,
        name=account.name,
        state=newest.state if worst.state.good else worst.state,
        rows=newest.rows,
        cost=newest.cost,
        window_rows=sum(part.rows for part in parts),
        window_cost=sum((part.cost for part in parts), ZERO),
        trouble=newest.trouble or worst.trouble,
        restated=account.id in restated,
        newest=newest.state,
        bad_days=sum(part.bad for part in parts),
        fetched=last.fetched,
        outside=newest.outside,
    )


def _empty_after_cost(run: Run, ends: Sequence[BatchEnd], *, whole: bool) -> tuple[Trouble | None, list[str]]:
    """What to say of a day without data after days with cost: a trouble of several accounts, or of all there are.

    That one account has nothing is no sign of a fault beside others; a person who asks for it alone gets an answer.
    """
    newest = {one: part.newest for end in ends for one, part in end.accounts.items() if part.newest.day == run.day}
    empty = [one for one, outcome in newest.items() if outcome.state == DayState.EMPTY]
    others = any(outcome.state not in (DayState.EMPTY, DayState.PARKED) for outcome in newest.values())
    if others or not empty or not any(end.spent_lately for end in ends):
        return None, []
    if len(empty) == 1 and run.kind in (RunKind.BACKFILL, RunKind.MANUAL):
        name = next(account.name for account in run.accounts if account.id == empty[0])
        return None, [f"{name} {run.day}：{NOTHING_THERE}"]
    return (_suspicion(run.day, None if whole else len(empty)), []) if whole or len(empty) > 1 else (None, [])


def _suspicion(day: date, some: int | None) -> Trouble:
    """That all accounts, or some that were read, have no data although there was cost in the days before."""
    english, chinese = (
        ("every account is", "所有") if some is None else (f"{some} accounts are", f"本次读取的 {some} 个")
    )
    return Trouble(
        reason="suspicious_empty",
        message=f"{day}: {english} empty although there was cost in the days before",
        what_to_do=f"{day} {chinese}账户均无数据，但前几日有消耗，请在巨量引擎后台核对。",
    )


def _older_list(run: Run) -> list[str]:
    return [f"账户列表未能更新，沿用上次的列表：{run.trouble.what_to_do}"] if run.trouble else []


def _excess(run: Run, agreements: Iterable[DayAgreement]) -> list[str]:
    names = {account.id: account.name for account in run.accounts}
    return [
        f"{names[one.account_id]} {one.day}：表格另有 {_extra_rows(one)}，共多出 {one.excess:,.2f} 元"
        for one in agreements
        if one.gone or one.foreign
    ]


def _outside_new(run: Run, ends: Iterable[BatchEnd]) -> list[str]:
    """A line for each account that began to spend outside its promotions."""
    names = {account.id: account.name for account in run.accounts}
    days = by_account({at: amount for end in ends for at, amount in end.outside_new.items()})
    return [
        f"{names[account_id]} {min(found)} 起账户消耗多于单元合计：{outside_words(sum(found.values(), ZERO))}，"
        "已计入账户，不计入任何单元"
        for account_id, found in days.items()
    ]


def _extra_rows(one: DayAgreement) -> str:
    words = {"数据源已不再返回的": one.gone, "他人添加的": one.foreign}
    return "、".join(f"{word} {count:,} 行" for word, count in words.items() if count)
