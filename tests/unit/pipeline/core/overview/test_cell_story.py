"""The story of one account on one day."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from pipeline.core.accounts.spend import Noted
from pipeline.core.coverage.day import DayCoverage, LastOutcome, Loaded
from pipeline.core.errors import Trouble
from pipeline.core.model import Account, AccountDay, Totals
from pipeline.core.outcome import DayOutcome, DayState, FetchOutcome, RunState, Shift
from pipeline.core.overview.cell_story import (
    SHOWN,
    Facts,
    RunBrief,
    looked_back_until,
    may_have_read,
    readings_of,
    shut,
    story,
)

DAY = date(2026, 2, 11)
AT = AccountDay("18", DAY)
NOW = datetime(2026, 2, 14, 2, tzinfo=UTC)
ACCOUNT = Account("18", "城东店")
LOADED = Loaded(3, "118.36", "c", NOW - timedelta(days=1), Totals(Decimal("118.36"), Decimal(4)))
FAILED = LastOutcome(state=DayState.FAILED, reason="account_unavailable", what_to_do="账户不可用，请检查账户。")
FACTS = Facts(day=DayCoverage(LOADED), noted=None, parked_since=None, readings=(), reading="", now=NOW)
RUN = RunBrief(run_id="daily-2026-02-11", state=RunState.SUCCESS, started_at=NOW - timedelta(days=2))


def fetched(cost: str, as_of: datetime, day: date = DAY, trouble: Trouble | None = None) -> FetchOutcome:
    found = DayOutcome(day=day, state=DayState.LOADED, rows=3, cost=Decimal(cost), trouble=trouble)
    return FetchOutcome(account_id="18", days=(found,), rows=3, checksum="c", as_of=as_of)


def test_a_good_day_says_what_the_table_has_of_it() -> None:
    found = story(ACCOUNT, DAY, FACTS)
    assert (found.state, found.rows, found.cost) == (DayState.LOADED, 3, Decimal("118.36"))
    assert found.totals == Totals(Decimal("118.36"), Decimal(4))
    assert (found.why, found.cure, found.shut, found.read_at) == ("", "", "", LOADED.as_of)


def test_a_failed_day_says_why_and_what_to_do_and_keeps_what_stands() -> None:
    found = story(ACCOUNT, DAY, replace(FACTS, day=DayCoverage(LOADED, FAILED)))
    assert (found.why, found.cure) == ("账户不可用", "请检查账户。")
    assert (found.rows, found.doubtful) == (3, False)
    doubtful = story(ACCOUNT, DAY, replace(FACTS, day=DayCoverage(LOADED, replace(FAILED, written=True))))
    assert (doubtful.rows, doubtful.cost, doubtful.doubtful) == (None, None, True)


@pytest.mark.parametrize("state", [DayState.MISSING, DayState.OPEN, DayState.PARKED])
def test_a_day_that_nobody_read_says_so(state: DayState) -> None:
    found = story(ACCOUNT, DAY, replace(FACTS, day=DayCoverage(last=LastOutcome(state=state))))
    assert found.why
    assert found.cure
    assert (found.rows, found.cost, found.read_at) == (None, None, None)


def test_an_outcome_of_an_older_release_or_an_unknown_reason_has_words_too() -> None:
    old = LastOutcome(state=DayState.INCOMPLETE, what_to_do="请稍后再看。")
    found = story(ACCOUNT, DAY, replace(FACTS, day=DayCoverage(last=old)))
    assert (found.why, found.cure) == ("数据不完整", "请稍后再看。")
    unknown = story(ACCOUNT, DAY, replace(FACTS, day=DayCoverage(last=replace(old, reason="of_next_year"))))
    assert unknown.why == "数据不完整"


def test_a_day_before_the_account_was_loaded_is_not_called_a_failure() -> None:
    found = story(ACCOUNT, DAY, replace(FACTS, day=None))
    assert (found.why, found.owed) == ("这一天早于该账户开始同步的日期", False)
    assert story(ACCOUNT, DAY, FACTS).owed


def test_spend_outside_promotions_is_what_was_accepted() -> None:
    noted = Noted(amount=Decimal("20.5"), accepted=True)
    assert story(ACCOUNT, DAY, replace(FACTS, noted=noted)).outside == Decimal("20.5")
    said = DayCoverage(LOADED, LastOutcome(state=DayState.LOADED, rows=3, outside="7.00"))
    assert story(ACCOUNT, DAY, replace(FACTS, day=said)).outside == Decimal("7.00")


def test_a_promised_reading_is_told_until_then() -> None:
    def at(moment: datetime) -> DayCoverage:
        return DayCoverage(LOADED, replace(FAILED, again_at=moment))

    later, before = NOW + timedelta(hours=1), NOW - timedelta(hours=1)
    assert story(ACCOUNT, DAY, replace(FACTS, day=at(later))).again_at == later
    assert story(ACCOUNT, DAY, replace(FACTS, day=at(before))).again_at is None


def test_readings_are_those_of_the_day_the_newest_first_with_what_was_corrected() -> None:
    second = RunBrief(run_id="settle-2026-02-11", state=RunState.PARTIAL, started_at=NOW, restatements=frozenset({AT}))
    shift = Shift(account_id="18", day=DAY, before=Decimal(100), after=Decimal("118.36"))
    fetches = {
        RUN.run_id: [fetched("100", NOW - timedelta(days=2)), fetched("9", NOW, DAY - timedelta(days=1))],
        second.run_id: [fetched("118.36", NOW - timedelta(days=1))],
        "gone": [fetched("1", NOW)],
    }
    runs = {RUN.run_id: RUN, second.run_id: second}
    found = story(ACCOUNT, DAY, replace(FACTS, readings=readings_of(AT, fetches, runs, {second.run_id: shift})))
    assert [(one.run.run_id, one.found.cost, one.restated) for one in found.readings] == [
        (second.run_id, Decimal("118.36"), True),
        (RUN.run_id, Decimal(100), False),
    ]
    assert found.readings[0].shift == shift


def test_the_readings_of_a_day_are_bounded() -> None:
    fetches = {RUN.run_id: [fetched("1", NOW + timedelta(hours=n)) for n in range(SHOWN + 5)]}
    found = story(ACCOUNT, DAY, replace(FACTS, readings=readings_of(AT, fetches, {RUN.run_id: RUN}, {})))
    assert len(found.readings) == SHOWN


@pytest.mark.parametrize(
    ("day", "said"),
    [
        (date(2026, 2, 13), ""),
        (date(2026, 2, 14), "还没有结束"),
        (date(9999, 12, 31), "还没有结束"),
        (date(2025, 2, 14), ""),
        (date(2025, 2, 13), "365"),
        (date(1, 1, 1), "365"),
    ],
)
def test_a_day_that_cannot_be_read_again_says_why(day: date, said: str) -> None:
    assert said in shut(day, NOW) if said else shut(day, NOW) == ""


@pytest.mark.parametrize(
    ("run_id", "days_later", "may"),
    [
        ("daily-2026-02-11", 1, True),
        ("settle-2026-02-20", 10, True),
        ("daily-2026-03-20", 38, False),
        ("backfill-2026-02-01-2026-02-11-0601", 200, True),
        ("backfill-2026-02-12-2026-02-20-0601", 200, False),
        ("daily-2026-02-11-0601120000", 200, True),
        ("catch-up-2026-02-12-0210-0212-1", 2, True),
    ],
)
def test_which_runs_may_have_read_a_day_is_seen_from_their_ids(run_id: str, days_later: int, may: bool) -> None:  # noqa: FBT001
    started = datetime(2026, 2, 11, 4, tzinfo=UTC) + timedelta(days=days_later)
    assert may_have_read(run_id, started, DAY, looked_back_until(DAY, reach=7)) is may


def test_a_reading_says_whether_it_found_what_the_one_before_it_found() -> None:
    hours = [NOW - timedelta(hours=one) for one in (1, 2, 3, 4)]
    runs = {f"manual-{n}": replace(RUN, run_id=f"manual-{n}") for n in range(4)}
    runs["manual-0"] = replace(runs["manual-0"], state=RunState.RUNNING)
    costs = ("9", "9", "9", "8")
    fetches = {run_id: [fetched(cost, at)] for run_id, cost, at in zip(runs, costs, hours, strict=True)}
    found = story(ACCOUNT, DAY, replace(FACTS, readings=readings_of(AT, fetches, runs, {})))
    assert [one.same for one in found.readings] == [False, True, False, False]


def test_a_reading_with_the_same_figures_of_a_day_that_was_corrected_is_not_called_the_same() -> None:
    newer = replace(RUN, run_id="manual-1", restatements=frozenset({AT}))
    fetches = {RUN.run_id: [fetched("9", NOW)], newer.run_id: [fetched("9", NOW + timedelta(hours=1))]}
    readings = readings_of(AT, fetches, {RUN.run_id: RUN, newer.run_id: newer}, {})
    assert not any(one.same for one in story(ACCOUNT, DAY, replace(FACTS, readings=readings)).readings)
