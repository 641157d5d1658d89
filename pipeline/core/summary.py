"""How a run ended, from what its steps found."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from pipeline.core.absence import park
from pipeline.core.errors import Trouble
from pipeline.core.model import ZERO, Account, AccountDay
from pipeline.core.outcome import (
    AccountResult,
    DayAgreement,
    DayOutcome,
    DayState,
    FetchOutcome,
    LoadOutcome,
    Refusal,
    Run,
    RunState,
    Summary,
    VerifyOutcome,
    ViewsOutcome,
)
from pipeline.core.views import VIEWS_MAX

_WORST_FIRST = (
    DayState.FAILED,
    DayState.MISSING,
    DayState.PARKED,
    DayState.INCOMPLETE,
    DayState.LOADED,
    DayState.EMPTY,
)


@dataclass(frozen=True, slots=True)
class Findings:
    """What the steps of one batch found."""

    part: Run
    fetches: Mapping[str, FetchOutcome]
    load: LoadOutcome | None
    verify: VerifyOutcome | None
    left_out: Trouble | None = None  # why the batch was never begun


def day_outcomes(findings: Iterable[Findings]) -> dict[AccountDay, DayOutcome]:
    """The last word on each account and day that a run owed: fetched whole, written, and agreeing."""
    outcomes = {}
    for found in findings:
        agreements = {one.at: one for one in _agreements(found)}
        for account in found.part.accounts:
            fetch = found.fetches.get(account.id)
            days = {one.day: one for one in fetch.days} if fetch else {}
            for day in sorted({*found.part.days, *days}):
                at = AccountDay(account.id, day)
                fetched = days.get(day) or _missing(day, found)
                word = _last_word(fetched, found, at, agreements.get(at))
                outcomes[at] = park(found.part, account.id, word)
    return outcomes


def _missing(day: date, found: Findings) -> DayOutcome:
    return DayOutcome(day=day, state=DayState.MISSING, trouble=found.left_out or _never_ended("fetch"))


def _last_word(fetched: DayOutcome, found: Findings, at: AccountDay, agreement: DayAgreement | None) -> DayOutcome:
    if not fetched.state.good or found.part.dry_run:
        return fetched
    if found.load and at in found.load.conflicts:
        return replace(fetched, state=DayState.INCOMPLETE, trouble=_conflict(at.day))
    if refusal := _refusal(found, at):
        return replace(fetched, state=DayState.INCOMPLETE, trouble=_refused(refusal))
    if agreement is None:
        return replace(fetched, state=DayState.FAILED, trouble=_trouble_of(found) or _never_ended("read-back"))
    if agreement.agrees:
        return fetched
    return replace(fetched, state=DayState.INCOMPLETE, trouble=_disagreement(agreement))


def summarize(run: Run, findings: Sequence[Findings], views: ViewsOutcome, ended_at: datetime) -> Summary:
    """The run's summary; `success` only if every account and day that it owed is good."""
    outcomes = day_outcomes(findings)
    loads = [found.load for found in findings if found.load]
    restated = {at for load in loads for at in load.restated}
    waited_for = [outcome for outcome in outcomes.values() if outcome.state != DayState.PARKED]
    good = sum(outcome.state.good for outcome in waited_for)
    suspicious = _suspiciously_empty(run, findings, outcomes)
    state = RunState.FAILED if not good else RunState.SUCCESS if good == len(waited_for) else RunState.PARTIAL
    unlisted = run.trouble if run.trouble and run.trouble.needs_person and state != RunState.SUCCESS else None
    agreements = [one for found in findings for one in _agreements(found)]
    return Summary(
        run_id=run.run_id,
        state=RunState.PARTIAL if suspicious and state == RunState.SUCCESS else state,
        day=run.day,
        days=run.days,
        accounts=_account_results(run, outcomes, restated),
        created=sum(load.created for load in loads),
        updated=sum(load.updated for load in loads),
        unchanged=sum(load.unchanged for load in loads),
        restatements=tuple(sorted(restated)),
        edited=sum(load.edited for load in loads),
        gone=sum(one.gone for one in agreements),
        foreign=sum(one.foreign for one in agreements),
        duplicates=sum(one.duplicates for one in agreements),
        verified=all(found.verify and found.verify.verified for found in findings),
        dry_run=run.dry_run,
        warnings=(*_older_list(run), *_warnings(findings), *_excess(run, agreements)),
        trouble=next(filter(None, map(_trouble_of, findings)), suspicious or unlisted),
        started_at=run.started_at,
        ended_at=ended_at,
        view_notes=_view_notes(views),
    )


def _warnings(findings: Iterable[Findings]) -> dict[str, None]:
    """What loads and read-backs warn of; what several batches say alike is told once."""
    told = [one for found in findings for one in (found.load, found.verify) if one]
    return dict.fromkeys(words for outcome in told for words in outcome.warnings)


def _agreements(found: Findings) -> Sequence[DayAgreement]:
    return found.verify.agreements if found.verify else ()


def _trouble_of(found: Findings) -> Trouble | None:
    if found.load is None:
        return found.left_out or _never_ended("load")
    return found.load.trouble or (found.verify.trouble if found.verify else None)


def _account_results(
    run: Run, outcomes: Mapping[AccountDay, DayOutcome], restated: Iterable[AccountDay]
) -> tuple[AccountResult, ...]:
    by_account: dict[str, list[DayOutcome]] = defaultdict(list)
    for at, outcome in outcomes.items():
        by_account[at.account_id].append(outcome)
    moved = {at.account_id for at in restated}
    return tuple(
        _account_result(run, account, by_account[account.id], restated=account.id in moved) for account in run.accounts
    )


def _account_result(run: Run, account: Account, days: Sequence[DayOutcome], *, restated: bool) -> AccountResult:
    window = sorted((one for one in days if one.day in run.days), key=lambda one: one.day)
    newest = window[-1]
    worst = min(days, key=lambda one: (one.state.good, _WORST_FIRST.index(one.state)))
    shown = newest if worst.state.good else worst
    trouble = newest.trouble or worst.trouble
    return AccountResult(
        id=account.id,
        name=account.name,
        state=shown.state,
        rows=newest.rows,
        cost=newest.cost,
        window_rows=sum(one.rows for one in window),
        window_cost=sum((one.cost for one in window), ZERO),
        trouble=trouble,
        restated=restated,
    )


def _refusal(found: Findings, at: AccountDay) -> Refusal | None:
    refused = found.load.refused if found.load else ()
    return next((one for one in refused if (one.account_id, one.day) == at), None)


def _refused(refusal: Refusal) -> Trouble:
    named = ", ".join(refusal.promotions) + ("…" if refusal.rows > len(refusal.promotions) else "")
    return Trouble(
        reason="row_refused",
        message=f"{refusal.day}: {refusal.rows} rows are not written ({named}): {refusal.why}",
        what_to_do=f"{refusal.day} 有 {refusal.rows} 行被飞书拒绝写入 (单元ID {named}), 其余已写入; "
        "请检查这些单元的名称和表格各列的类型。",
    )


def _never_ended(step: str) -> Trouble:
    return Trouble(
        reason="interrupted",
        message=f"the {step} never ended",
        what_to_do="该步骤未完成, 系统会在下次运行时补齐。",
    )


def _conflict(day: date) -> Trouble:
    return Trouble(
        reason="conflict",
        message=f"{day}: two accounts report the same promotion with different figures",
        what_to_do=f"{day} 有单元在两个账户中数据不同, 未写入; 请在巨量引擎核对主账户与复制账户。",
    )


def _disagreement(agreement: DayAgreement) -> Trouble:
    counts = {"缺少": agreement.missing, "数值不符": agreement.wrong, "重复": agreement.duplicates}
    chinese = ", ".join(f"{word} {count} 行" for word, count in counts.items() if count)
    return Trouble(
        reason="disagreement",
        message=f"{agreement.day}: read back, the table has {agreement.missing} rows missing, "
        f"{agreement.wrong} wrong, {agreement.duplicates} doubled",
        what_to_do=f"{agreement.day} 表格与数据源不一致: {chinese}; "
        "系统下次运行时修正, 重复行请运行 laike dedup clean。",
    )


def _suspiciously_empty(
    run: Run, findings: Iterable[Findings], outcomes: Mapping[AccountDay, DayOutcome]
) -> Trouble | None:
    newest = [outcomes[AccountDay(account.id, run.day)] for account in run.accounts]
    spent = any(fetch.spent_lately for found in findings for fetch in found.fetches.values())
    if not spent or any(outcome.state not in (DayState.EMPTY, DayState.PARKED) for outcome in newest):
        return None
    return Trouble(
        reason="suspicious_empty",
        message=f"{run.day}: every account is empty although there was cost in the days before",
        what_to_do=f"{run.day} 所有账户均无数据, 但前几日有消耗: 请在巨量引擎后台核对。",
    )


def _older_list(run: Run) -> list[str]:
    return [f"账户列表未能更新, 沿用上次的列表: {run.trouble.what_to_do}"] if run.trouble else []


def _excess(run: Run, agreements: Iterable[DayAgreement]) -> list[str]:
    names = {account.id: account.name for account in run.accounts}
    return [
        f"{names[one.account_id]} {one.day}: 表格另有 {_extra_rows(one)}, 共多 {_yuan(one.excess)} 元"
        for one in agreements
        if one.gone or one.foreign
    ]


def _extra_rows(one: DayAgreement) -> str:
    words = {"数据源已不再返回的": one.gone, "他人添加的": one.foreign}
    return "、".join(f"{word} {count} 行" for word, count in words.items() if count)


def _yuan(money: Decimal) -> str:
    return f"{money:.2f}"


def _view_notes(views: ViewsOutcome) -> tuple[str, ...]:
    words = {
        "新建视图": views.created,
        "修复视图": views.repaired,
        "未改动的自定义视图": views.left_alone,
        "缺少视图": views.missing,
        "视图筛选未生效": views.unproven,
    }
    notes = [f"{word}: {', '.join(names)}" for word, names in words.items() if names]
    notes += [f"还有 {views.queued} 个视图待处理, 由下次运行继续"] if views.queued else []
    notes += [f"视图数接近上限 {VIEWS_MAX} 个: {views.spared} 个账户未建视图"] if views.spared else []
    return (*notes, f"视图未检查: {views.trouble.what_to_do}") if views.trouble else tuple(notes)
