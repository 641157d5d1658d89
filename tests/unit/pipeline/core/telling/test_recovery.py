"""Which troubles are over."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from pipeline.core.errors import NeedsAuthorization, TableFull
from pipeline.core.model import DayRange
from pipeline.core.outcome import AccountResult, DayState, RunState, Summary
from pipeline.core.runs.summary import with_further
from pipeline.core.tables.ends import ends
from pipeline.core.telling.recovery import fails_for_good, lasting_troubles, past_troubles

DAY = date(2026, 2, 11)
NOW = datetime(2026, 2, 12, 7, tzinfo=UTC)
GOOD, BAD = DayState.LOADED, DayState.FAILED


def ended(ago: int, *states: DayState, state: RunState | None = None) -> Summary:
    """A run of so many days ago, whose accounts are "0", "1", … in these states."""
    accounts = tuple(
        AccountResult(
            id=str(number), name=str(number), state=one, rows=0, cost=Decimal(0), window_rows=0, window_cost=Decimal(0)
        )
        for number, one in enumerate(states)
    )
    how = RunState.SUCCESS if all(one.good for one in states) else RunState.PARTIAL
    day, began = DAY - timedelta(days=ago), NOW - timedelta(days=ago)
    days = DayRange(day - timedelta(days=6), day)
    return Summary(
        run_id=f"daily-{day}",
        state=state or how,
        day=day,
        days=days,
        accounts=accounts,
        started_at=began,
        ended_at=began,
    )


def test_the_first_success_after_troubles_is_a_recovery_since_the_first_of_them() -> None:
    earlier = [ended(1, GOOD, BAD), ended(2, GOOD, BAD), ended(3, GOOD, GOOD), ended(4, BAD, BAD)]
    assert past_troubles(ended(0, GOOD, GOOD), earlier) == {"1": NOW - timedelta(days=2)}


def test_the_next_success_is_none() -> None:
    assert past_troubles(ended(0, GOOD), [ended(1, GOOD), ended(2, BAD)]) == {}


def test_what_is_over_in_a_run_that_is_partial_is_a_recovery_and_the_rest_is_none() -> None:
    assert past_troubles(ended(0, GOOD, BAD), [ended(1, BAD, BAD)]).keys() == {"0"}


def test_a_run_that_is_in_trouble_as_a_whole_ends_none() -> None:
    doubtful = replace(ended(0, GOOD, state=RunState.PARTIAL), trouble=TableFull("full").trouble())
    assert past_troubles(doubtful, [ended(1, BAD)]) == {}
    assert past_troubles(ended(0, BAD), [ended(1, BAD)]) == {}


def test_only_accounts_of_the_run_recover() -> None:
    assert past_troubles(ended(0, GOOD), [ended(1, GOOD, BAD)]) == {}


def test_a_trouble_of_the_whole_run_was_one_of_each_account() -> None:
    full = replace(ended(1, GOOD, state=RunState.FAILED), trouble=TableFull("full").trouble())
    assert past_troubles(ended(0, GOOD), [full]).keys() == {"0"}


def test_runs_that_only_looked_or_were_of_other_days_do_not_count() -> None:
    looked = replace(ended(1, BAD), dry_run=True)
    assert past_troubles(ended(0, GOOD), [looked, ended(7, BAD)]) == {}


def test_a_trouble_lasts_that_fails_the_run_until_a_person_acts() -> None:
    full, later = TableFull("full").trouble(), replace(TableFull("full").trouble(), needs_person=False)
    failed = ended(0, BAD, state=RunState.FAILED)
    assert lasting_troubles(replace(failed, trouble=full)) == ["run:table_full:None"]
    assert fails_for_good(replace(failed, accounts=(replace(failed.accounts[0], trouble=full),)))
    assert lasting_troubles(replace(failed, trouble=later)) == []
    assert not fails_for_good(replace(failed, trouble=later))
    assert lasting_troubles(replace(failed, trouble=full, state=RunState.PARTIAL)) == []


def in_two_tables(first: Summary, other: Summary) -> Summary:
    return with_further(first, [replace(other, table="项目日报")])


def test_a_trouble_of_a_further_table_has_a_name_of_its_own_and_is_not_that_of_the_run() -> None:
    failed = replace(ended(0, BAD, state=RunState.FAILED), trouble=TableFull("full").trouble())
    both = in_two_tables(ended(0, GOOD), failed)
    assert lasting_troubles(both) == ["run:table_full:None@项目日报"]
    assert not fails_for_good(both)
    assert lasting_troubles(in_two_tables(failed, failed)) == ["run:table_full:None", "run:table_full:None@项目日报"]
    assert fails_for_good(in_two_tables(failed, failed))


def test_what_a_person_must_authorize_is_one_trouble_of_all_tables() -> None:
    dead = NeedsAuthorization("dead", link="https://oceanengine.example/auth").trouble()
    failed = replace(ended(0, BAD, state=RunState.FAILED), trouble=dead)
    assert len(lasting_troubles(in_two_tables(failed, failed))) == 1


def test_a_trouble_is_over_in_the_table_that_had_it() -> None:
    before, now = in_two_tables(ended(1, GOOD), ended(1, BAD)), in_two_tables(ended(0, GOOD), ended(0, GOOD))
    first, further = ends(now)
    assert past_troubles(first, [before]) == {}
    assert past_troubles(further, [before]) == {"0": NOW - timedelta(days=1)}
