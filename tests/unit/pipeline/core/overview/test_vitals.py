from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from pipeline.core.errors import Trouble
from pipeline.core.model import ZERO, Account, DayRange
from pipeline.core.outcome import AccountResult, DayState, RunState, Summary
from pipeline.core.overview.coverage_page import CoverageRow
from pipeline.core.overview.vitals import days_of, end_of, failed_in_a_row, needs_of, phase_seconds

DAYS = DayRange(date(2026, 3, 1), date(2026, 3, 5))
NOON = datetime(2026, 3, 6, 4, tzinfo=UTC)
PERSON = Trouble(reason="needs_authorization", message="m", what_to_do="w", needs_person=True)
PASSING = Trouble(reason="unavailable", message="m", what_to_do="w")


def summary(state: RunState, accounts: Mapping[str, Trouble | None], trouble: Trouble | None = None) -> Summary:
    results = [
        AccountResult(
            id=one, name=one, state=DayState.FAILED if why else DayState.LOADED, rows=0, cost=ZERO,
            window_rows=0, window_cost=ZERO, trouble=why,
        )
        for one, why in accounts.items()
    ]  # fmt: skip
    return Summary(
        run_id="daily-2026-03-05", state=state, day=DAYS.last, days=DAYS, accounts=tuple(results), trouble=trouble,
        started_at=NOON, ended_at=NOON + timedelta(seconds=4),
    )  # fmt: skip


def row(known: str, parked_since: date | None = None) -> CoverageRow:
    return CoverageRow(
        account=Account("1", "one"), known=known, lacking=0, newest_lacking=None, last_good=None,
        parked_since=parked_since,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("known", "good"),
    [
        (["LLLLL", "LL0LL"], 5),
        (["LLLLL", "LLLLF"], 4),
        (["LLLLI", "LLL-L"], 3),
        (["LLLLo", "LLLLo"], 4),  # no run had its time yet
        (["LLLLL", "   LL"], 5),  # nobody asked for the first three
        (["LLLLL", "   --"], 3),
        (["FFFFF"], None),
        (["     "], None),
        ([], None),
    ],
)
def test_the_last_good_day_is_good_for_every_account_that_was_asked_for_it(known: list[str], good: int | None) -> None:
    found = days_of([*map(row, known), row("LLFFF", parked_since=date(2026, 3, 3))], DAYS)
    assert found.last_good == (date(2026, 3, good) if good else None)


def test_days_are_counted_by_state() -> None:
    counts = days_of([row("LL0FI"), row("  -Lo"), row("LLPPP", parked_since=date(2026, 3, 3))], DAYS).counts
    assert counts == {
        DayState.LOADED: 5, DayState.EMPTY: 1, DayState.INCOMPLETE: 1, DayState.FAILED: 1, DayState.MISSING: 1,
        DayState.PARKED: 3, DayState.OPEN: 1,
    }  # fmt: skip


def test_phases_take_from_their_first_event_to_their_last() -> None:
    told = [
        ("planned", 0), ("fetching", 100), ("table_read", 900), ("fetched", 1000), ("fetched", 2500), ("loading", 2600),
        ("loaded", 4000), ("verifying", 4000), ("verified", 5000), ("views_checked", 5100), ("finished", 5500),
    ]  # fmt: skip
    events = [{"event": event, "at": str(1_700_000_000_000 + at)} for event, at in told]
    assert phase_seconds(events) == {
        "fetch": 2.5, "read": 0.9, "load": 1.4, "verify": 1.0, "views": 0.1, "finish": 0.5
    }  # fmt: skip


def test_a_phase_without_its_end_is_left_out() -> None:
    assert phase_seconds([]) == {}
    assert phase_seconds([{"event": "planned", "at": "1"}, {"event": "loading", "at": "2"}]) == {}


def test_runs_without_success_are_counted_up_to_the_last_success() -> None:
    good, bad = (end_of(summary(state, {"1": None})) for state in (RunState.SUCCESS, RunState.PARTIAL))
    dry = end_of(replace(summary(RunState.FAILED, {"1": None}), dry_run=True))
    assert failed_in_a_row([bad, dry, bad, good, bad]) == 2
    assert failed_in_a_row([good, bad]) == failed_in_a_row([]) == 0


def test_a_person_is_needed_by_what_the_newest_run_of_each_account_found() -> None:
    both = end_of(summary(RunState.PARTIAL, {"1": PERSON, "2": PASSING}))
    only_two = end_of(summary(RunState.SUCCESS, {"2": None}))
    only_one = end_of(summary(RunState.SUCCESS, {"1": None}))
    assert needs_of([only_two, both]) == {"needs_authorization"}
    assert needs_of([only_one, both]) == set()


def test_what_is_wrong_in_a_further_table_is_over_with_its_own_next_run_alone() -> None:
    bad = replace(summary(RunState.PARTIAL, {"1": PERSON}, PERSON), table="项目日报")
    both = end_of(replace(summary(RunState.PARTIAL, {"1": None}), further=(bad,)))
    first_alone = end_of(summary(RunState.SUCCESS, {"1": None}))
    mended = end_of(replace(summary(RunState.SUCCESS, {"1": None}), table="项目日报"))
    assert needs_of([both]) == needs_of([first_alone, both]) == {"needs_authorization"}
    assert needs_of([mended, both]) == set()


def test_what_concerned_a_whole_run_is_over_with_the_next_run() -> None:
    whole = end_of(summary(RunState.FAILED, {"1": PASSING}, PERSON))
    after = end_of(summary(RunState.SUCCESS, {"2": None}))
    assert needs_of([whole, after]) == {"needs_authorization"}
    assert needs_of([after, whole]) == set()
