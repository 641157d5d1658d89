"""Days on which an account spent and a report whose rows sum to nothing has none: whole, or not there yet.

An account that shows live rooms alone has no material, so that no sum tells the one from the other. What was loaded
before does, and the settled figures: a day without rows is waited for where its account had some lately, and is never
believed where they are loaded already.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from pipeline.core.accounts.spend import LATELY
from pipeline.core.errors import Trouble
from pipeline.core.model import CHINA, ZERO
from pipeline.core.outcome import DayOutcome, DayState
from pipeline.core.reports import Report


def bare(outcome: DayOutcome, report: Report) -> bool:
    """Whether a day has no row though its account spent, and no sum says whether that is right."""
    spent = outcome.totals.cost if outcome.totals else ZERO
    return not report.sums_up and outcome.state == DayState.EMPTY and spent > 0


def judge_bare(
    outcome: DayOutcome, report: Report, with_rows: Collection[date], at: datetime, settle_at: time
) -> DayOutcome:
    """A bare day: empty, or incomplete.

    Args:
        with_rows: Days that have rows: read now, or loaded before.
        at: When the reading began.
        settle_at: When yesterday's figures have settled.
    """
    settles = datetime.combine(outcome.day + timedelta(days=1), settle_at, CHINA)
    lately = at < settles and any(timedelta() < outcome.day - day <= LATELY for day in with_rows)
    if outcome.day not in with_rows and not lately:
        return outcome
    spent = outcome.totals.cost if outcome.totals else ZERO
    had = "已写入的数据" if outcome.day in with_rows else "近期数据"
    words = f"{outcome.day} 账户消耗 {spent:,.2f} 元，但没有{report.item}数据，与{had}不符；系统会自动重新获取。"
    trouble = Trouble(
        reason="incomplete",
        message=f"{outcome.day}: no {report.name} has a row but the account report says {spent}, and there were rows",
        what_to_do=words,
    )
    return replace(outcome, state=DayState.INCOMPLETE, trouble=trouble)
