"""The accounts of a run by what the table has of its day, whatever the run itself brought."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from pipeline.core.coverage.aftermath import Standing, aftermath, summed
from pipeline.core.coverage.day import DayCoverage, LastOutcome, Loaded
from pipeline.core.model import DayRange
from pipeline.core.outcome import AccountResult, DayState, RunState, Summary

DAY = date(2026, 2, 11)
NOW = datetime(2026, 2, 12, 7, tzinfo=UTC)
OLD = Standing(3, Decimal("30.00"), NOW.replace(hour=1))
LOADED = Loaded(3, "30.00", "c", OLD.as_of)
KEPT, DOUBT = DayCoverage(LOADED), LastOutcome(state=DayState.INCOMPLETE, written=True)


def account(state: DayState, newest: DayState | None = None) -> AccountResult:
    cost = Decimal("118.36")
    return AccountResult(
        id="1", name="城东店", state=state, rows=2, cost=cost, window_rows=2, window_cost=cost, newest=newest
    )


def ended(*accounts: AccountResult) -> Summary:
    return Summary(
        run_id="daily-2026-02-11",
        state=RunState.PARTIAL,
        day=DAY,
        days=DayRange(DAY, DAY),
        accounts=tuple(replace(one, id=str(n)) for n, one in enumerate(accounts)),
        started_at=NOW,
        ended_at=NOW,
    )


@pytest.mark.parametrize(
    ("state", "loaded", "doubtful", "group"),
    [
        (DayState.LOADED, True, False, "synced"),
        (DayState.EMPTY, True, False, "synced"),
        (DayState.LOADED, False, False, "synced"),
        (DayState.FAILED, True, False, "kept"),
        (DayState.MISSING, True, False, "kept"),
        (DayState.FAILED, True, True, "unsure"),
        (DayState.INCOMPLETE, True, True, "unsure"),
        (DayState.INCOMPLETE, False, True, "unsure"),
        (DayState.INCOMPLETE, True, False, "kept"),
        (DayState.FAILED, False, False, "lacking"),
        (DayState.PARKED, True, False, "parked"),
    ],
)
def test_an_account_is_where_the_table_s_rows_say(state: DayState, *, loaded: bool, doubtful: bool, group: str) -> None:
    one = ended(account(state))
    after = aftermath(one, {"0": DayCoverage(LOADED if loaded else None, DOUBT if doubtful else None)})
    assert getattr(after, group) == one.accounts
    assert after.waited_for == (group != "parked")
    assert ("0" in after.standing) == (group in ("synced", "kept"))


def test_the_run_s_day_counts_and_not_an_older_one() -> None:
    one = ended(account(DayState.FAILED, newest=DayState.LOADED), account(DayState.FAILED))
    after = aftermath(one, {"0": KEPT, "1": KEPT})
    assert (after.synced, after.kept) == (one.accounts[:1], one.accounts[1:])


def test_what_the_table_has_stands_and_where_nobody_knows_what_the_run_brought() -> None:
    one = ended(account(DayState.LOADED))
    assert aftermath(one, {"0": KEPT}).standing == {"0": OLD}
    assert aftermath(one, None).standing == {"0": Standing(2, Decimal("118.36"), NOW)}
    assert (aftermath(one, {}).remembered, aftermath(one, None).remembered) == (True, False)


def test_a_dry_run_has_changed_nothing() -> None:
    one = replace(ended(account(DayState.LOADED), account(DayState.LOADED)), dry_run=True)
    after = aftermath(one, {"0": KEPT})
    assert (after.kept, after.lacking) == (one.accounts[:1], one.accounts[1:])


def test_sums_are_of_rows_and_cost() -> None:
    assert summed([OLD, OLD]) == (6, Decimal("60.00"))
