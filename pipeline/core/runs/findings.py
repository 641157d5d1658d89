"""What the steps of a batch found, and the last word on each of its days."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import TypeVar

from pipeline.core.errors import Trouble
from pipeline.core.model import AccountDay
from pipeline.core.outcome import DayOutcome, DayState, Doubt, FetchOutcome, LoadOutcome, Refusal, Run, VerifyOutcome
from pipeline.core.read_back import DayAgreement, Overtaken
from pipeline.core.reports import PROMOTION
from pipeline.core.runs.absence import park
from pipeline.core.runs.plan import parts

T = TypeVar("T", Doubt, Refusal)
STOPPED = "stopped"  # the reason of a backfill that a person stopped


@dataclass(frozen=True, slots=True)
class Word:
    """What is said of an account's day, and when that was read; `None` if it was not read."""

    outcome: DayOutcome
    as_of: datetime | None


@dataclass(frozen=True, slots=True)
class Findings:
    """What the steps of one batch found.

    Attributes:
        left_out: Why the batch was never begun.
        later: Days that another run loaded and read back with newer figures than the batch's.
        conflicts: Days with a key that two accounts report differently, from any batch of the run.
        item: What a row is about, as people say it.
    """

    part: Run
    fetches: Mapping[str, FetchOutcome]
    load: LoadOutcome | None
    verify: VerifyOutcome | None
    left_out: Trouble | None = None
    later: Mapping[AccountDay, Word] = field(default_factory=dict)
    conflicts: frozenset[AccountDay] = frozenset()
    item: str = PROMOTION.item

    @property
    def agreements(self) -> Sequence[DayAgreement]:
        """What the read-back says of each day, or would say after a dry run."""
        if self.part.dry_run:
            return self.load.foreseen if self.load else ()
        return self.verify.agreements if self.verify else ()

    @property
    def overtaken(self) -> Mapping[AccountDay, Overtaken]:
        """The days for which the read-back found newer figures."""
        return {one.at: one for one in self.verify.overtaken} if self.verify else {}

    @property
    def trouble(self) -> Trouble | None:
        """What went wrong with the batch as a whole."""
        if self.load is None:
            return self.left_out or _never_ended("load")
        return self.load.trouble or (self.verify.trouble if self.verify else None)


def day_outcomes(findings: Iterable[Findings]) -> dict[AccountDay, DayOutcome]:
    """The last word on each account and day of a run."""
    return {at: word.outcome for at, word in last_words(findings).items()}


def last_words(findings: Iterable[Findings]) -> dict[AccountDay, Word]:
    """The last word on each account and day, with the time of its reading: the run's own, or a later one."""
    words = {}
    for found in findings:
        agreements, overtaken = {one.at: one for one in found.agreements}, found.overtaken
        for account in found.part.accounts:
            fetch = found.fetches.get(account.id)
            days = {one.day: one for one in fetch.days} if fetch else {}
            for day in sorted({*found.part.days, *days}):
                at = AccountDay(account.id, day)
                fetched = Word(days.get(day) or _missing(day, found), fetch.as_of if fetch else None)
                word = _last_word(fetched, found, at, agreements.get(at), overtaken.get(at))
                words[at] = replace(word, outcome=park(found.part, account.id, word.outcome))
    return words


def _missing(day: date, found: Findings) -> DayOutcome:
    return DayOutcome(day=day, state=DayState.MISSING, trouble=found.left_out or _never_ended("fetch"))


def _last_word(
    fetched: Word, found: Findings, at: AccountDay, agreement: DayAgreement | None, overtaken: Overtaken | None
) -> Word:
    """Newer figures count if the table has them, else what this run wrote and read back.

    What this run could not fetch, write or read back is its own trouble, whatever others did later.
    """
    later = found.later.get(at)
    own_trouble = fetched.outcome.failed or found.trouble
    if later and not own_trouble and _stands(later, overtaken):
        return later
    if overtaken:
        return Word(_of_table(overtaken), overtaken.against or fetched.as_of)
    return replace(fetched, outcome=_own_word(fetched.outcome, found, at, agreement))


def _stands(later: Word, overtaken: Overtaken | None) -> bool:
    """Whether the table had the newer figures, or they were read back after we looked."""
    if overtaken is None or overtaken.proven or overtaken.against is None or later.as_of is None:
        return True
    return later.as_of > overtaken.against


def _of_table(overtaken: Overtaken) -> DayOutcome:
    state = DayState.LOADED if overtaken.rows else DayState.EMPTY
    outcome = DayOutcome(day=overtaken.day, state=state, rows=overtaken.rows, cost=overtaken.cost)
    if overtaken.proven:
        return outcome
    return replace(outcome, state=DayState.INCOMPLETE, trouble=_overtaken(overtaken))


def _own_word(fetched: DayOutcome, found: Findings, at: AccountDay, agreement: DayAgreement | None) -> DayOutcome:
    if not fetched.state.good:
        return fetched
    if why := _not_written(found, at):
        return replace(fetched, state=DayState.INCOMPLETE, trouble=why)
    if agreement is None:
        return replace(fetched, state=DayState.FAILED, trouble=_not_read_back(found, at))
    if agreement.agrees:
        return fetched
    return replace(fetched, state=DayState.INCOMPLETE, trouble=_disagreement(agreement))


def _not_written(found: Findings, at: AccountDay) -> Trouble | None:
    """Why rows of a day are not in the table although all were fetched."""
    if at in found.conflicts or (found.load and at in found.load.conflicts):
        return conflict(at.day, found.item)
    if found.load is None:
        return None
    if doubt := _of(at, found.load.doubts):
        return doubt.trouble
    refusal = _of(at, found.load.refused)
    return _refused(refusal, found.item) if refusal else None


def _not_read_back(found: Findings, at: AccountDay) -> Trouble:
    if found.load and at.account_id in found.load.stale:
        return _stale(at.day)
    return found.trouble or _never_ended("read-back")


def _of(at: AccountDay, said: Iterable[T]) -> T | None:
    return next((one for one in said if (one.account_id, one.day) == at), None)


def _refused(refusal: Refusal, item: str) -> Trouble:
    named = ", ".join(refusal.promotions) + ("…" if refusal.rows > len(refusal.promotions) else "")
    return Trouble(
        reason="row_refused",
        message=f"{refusal.day}: {refusal.rows} rows are not written ({named}): {refusal.why}",
        what_to_do=f"{refusal.day} 有 {refusal.rows:,} 行被飞书拒绝写入（{item}ID {named}），其余已写入；"
        f"请检查这些{item}的名称和表格各列的类型。",
    )


def left_out_unread(run: Run) -> Iterator[Findings]:
    """Batches that a plan of an older release leaves out: not read back, they make the run partial."""
    every = parts(replace(run, loaded=()))
    why = Trouble(
        reason="interrupted",
        message=f"{run.run_id} left out what an earlier attempt had loaded, and did not read it back",
        what_to_do="这些日期由此前的补数写入，本次未核对；请重新补数。",
    )
    return (Findings(every[batch], {}, None, None, left_out=why) for batch in run.loaded)


def without_totals(fetch: FetchOutcome) -> FetchOutcome:
    """What the end needs of a fetch: a long backfill has many, and all are held at once."""
    return replace(fetch, days=tuple(replace(day, totals=None) for day in fetch.days))


def _never_ended(step: str) -> Trouble:
    return Trouble(
        reason="interrupted",
        message=f"the {step} never ended",
        what_to_do="本次未完成，系统会在下次运行时补齐。",
    )


def _stale(day: date) -> Trouble:
    return Trouble(
        reason="stale",
        message=f"{day}: what was fetched is too old to be written, or Redis' clock stepped back since",
        what_to_do=f"{day} 已获取的数据已过期，未写入；系统会自动重新获取。",
    )


def _overtaken(overtaken: Overtaken) -> Trouble:
    return Trouble(
        reason="overtaken",
        message=f"{overtaken.day}: another run read it later, and what that one wrote was not read back yet",
        what_to_do=f"{overtaken.day} 已有更新的数据写入表格，尚未核对一致；系统会自动重新获取并核对。",
    )


def conflict(day: date, item: str) -> Trouble:
    """Two accounts report an item differently on a day."""
    return Trouble(
        reason="conflict",
        message=f"{day}: two accounts report the same promotion with different figures",
        what_to_do=f"{day} 有{item}在两个账户中的数据不同，未写入；请在巨量引擎核对主账户与复制账户。",
    )


def _disagreement(agreement: DayAgreement) -> Trouble:
    counts = {"缺少": agreement.missing, "数值不符": agreement.wrong, "重复": agreement.duplicates}
    chinese = "、".join(f"{word} {count:,} 行" for word, count in counts.items() if count)
    return Trouble(
        reason="disagreement",
        message=f"{agreement.day}: read back, the table has {agreement.missing} rows missing, "
        f"{agreement.wrong} wrong, {agreement.duplicates} doubled",
        what_to_do=f"{agreement.day} 表格与数据源不一致：{chinese}；"
        "系统会在下次运行时修正，重复行请联系维护人员核对后清理。",
    )
