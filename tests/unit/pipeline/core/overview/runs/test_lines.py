"""The list of runs: which are wanted, and the line of each."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from pipeline.core.errors import Trouble
from pipeline.core.outcome import AccountResult, DayState, Run, RunState, Summary
from pipeline.core.overview.runs.lines import Wanted, line_of, troubles_of, worst_first
from pipeline.core.run_kind import RunKind
from pipeline.core.runs.summary import with_further
from tests.unit.pipeline.core.overview.runs.test_story import DAY, GONE, SHOPS, ended, result, run

DEAD = Trouble(reason="needs_authorization", message="dead", what_to_do="请重新授权。", needs_person=True)


@pytest.mark.parametrize(
    ("wanted", "held"),
    [
        (Wanted(), True),
        (Wanted(failed=True), True),
        (Wanted(state=RunState.PARTIAL), True),
        (Wanted(state=RunState.FAILED), False),
        (Wanted(kind=RunKind.DAILY), True),
        (Wanted(kind=RunKind.BACKFILL), False),
        (Wanted(day=DAY), True),
        (Wanted(day=DAY - timedelta(days=1)), False),
        (Wanted(account="2"), True),
        (Wanted(account="城西店"), True),
        (Wanted(account="城"), False),
    ],
)
def test_a_run_is_listed_if_all_that_is_wanted_holds(wanted: Wanted, *, held: bool) -> None:
    assert wanted.holds(run(*SHOPS), RunState.PARTIAL) is held


def test_neither_a_success_nor_a_run_under_way_is_bad() -> None:
    assert [state for state in RunState if Wanted(failed=True).holds(run(), state)] == [
        RunState.PARTIAL,
        RunState.FAILED,
        RunState.INTERRUPTED,
    ]


def test_an_open_run_has_no_counts_yet() -> None:
    line = line_of(run(*SHOPS), None, RunState.RUNNING)
    assert (line.kind, line.accounts, line.good, line.seconds) == (RunKind.DAILY, 3, None, None)


def test_a_line_tells_the_trouble_of_the_worst_account_and_how_many_others_have_any() -> None:
    planned = run(*SHOPS)
    bad = [result(SHOPS[0], DayState.FAILED, GONE), result(SHOPS[1], DayState.FAILED, DEAD)]
    end = ended(planned, *bad, result(SHOPS[2]), state=RunState.PARTIAL, created=5)
    line = line_of(planned, end, RunState.PARTIAL)
    assert (line.good, line.created, line.seconds) == (1, 5, 5.0)
    assert (line.trouble, line.troubled, line.also) == (DEAD, "城西店", 1)


def test_the_trouble_of_the_whole_run_goes_before_that_of_accounts() -> None:
    planned = run(*SHOPS)
    end = ended(planned, result(SHOPS[0], DayState.FAILED, DEAD), result(SHOPS[1]), state=RunState.FAILED, trouble=DEAD)
    line = line_of(planned, end, RunState.FAILED)
    assert (line.trouble, line.troubled, line.also) == (DEAD, "", 0)


def test_accounts_with_more_bad_days_are_worse() -> None:
    some = [result(shop, DayState.FAILED, GONE) for shop in SHOPS]
    order = worst_first([some[0], replace(some[1], bad_days=3), replace(some[2], bad_days=1), result(SHOPS[0])])
    assert [one.bad_days for one in order] == [3, 1, 0, 0]


def test_a_parked_account_is_not_why_a_run_is_bad() -> None:
    parked = result(SHOPS[0], DayState.PARKED, DEAD)
    assert worst_first([parked, result(SHOPS[1], DayState.FAILED, GONE)])[-1] == parked


def test_each_kind_of_trouble_is_told_once_with_the_accounts_it_concerns() -> None:
    planned = run(*SHOPS)
    those = [result(shop, DayState.FAILED, GONE) for shop in SHOPS[:2]]
    end = ended(planned, *those, result(SHOPS[2], DayState.FAILED, DEAD), trouble=DEAD, state=RunState.FAILED)
    assert troubles_of(end) == [(DEAD, []), (GONE, ["城东店", "城西店"])]


def test_a_day_before_all_time_is_in_no_run() -> None:
    assert not Wanted(day=date.min).holds(run(*SHOPS), RunState.SUCCESS)


def in_two_tables(*others: AccountResult, trouble: Trouble | None = None) -> tuple[Run, Summary]:
    """A run of two accounts, good in its first table, that ended so in a further one."""
    alone = run(*SHOPS[:2])
    first = ended(alone, result(SHOPS[0]), result(SHOPS[1]), created=1)
    state = RunState.FAILED if trouble else RunState.PARTIAL
    other = replace(first, table="项目日报", accounts=others, trouble=trouble, state=state, created=2)
    return replace(alone, further=(replace(alone, table="项目日报"),)), with_further(first, [other])


def test_the_line_of_a_run_names_the_table_in_trouble_and_counts_an_account_once() -> None:
    planned, end = in_two_tables(result(SHOPS[0], DayState.FAILED, GONE), result(SHOPS[1]))
    line = line_of(planned, end, end.state)
    assert (line.table, line.trouble, line.troubled, line.also) == ("项目日报", GONE, "城东店", 0)
    assert (line.accounts, line.good, line.created) == (2, 1, 3)
    assert Wanted(account="2").has_account(planned)


def test_troubles_name_tables_and_accounts_in_them_but_none_that_all_tables_share() -> None:
    _, end = in_two_tables(
        result(SHOPS[0], DayState.FAILED, GONE), result(SHOPS[1], DayState.FAILED, DEAD), trouble=DEAD
    )
    assert troubles_of(end) == [(DEAD, ["项目日报"]), (GONE, ["项目日报 城东店"])]
    alike = replace(end, trouble=DEAD, further=tuple(replace(one, accounts=()) for one in end.further))
    assert troubles_of(alike) == [(DEAD, [])]
