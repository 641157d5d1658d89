"""Money that an account spent where no promotion has a row is told apart from rows that are missing."""

import json
from datetime import date, time, timedelta
from decimal import Decimal

import pytest

from pipeline.core.errors import Retryable
from pipeline.core.model import DayRange
from pipeline.core.outcome import AccountResult, DayState, RunState, Summary
from pipeline.steps.runs.carry_out import carry_out
from pipeline.steps.runs.fetch import fetch_account
from pipeline.steps.runs.plan import begin_catch_up, begin_daily, begin_settle
from tests.lab import Lab

OUTSIDE = "1234.50"
SEVEN, SETTLING = time(7), time(10, 35)


@pytest.fixture
def lab(lab: Lab) -> Lab:
    """Two accounts at seven in the morning; the first one spends in 全域推广, too."""
    keep(lab, lab.accounts[:2])
    spend(lab, lab.accounts[0], OUTSIDE)
    lab.at(SEVEN)
    return lab


def keep(lab: Lab, accounts: list[str]) -> None:
    lab.extra["LAIKE_ACCOUNTS"] = json.dumps({one: lab.facts["accounts"][one] for one in accounts})


def spend(lab: Lab, account_id: str, amount: str, day: date | None = None) -> None:
    lab.control("settings", {"roi2": "account"})
    lab.control("roi2", {"account_id": account_id, "stat_cost": amount, **({"day": day.isoformat()} if day else {})})


def morning(lab: Lab) -> Summary:
    """The run at seven."""
    lab.at(SEVEN, days_later=_days_later(lab))
    ctx = lab.context()
    return carry_out(ctx, begin_daily(ctx).run_id)


def settling(lab: Lab) -> Summary:
    """The run at 10:35."""
    lab.at(SETTLING, days_later=_days_later(lab))
    ctx = lab.context()
    return carry_out(ctx, begin_settle(ctx).run_id)


def catching_up(lab: Lab, clock: time) -> list[Summary]:
    lab.at(clock, days_later=_days_later(lab))
    ctx = lab.context()
    return [carry_out(ctx, run.run_id) for run in begin_catch_up(ctx)]


def next_day(lab: Lab) -> date:
    """Let a day pass; the business day that is loaded then."""
    lab.extra["later"] = str(_days_later(lab) + 1)
    lab.at(SEVEN, days_later=_days_later(lab))
    return lab.day + timedelta(days=_days_later(lab))


def _days_later(lab: Lab) -> int:
    return int(lab.extra.get("later", "0"))


@pytest.fixture
def usual(lab: Lab) -> Lab:
    """The amount was accepted before: it is the morning after."""
    morning(lab)
    assert settling(lab).state == RunState.SUCCESS
    catching_up(lab, time(11, 20))
    next_day(lab)
    return lab


def first(summary: Summary) -> AccountResult:
    return summary.accounts[0]


def cure(summary: Summary, account: int = 0) -> str:
    trouble = summary.accounts[account].trouble
    assert trouble
    assert trouble.reason == "incomplete"
    return trouble.at_terminal


def a_row(lab: Lab, day: date, account: int = 0) -> dict[str, object]:
    """Where the costliest row of an account's day is."""
    rows = [row for row in lab.source(day, day).values() if str(row["local_account_id"]) == lab.accounts[account]]
    dearest = max(rows, key=lambda row: float(row["stat_cost"]))
    place = {"account_id": lab.accounts[account], "promotion_id": str(dearest["promotion_id"])}
    return {**place, "day": day.isoformat()}


def options(lab: Lab, number: int = 0, **said: object) -> None:
    lab.extra["LAIKE_ACCOUNT_OPTIONS"] = json.dumps({lab.accounts[number]: said})


def status(lab: Lab) -> dict[str, object]:
    """The row of 同步状态 on the first account's newest day."""
    name = lab.facts["accounts"][lab.accounts[0]]
    rows = [one["fields"] for one in lab.records(lab.table_named("同步状态")["table_id"])]
    return dict(max((row for row in rows if row["账户"] == name), key=lambda row: int(row["日期"])))


def last_card(lab: Lab) -> str:
    return json.dumps(lab.look("state")["messages"][-1], ensure_ascii=False)


def test_a_new_amount_counts_when_the_settling_run_finds_it_again_and_is_told_once(lab: Lab) -> None:
    at_seven = morning(lab)
    assert at_seven.state == RunState.PARTIAL
    assert [one.state for one in at_seven.accounts] == [DayState.INCOMPLETE, DayState.LOADED]
    assert "单元以外的消耗" in cure(at_seven)
    settled = settling(lab)
    assert (settled.state, first(settled).outside) == (RunState.SUCCESS, Decimal(OUTSIDE))
    assert [one for one in settled.warnings if "起账户消耗多于单元合计" in one]
    assert "另有 1,234.50 元不在单元中" in last_card(lab)
    said = status(lab)
    assert (said["状态"], said["原因"]) == ("已入库", "另有 1,234.50 元不在单元中（全域推广等）")
    lab.assert_agrees(lab.day, lab.day, lab.accounts[:2])
    catching_up(lab, time(11, 20))
    day = next_day(lab)
    after = morning(lab)
    assert (after.state, first(after).outside, after.day) == (RunState.SUCCESS, Decimal(OUTSIDE), day)
    assert not [one for one in after.warnings if "起账户消耗多于单元合计" in one]
    assert "另有 1,234.50 元不在单元中" in last_card(lab)


def test_the_days_before_are_made_up_by_the_catch_up_without_being_told_as_new(lab: Lab) -> None:
    morning(lab)
    settling(lab)
    (made_up,) = catching_up(lab, time(11, 20))
    assert (made_up.state, len(made_up.days)) == (RunState.SUCCESS, 6)
    assert not [one for one in made_up.warnings if "起账户消耗多于单元合计" in one]


def test_until_a_later_reading_can_say_more_catch_up_does_not_try(lab: Lab) -> None:
    morning(lab)
    calls = lab.calls("report.promotion")
    assert catching_up(lab, time(8, 20)) == []
    assert lab.calls("report.promotion") == calls
    (made_up,) = catching_up(lab, time(10, 20))
    assert made_up.state == RunState.SUCCESS
    assert [one for one in made_up.warnings if "起账户消耗多于单元合计" in one]


def test_a_reading_of_less_than_three_hours_later_is_not_a_later_one(lab: Lab) -> None:
    morning(lab)
    lab.at(time(9, 59))
    assert first(lab.sync()).state == DayState.INCOMPLETE
    lab.at(time(10, 1))
    assert first(lab.sync()).state == DayState.LOADED


def test_figures_that_still_grow_count_at_the_settling_run(lab: Lab) -> None:
    lab.control("settings", {"restating": True})
    assert morning(lab).state == RunState.PARTIAL
    settled = settling(lab)
    assert (settled.state, first(settled).outside) == (RunState.SUCCESS, Decimal(OUTSIDE))


def test_a_row_that_the_promotion_report_alone_lacks_is_never_taken_for_spend_outside(usual: Lab) -> None:
    day = usual.day + timedelta(days=1)
    place = a_row(usual, day)
    usual.control("figures", {**place, "missing_from": ["promotion"]})
    for summary in (morning(usual), settling(usual), *catching_up(usual, time(14, 20))):
        assert summary.state != RunState.SUCCESS
        assert first(summary).state == DayState.INCOMPLETE
        assert first(summary).outside == 0
        assert "相差" in cure(summary)
    usual.control("figures", {**place, "missing_from": []})
    (healed,) = catching_up(usual, time(20, 20))
    assert (healed.state, first(healed).outside) == (RunState.SUCCESS, Decimal(OUTSIDE))


def test_a_row_that_lacks_on_the_first_morning_keeps_the_new_amount_from_counting(lab: Lab) -> None:
    lab.control("figures", {**a_row(lab, lab.day), "missing_from": ["promotion"]})
    assert morning(lab).state == RunState.PARTIAL
    assert settling(lab).state == RunState.PARTIAL
    assert all(one.state == RunState.PARTIAL for one in catching_up(lab, time(13, 20)))


def test_an_account_that_only_spends_outside_counts_at_the_settling_run_each_day_and_is_told_once(lab: Lab) -> None:
    added = lab.control("accounts/add", {"name": "只投全域", "promotions": 0})["accounts"]
    (alone,) = added
    keep(lab, [alone])
    spend(lab, alone, "80")
    for told in (True, False):
        at_seven = morning(lab)
        assert (at_seven.state, first(at_seven).state) == (RunState.FAILED if told else RunState.PARTIAL, "incomplete")
        settled = settling(lab)
        assert settled.state == RunState.SUCCESS
        assert (first(settled).state, first(settled).rows, first(settled).outside) == (DayState.LOADED, 0, Decimal(80))
        assert bool([one for one in settled.warnings if "起账户消耗多于单元合计" in one]) is told
        catching_up(lab, time(11, 20))
        next_day(lab)


@pytest.mark.parametrize("expected", [False, True])
def test_promotions_that_sum_to_more_than_the_account_are_incomplete_always(lab: Lab, expected: bool) -> None:  # noqa: FBT001 a table
    if expected:
        options(lab, difference="expected")
    patch = {"path": ["data", "promotion_list", 0, "stat_cost"], "set": 99999.5}
    lab.fault("report.promotion", "patch", times="always", match={"local_account_id": lab.accounts[0]}, **patch)
    summary = lab.sync(lab.day)
    assert first(summary).state == DayState.INCOMPLETE
    assert "相差" in cure(summary)
    assert lab.calls("report.project") == 0


REFUSALS = {
    "not granted": ({"code": 40118}, True),
    "not permitted": ({"code": 40002}, False),
    "throttled": ({"code": 40100}, False),
    "a fault of the service": ({"code": 50000}, False),
}


@pytest.mark.parametrize("refusal", REFUSALS)
def test_a_project_report_that_is_refused_leaves_the_day_incomplete_and_its_rows_loaded(
    usual: Lab, refusal: str
) -> None:
    code, person = REFUSALS[refusal]
    usual.fault("report.project", "code", times="always", **code)
    summary = morning(usual)
    assert [one.state for one in summary.accounts] == [DayState.INCOMPLETE, DayState.LOADED]
    assert "项目报表读取失败" in cure(summary)
    assert first(summary).trouble.needs_person is person  # type: ignore[union-attr]
    usual.assert_agrees(summary.day, summary.day, usual.accounts[:2])
    usual.control("faults/clear", {})
    (healed,) = catching_up(usual, time(8, 20))
    assert (healed.state, first(healed).outside) == (RunState.SUCCESS, Decimal(OUTSIDE))


def test_a_project_report_that_is_refused_for_a_while_is_asked_again_before_the_day_is_called_incomplete(
    usual: Lab,
) -> None:
    usual.at(SEVEN, days_later=1)
    ctx = usual.context()
    run = begin_daily(ctx)
    usual.fault("report.project", "code", code=50000, times="always")
    with pytest.raises(Retryable):
        fetch_account(ctx, run.run_id, 0, usual.accounts[0], last=False)
    usual.control("faults/clear", {})
    assert carry_out(ctx, run.run_id).state == RunState.SUCCESS


def test_a_difference_that_is_expected_needs_no_witness_and_no_later_reading(lab: Lab) -> None:
    options(lab, difference="expected")
    lab.control("figures", {**a_row(lab, lab.day), "missing_from": ["promotion"]})
    summary = morning(lab)
    assert summary.state == RunState.SUCCESS
    assert first(summary).outside > Decimal(OUTSIDE)
    assert summary.warnings == ()
    assert lab.calls("report.project") == 0


def test_accounts_without_a_difference_cost_no_call_more(lab: Lab) -> None:
    keep(lab, lab.accounts[1:3])
    assert morning(lab).state == RunState.SUCCESS
    assert lab.calls("report.project") == 0


def test_a_difference_costs_one_call_for_all_its_days(usual: Lab) -> None:
    before = usual.calls("report.project")
    assert morning(usual).state == RunState.SUCCESS
    assert usual.calls("report.project") == before + 1


def test_a_loaded_promotion_that_both_reports_lose_is_missed_as_long_as_the_account_did_not_fall(usual: Lab) -> None:
    day = usual.day + timedelta(days=1)
    assert morning(usual).state == RunState.SUCCESS
    place = a_row(usual, day)
    usual.control("figures", {**place, "missing_from": ["promotion", "project"]})
    assert "没有再返回" in cure(settling(usual))
    assert all("没有再返回" in cure(one) for one in catching_up(usual, time(14, 20)))
    usual.control("figures", {**place, "missing_from": [], "absent": True})
    (fell,) = catching_up(usual, time(20, 20))
    assert (fell.state, fell.gone, first(fell).outside) == (RunState.SUCCESS, 1, Decimal(OUTSIDE))


def test_an_account_without_difference_misses_a_loaded_promotion_too(lab: Lab) -> None:
    keep(lab, lab.accounts[1:2])
    morning(lab)
    lab.control("figures", {**a_row(lab, lab.day, account=1), "missing_from": ["promotion", "project"]})
    assert "没有再返回" in cure(settling(lab))
    assert all(one.state != RunState.SUCCESS for one in catching_up(lab, time(14, 20)))


def test_no_rows_after_rows_are_incomplete_however_often_they_are_read(usual: Lab) -> None:
    day = usual.day + timedelta(days=1)
    for row in usual.source(day, day).values():
        if str(row["local_account_id"]) == usual.accounts[0]:
            place = {"account_id": usual.accounts[0], "promotion_id": str(row["promotion_id"])}
            gone = {**place, "day": day.isoformat(), "missing_from": ["promotion", "project"]}
            usual.control("figures", gone)
    for summary in (morning(usual), settling(usual), *catching_up(usual, time(14, 20))):
        assert first(summary).state == DayState.INCOMPLETE
        assert "没有任何单元数据" in cure(summary)


def test_after_three_mornings_the_cure_names_the_setting_and_with_it_the_days_are_whole(usual: Lab) -> None:
    for number in range(3):
        day = usual.day + timedelta(days=1 + number)
        usual.control("figures", {**a_row(usual, day, account=1), "missing_from": ["promotion"]})
        assert "difference" not in cure(morning(usual), account=1)
        assert ("difference" in cure(settling(usual), account=1)) is (number == 2)
        next_day(usual)
    options(usual, 1, difference="expected")
    assert morning(usual).state == RunState.SUCCESS


def test_an_older_day_whose_total_moves_by_spend_outside_is_looked_at_properly(usual: Lab) -> None:
    morning(usual)
    old = usual.day - timedelta(days=2)
    next_day(usual)
    spend(usual, usual.accounts[0], "2000", old)
    summary = morning(usual)
    assert (summary.state, summary.updated, summary.restatements) == (RunState.SUCCESS, 0, ())
    document = usual.laike("coverage", old.isoformat(), old.isoformat(), "--json")
    (known,) = json.loads(document.stdout)["accounts"][0]["days"]
    assert (known["state"], known["outside"]) == ("loaded", "2000.00")


def test_a_dry_run_leaves_nothing_behind(lab: Lab) -> None:
    assert first(lab.sync(dry_run=True)).state == DayState.INCOMPLETE
    assert lab.context().spend.noted(lab.accounts[0]) == {}
    lab.at(SETTLING)
    assert first(lab.sync(dry_run=True)).state == DayState.INCOMPLETE


def test_when_redis_was_emptied_the_amount_is_new_again_and_what_was_said_of_it_is_no_cure(usual: Lab) -> None:
    assert morning(usual).state == RunState.SUCCESS
    usual.context().client.flushdb()
    assert first(usual.sync(usual.day)).state == DayState.INCOMPLETE
    newest = usual.day + timedelta(days=1)
    (recalled,) = usual.context().last_outcomes.of([usual.accounts[0]], DayRange(newest, newest)).values()
    assert (recalled.state, recalled.what_to_do) == (DayState.LOADED, None)


def test_show_and_sync_tell_the_amount(usual: Lab) -> None:
    summary = morning(usual)
    document = json.loads(usual.laike("show", summary.run_id, "--json").stdout)
    assert [one["outside"] for one in document["accounts"]] == [OUTSIDE, "0.00"]
    assert f"outside promotions (全域推广 and the like): {OUTSIDE} 元" in usual.laike("show", summary.run_id).stdout
