"""What the steps of a batch found, and the last word on each of its days."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from pipeline.core.absence import park
from pipeline.core.errors import Trouble
from pipeline.core.model import AccountDay
from pipeline.core.outcome import (
    DayAgreement,
    DayOutcome,
    DayState,
    FetchOutcome,
    LoadOutcome,
    Refusal,
    Run,
    VerifyOutcome,
)


@dataclass(frozen=True, slots=True)
class Findings:
    """What the steps of one batch found."""

    part: Run
    fetches: Mapping[str, FetchOutcome]
    load: LoadOutcome | None
    verify: VerifyOutcome | None
    left_out: Trouble | None = None  # why the batch was never begun

    @property
    def agreements(self) -> Sequence[DayAgreement]:
        """What the read-back says of each day, or would say after a dry run; nothing where there was none."""
        if self.part.dry_run:
            return self.load.foreseen if self.load else ()
        return self.verify.agreements if self.verify else ()

    @property
    def trouble(self) -> Trouble | None:
        """What went wrong with the batch as a whole."""
        if self.load is None:
            return self.left_out or _never_ended("load")
        return self.load.trouble or (self.verify.trouble if self.verify else None)


def day_outcomes(findings: Iterable[Findings]) -> dict[AccountDay, DayOutcome]:
    """The last word on each account and day that a run owed: fetched whole, written, and agreeing."""
    outcomes = {}
    for found in findings:
        agreements = {one.at: one for one in found.agreements}
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
    if not fetched.state.good:
        return fetched
    if found.load and at in found.load.conflicts:
        return replace(fetched, state=DayState.INCOMPLETE, trouble=_conflict(at.day))
    if refusal := _refusal(found, at):
        return replace(fetched, state=DayState.INCOMPLETE, trouble=_refused(refusal))
    if agreement is None:
        return replace(fetched, state=DayState.FAILED, trouble=found.trouble or _never_ended("read-back"))
    if agreement.agrees:
        return fetched
    return replace(fetched, state=DayState.INCOMPLETE, trouble=_disagreement(agreement))


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
    chinese = "、".join(f"{word} {count} 行" for word, count in counts.items() if count)
    return Trouble(
        reason="disagreement",
        message=f"{agreement.day}: read back, the table has {agreement.missing} rows missing, "
        f"{agreement.wrong} wrong, {agreement.duplicates} doubled",
        what_to_do=f"{agreement.day} 表格与数据源不一致：{chinese}；"
        "系统下次运行时修正，重复行请联系维护人员核对后清理。",
    )
