"""What people write as arguments: days within a calendar that has figures, ranges that end."""

from collections.abc import Callable
from datetime import date, datetime
from functools import partial

import pytest

from cli.arguments import day_of
from cli.runs.coverage import _days
from cli.runs.history import runs
from cli.runs.sync import backfill, stop_backfill, sync
from cli.table.dedup import check, clean
from cli.table.export import export
from cli.table.report import report
from pipeline.core.errors import WrongInput
from pipeline.core.model import CHINA, DayRange
from pipeline.core.runs.plan import DAYS_MAX, bounded, over

NOW = datetime(2026, 2, 4, 12, tzinfo=CHINA)
CALLS: dict[str, Callable[[str, str], object]] = {
    "export": lambda a, b: export(a, b, (), as_="csv", source="table", to=None, by_account=False, as_json=False),
    "report": lambda a, b: report(a, b, (), to=None, send=False, as_json=False),
    "dedup check": lambda a, b: check(a, b, as_json=False),
    "backfill": lambda a, b: backfill(a, b, (), tell=False, as_json=False),
    "backfill --stop": lambda a, b: stop_backfill(a, b, ()),
}
ONE_DAY: dict[str, Callable[[str], object]] = {
    "dedup clean": lambda day: clean(day, yes=True),
    "sync": lambda day: sync(day, (), dry_run=False, local=False, no_redis=False, tell=False, as_json=False),
    "runs": lambda day: runs(1, failed=False, day=day, account=None, as_json=False),
}


@pytest.mark.parametrize("day", ["0001-01-01", "2014-12-31", "9999-12-31", "3000-01-01"])
def test_a_day_that_no_figures_can_be_of_is_named(day: str) -> None:
    with pytest.raises(WrongInput, match=f"{day} is out of range: use 2015-01-01 to 2999-12-31"):
        day_of(day)


def test_what_is_no_day_is_quoted_up_to_a_bound() -> None:
    with pytest.raises(WrongInput, match="is not a day; write it as") as caught:
        day_of("x" * 100_000)
    assert len(caught.value.message) < 500


@pytest.mark.parametrize("made", [bounded, partial(over, now=NOW)], ids=["any day", "days that are over"])
def test_a_range_has_an_end(made: Callable[[date, date], DayRange]) -> None:
    first, last = date(2026, 2, 1), date(2026, 2, 3)
    assert len(made(first, last)) == 3
    with pytest.raises(WrongInput, match=f"2015-01-01 .. 2026-02-03 are 4052 days: at most {DAYS_MAX} are taken"):
        made(date(2015, 1, 1), last)
    with pytest.raises(WrongInput, match="ends before it starts"):
        made(last, first)


@pytest.mark.parametrize("command", CALLS)
@pytest.mark.parametrize(
    ("start", "end", "told"),
    [
        ("0001-01-01", "0001-01-02", "0001-01-01 is out of range"),
        ("2026-02-03", "9999-12-31", "9999-12-31 is out of range"),
    ],
)
def test_commands_refuse_such_days_before_they_ask_anybody(command: str, start: str, end: str, told: str) -> None:
    with pytest.raises(WrongInput, match=told):
        CALLS[command](start, end)


def test_the_grid_of_coverage_has_such_bounds_too() -> None:
    today = date(2026, 2, 4)
    usual = DayRange(date(2026, 1, 5), date(2026, 2, 3))
    for start, end, told in (("0001-01-01", None, "out of range"), ("2015-01-01", "2026-02-03", "at most 4000")):
        with pytest.raises(WrongInput, match=told):
            _days(start, end, usual, today)


@pytest.mark.parametrize("command", ONE_DAY)
@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_commands_of_one_day_do_so_too(command: str, day: str) -> None:
    with pytest.raises(WrongInput, match=f"{day} is out of range"):
        ONE_DAY[command](day)


def test_keys_are_looked_for_in_a_range_that_has_an_end() -> None:
    with pytest.raises(WrongInput, match="at most 4000 are taken"):
        check("2015-01-01", "2030-01-01", as_json=False)


def test_more_runs_than_are_ever_remembered_are_not_listed() -> None:
    with pytest.raises(WrongInput, match="runs are too many: at most 100000 are listed at once"):
        runs(10**400, failed=False, day=None, account=None, as_json=False)
