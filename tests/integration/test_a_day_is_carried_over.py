"""Promise 1: success means that the table, read back, agrees with the source."""

from pipeline.core.outcome import DayState, RunState
from tests.lab import WRITES, Lab


def test_the_days_of_the_window_are_in_the_table_with_the_sources_figures(either: Lab) -> None:
    summary = either.sync()
    assert summary.state == RunState.SUCCESS
    assert summary.verified
    either.assert_agrees(summary.days.first, summary.days.last)


def test_a_second_run_sends_no_write(either: Lab) -> None:
    either.sync()
    before = either.calls(*WRITES)
    summary = either.sync()
    assert (summary.state, summary.created, summary.updated) == (RunState.SUCCESS, 0, 0)
    assert either.calls(*WRITES) == before


def test_an_account_of_three_pages_is_whole(either: Lab) -> None:
    summary = either.sync(either.day, [either.big])
    assert summary.accounts[0].rows > 200
    assert either.calls("report.promotion") == 3
    assert len(either.loaded()) == summary.accounts[0].rows


def test_an_account_without_data_is_empty_and_not_an_error(either: Lab) -> None:
    summary = either.sync(either.day)
    states = [account.state for account in summary.accounts]
    assert states.count(DayState.EMPTY) == 1
    assert summary.state == RunState.SUCCESS
