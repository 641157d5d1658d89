"""How a run ended, from what its steps found."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from pipeline.core.errors import AccountUnavailable, NeedsPerson, ServerTrouble, TableMismatch, Trouble
from pipeline.core.model import Account, AccountDay, DayRange
from pipeline.core.outcome import (
    DayOutcome,
    DayState,
    FetchOutcome,
    LoadOutcome,
    Refusal,
    Run,
    RunState,
    Summary,
    VerifyOutcome,
    ViewsOutcome,
)
from pipeline.core.read_back import DayAgreement
from pipeline.core.runs.findings import Findings, day_outcomes
from pipeline.core.runs.summary import bare_summary, end_of, summarize

NOW = datetime(2026, 2, 12, 7, 0, 30, tzinfo=UTC)
DAYS = DayRange(date(2026, 2, 10), date(2026, 2, 11))
EAST, WEST = Account("1801", "城东店"), Account("1802", "城西店")
UNAVAILABLE = AccountUnavailable("code 40002", code=40002).trouble()


def the_run(*, dry_run: bool = False) -> Run:
    return Run(
        run_id="daily-2026-02-11",
        day=DAYS.last,
        days=DAYS,
        accounts=(EAST, WEST),
        started_at=NOW,
        deadline=NOW,
        dry_run=dry_run,
    )


def fetched(account: Account, state: DayState, trouble: Trouble | None = None) -> FetchOutcome:
    cost = Decimal("10.50") if state == DayState.LOADED else Decimal(0)
    days = tuple(DayOutcome(day=day, state=state, rows=2, cost=cost, trouble=trouble) for day in DAYS)
    return FetchOutcome(account_id=account.id, days=days, rows=4, checksum="", as_of=NOW)


def agreeing(**changed: DayAgreement) -> VerifyOutcome:
    places = [AccountDay(account.id, day) for account in (EAST, WEST) for day in DAYS]
    found = tuple(
        changed.get(f"at_{at.account_id}_{at.day.day}", DayAgreement(account_id=at.account_id, day=at.day))
        for at in places
    )
    return VerifyOutcome(agreements=found, verified=all(one.agrees for one in found))


def found(
    east: FetchOutcome | None = None,
    west: FetchOutcome | None = None,
    load: LoadOutcome | None = None,
    verify: VerifyOutcome | None = None,
    *,
    dry_run: bool = False,
) -> Findings:
    fetches: Mapping[str, FetchOutcome] = {
        EAST.id: east or fetched(EAST, DayState.LOADED),
        WEST.id: west or fetched(WEST, DayState.LOADED),
    }
    return Findings(the_run(dry_run=dry_run), fetches, load or LoadOutcome(created=8), verify or agreeing())


def ended(*findings: Findings) -> Summary:
    return summarize(findings[0].part, [end_of(one) for one in findings], ViewsOutcome(), NOW)


def test_a_run_is_a_success_when_every_day_was_fetched_and_agrees() -> None:
    summary = ended(found())
    assert (summary.state, summary.verified, summary.created) == (RunState.SUCCESS, True, 8)
    east = summary.accounts[0]
    # rows and cost of the run's day; 2 + 2 rows and 10.50 + 10.50 元 of the window
    assert (east.rows, east.cost, east.window_rows, east.window_cost) == (2, Decimal("10.50"), 4, Decimal("21.00"))


def test_a_failed_account_makes_it_partial_and_only_that_account_bad() -> None:
    summary = ended(found(west=fetched(WEST, DayState.FAILED, UNAVAILABLE)))
    assert summary.state == RunState.PARTIAL
    assert [(one.state, one.trouble) for one in summary.accounts] == [
        (DayState.LOADED, None),
        (DayState.FAILED, UNAVAILABLE),
    ]


def test_all_accounts_failed_is_failed() -> None:
    bad = found(fetched(EAST, DayState.FAILED, UNAVAILABLE), fetched(WEST, DayState.FAILED, UNAVAILABLE))
    assert ended(bad).state == RunState.FAILED


def test_a_run_whose_end_cannot_be_told_claims_nothing_of_any_account() -> None:
    why = Trouble(reason="bug", message="KeyError in pipeline/core/runs/summary.py:7", what_to_do="请联系工程师。")
    bare = bare_summary(the_run(dry_run=True), why, NOW)
    assert (bare.state, bare.trouble, bare.dry_run, bare.verified) == (RunState.FAILED, why, True, False)
    assert [(one.id, one.name, one.state, one.trouble) for one in bare.accounts] == [
        (account.id, account.name, DayState.FAILED, why) for account in (EAST, WEST)
    ]
    assert (bare.run_id, bare.days, bare.ended_at) == (the_run().run_id, DAYS, NOW)


def parking(findings: Findings, *accounts: Account) -> Findings:
    return replace(findings, part=replace(findings.part, parked=tuple(one.id for one in accounts)))


def test_a_parked_account_is_named_so_and_does_not_make_the_run_partial() -> None:
    summary = ended(parking(found(west=fetched(WEST, DayState.FAILED, UNAVAILABLE)), WEST))
    assert summary.state == RunState.SUCCESS
    assert (summary.accounts[1].state, summary.accounts[1].trouble) == (DayState.PARKED, UNAVAILABLE)


def test_a_parked_account_that_fails_for_another_reason_makes_the_run_partial() -> None:
    away = ServerTrouble("502").trouble()
    assert ended(parking(found(west=fetched(WEST, DayState.FAILED, away)), WEST)).state == RunState.PARTIAL


def test_a_run_in_which_every_account_is_parked_has_failed() -> None:
    bad = found(fetched(EAST, DayState.FAILED, UNAVAILABLE), fetched(WEST, DayState.FAILED, UNAVAILABLE))
    assert ended(parking(bad, EAST, WEST)).state == RunState.FAILED


def test_that_all_others_are_empty_is_suspicious_also_beside_a_parked_account() -> None:
    loaded, empty = fetched(EAST, DayState.LOADED), fetched(EAST, DayState.EMPTY)
    east = replace(loaded, days=(loaded.days[0], empty.days[1]), spent_lately=True)
    summary = ended(parking(found(east, fetched(WEST, DayState.FAILED, UNAVAILABLE)), WEST))
    assert (summary.state, summary.trouble and summary.trouble.reason) == (RunState.PARTIAL, "suspicious_empty")


def test_an_account_that_was_never_fetched_is_missing_and_never_empty() -> None:
    findings = replace(found(), fetches={EAST.id: fetched(EAST, DayState.LOADED)})
    summary = ended(findings)
    assert (summary.state, summary.accounts[1].state) == (RunState.PARTIAL, DayState.MISSING)


def test_a_load_that_failed_fails_what_had_been_fetched() -> None:
    trouble = TableMismatch("no column").trouble()
    summary = ended(found(load=LoadOutcome(trouble=trouble), verify=VerifyOutcome()))
    assert (summary.state, summary.trouble) == (RunState.FAILED, trouble)
    assert {one.state for one in summary.accounts} == {DayState.FAILED}


def test_a_read_back_that_never_ended_is_no_success() -> None:
    summary = ended(replace(found(), verify=None))
    assert (summary.state, summary.verified) == (RunState.FAILED, False)
    assert {one.trouble.reason for one in summary.accounts if one.trouble} == {"interrupted"}


def test_a_load_that_never_ended_is_no_success() -> None:
    summary = ended(replace(found(), load=None, verify=None))
    assert summary.state == RunState.FAILED
    assert summary.trouble
    assert "load never ended" in summary.trouble.message


def test_batches_add_up_and_one_bad_batch_makes_it_partial() -> None:
    run = the_run()
    halves = [replace(run, batch=n, days=DayRange(day, day)) for n, day in enumerate(DAYS)]
    good, bad = (
        replace(
            found(),
            part=half,
            fetches={
                one.id: replace(fetched(one, DayState.LOADED), days=fetched(one, DayState.LOADED).days[n : n + 1])
                for one in (EAST, WEST)
            },
        )
        for n, half in enumerate(halves)
    )
    whole = summarize(run, [end_of(good), end_of(bad)], ViewsOutcome(), NOW)
    assert (whole.state, whole.created) == (RunState.SUCCESS, 16)  # 8 + 8
    torn = summarize(run, [end_of(good), end_of(replace(bad, load=None, verify=None))], ViewsOutcome(), NOW)
    assert (torn.state, torn.created, torn.verified) == (RunState.PARTIAL, 8, False)


def test_an_account_of_several_batches_shows_its_newest_day_the_sums_of_all_and_the_worst() -> None:
    run = the_run()
    older, newer = (
        replace(
            found(),
            part=replace(run, batch=n, days=DayRange(day, day)),
            fetches={
                one.id: replace(
                    fetched(one, DayState.LOADED),
                    days=(DayOutcome(day=day, state=DayState.LOADED, rows=1 + n, cost=Decimal(10 + n)),),
                )
                for one in (EAST, WEST)
            },
        )
        for n, day in enumerate(DAYS)
    )
    torn = DayAgreement(account_id=WEST.id, day=DAYS.first, missing=1)
    older = replace(older, verify=agreeing(at_1802_10=torn))
    for ends in ([end_of(older), end_of(newer)], [end_of(newer), end_of(older)]):
        east, west = summarize(run, ends, ViewsOutcome(), NOW).accounts
        assert (east.rows, east.cost, east.window_rows, east.window_cost) == (2, Decimal(11), 3, Decimal(21))
        assert (east.state, west.state) == (DayState.LOADED, DayState.INCOMPLETE)


def test_a_read_back_that_failed_is_no_success() -> None:
    trouble = TableMismatch("gone").trouble()
    assert ended(found(verify=VerifyOutcome(trouble=trouble))).state == RunState.FAILED


@pytest.mark.parametrize(
    ("disagreement", "chinese"),
    [({"missing": 3}, "缺少 3 行"), ({"wrong": 2}, "数值不符 2 行"), ({"duplicates": 1}, "重复 1 行")],
)
def test_a_day_that_does_not_agree_is_incomplete_and_named(disagreement: dict[str, Any], chinese: str) -> None:
    torn = DayAgreement(account_id=EAST.id, day=DAYS.first, **disagreement)
    summary = ended(found(verify=agreeing(at_1801_10=torn)))
    east = summary.accounts[0]
    assert (summary.state, summary.verified, east.state) == (RunState.PARTIAL, False, DayState.INCOMPLETE)
    assert east.trouble
    assert chinese in east.trouble.what_to_do
    assert "2026-02-10" in east.trouble.message


def test_rows_beyond_the_source_leave_it_a_success_with_a_warning_in_yuan() -> None:
    more = DayAgreement(account_id=WEST.id, day=DAYS.last, gone=1, foreign=2, excess=Decimal("33.30"))
    summary = ended(found(verify=agreeing(at_1802_11=more)))
    assert (summary.state, summary.gone, summary.foreign) == (RunState.SUCCESS, 1, 2)
    [warning] = summary.warnings
    assert all(word in warning for word in ("城西店", "2026-02-11", "不再返回的 1 行", "他人添加的 2 行", "33.30 元"))


def test_a_key_that_two_accounts_report_differently_makes_both_days_incomplete() -> None:
    conflicts = (AccountDay(EAST.id, DAYS.last), AccountDay(WEST.id, DAYS.last))
    summary = ended(found(load=LoadOutcome(conflicts=conflicts)))
    assert {one.state for one in summary.accounts} == {DayState.INCOMPLETE}


def test_every_account_empty_after_days_with_cost_is_suspicious() -> None:
    summary = ended(found(quiet(EAST), quiet(WEST)))
    assert summary.state == RunState.PARTIAL
    assert summary.trouble
    assert summary.trouble.reason == "suspicious_empty"
    assert summary.trouble.what_to_do.startswith("2026-02-11 所有账户均无数据")


def quiet(account: Account) -> FetchOutcome:
    spent, empty = fetched(account, DayState.LOADED).days[0], fetched(account, DayState.EMPTY).days[1]
    return replace(fetched(account, DayState.LOADED), days=(spent, empty), spent_lately=True)


def asked_for(findings: Findings, run_id: str, *accounts: Account) -> Findings:
    part = replace(findings.part, run_id=run_id, accounts=accounts)
    return replace(findings, part=part, fetches={one.id: findings.fetches[one.id] for one in accounts})


@pytest.mark.parametrize("run_id", ["backfill-2026-02-11-2026-02-11-0212", "daily-2026-02-11-0212070000000"])
@pytest.mark.parametrize("whole", [True, False])
def test_a_person_who_reads_one_account_again_is_told_that_the_source_has_nothing(run_id: str, *, whole: bool) -> None:
    findings = asked_for(found(quiet(EAST)), run_id, EAST)
    summary = summarize(findings.part, [end_of(findings)], ViewsOutcome(), NOW, whole=whole)
    assert (summary.state, summary.trouble, summary.accounts[0].of_day) == (RunState.SUCCESS, None, DayState.EMPTY)
    [told] = summary.warnings
    assert all(word in told for word in ("城东店", "2026-02-11", "数据源没有这一天的数据"))


def test_one_account_beside_others_is_caught_up_although_it_is_empty_and_nothing_is_said_of_all() -> None:
    findings = asked_for(found(quiet(EAST)), "catch-up-2026-02-11-2", EAST)
    summary = summarize(findings.part, [end_of(findings)], ViewsOutcome(), NOW, whole=False)
    assert (summary.state, summary.trouble, summary.warnings) == (RunState.SUCCESS, None, ())


@pytest.mark.parametrize("run_id", ["daily-2026-02-11", "settle-2026-02-11", "catch-up-2026-02-11-2"])
def test_a_day_without_the_only_account_there_is_stays_suspicious(run_id: str) -> None:
    findings = asked_for(found(quiet(EAST)), run_id, EAST)
    summary = summarize(findings.part, [end_of(findings)], ViewsOutcome(), NOW, whole=True)
    assert (summary.state, summary.trouble and summary.trouble.reason) == (RunState.PARTIAL, "suspicious_empty")


def test_a_backfill_in_which_several_accounts_are_empty_at_once_stays_suspicious_and_counts_them() -> None:
    findings = asked_for(found(quiet(EAST), quiet(WEST)), "backfill-2026-02-10-2026-02-11-0212", EAST, WEST)
    summary = summarize(findings.part, [end_of(findings)], ViewsOutcome(), NOW, whole=False)
    assert summary.state == RunState.PARTIAL
    assert summary.trouble
    assert summary.trouble.what_to_do.startswith("2026-02-11 本次读取的 2 个账户均无数据")


def test_every_account_empty_after_days_without_cost_is_a_success() -> None:
    summary = ended(found(fetched(EAST, DayState.EMPTY), fetched(WEST, DayState.EMPTY)))
    assert (summary.state, summary.trouble) == (RunState.SUCCESS, None)


def test_a_dry_run_is_judged_by_what_its_read_back_would_say() -> None:
    load = LoadOutcome(created=8, foreseen=agreeing().agreements)
    summary = ended(found(load=load, verify=VerifyOutcome(), dry_run=True))
    assert (summary.state, summary.verified, summary.dry_run) == (RunState.SUCCESS, False, True)


@pytest.mark.parametrize("load", [LoadOutcome(), LoadOutcome(trouble=TableMismatch("no column").trouble())])
def test_a_dry_run_that_could_not_compare_is_no_success(load: LoadOutcome) -> None:
    summary = ended(found(load=load, verify=VerifyOutcome(), dry_run=True))
    assert (summary.state, summary.trouble) == (RunState.FAILED, load.trouble)


def test_a_person_is_needed_when_a_trouble_says_so() -> None:
    dead = fetched(WEST, DayState.FAILED, NeedsPerson("refresh token expired").trouble())
    assert ended(found(west=dead)).needs_person
    assert not ended(found(west=fetched(WEST, DayState.FAILED, UNAVAILABLE))).needs_person


def test_the_last_word_covers_every_account_and_day() -> None:
    outcomes = day_outcomes([found()])
    assert set(outcomes) == {AccountDay(account.id, day) for account in (EAST, WEST) for day in DAYS}


def with_older_list(one: Findings, trouble: Trouble) -> Findings:
    return replace(one, part=replace(one.part, trouble=trouble))


AWAY, REVOKED = ServerTrouble("HTTP 502").trouble(), NeedsPerson("no account", what_to_do="请重新授权。").trouble()


@pytest.mark.parametrize("trouble", [AWAY, REVOKED])
def test_a_run_on_an_older_list_of_accounts_says_so_and_may_still_be_a_success(trouble: Trouble) -> None:
    summary = ended(with_older_list(found(), trouble))
    assert (summary.state, summary.trouble) == (RunState.SUCCESS, None)
    assert summary.warnings == (f"账户列表未能更新，沿用上次的列表：{trouble.what_to_do}",)


def test_a_failed_run_on_a_list_that_only_a_person_can_renew_needs_that_person() -> None:
    gone = fetched(EAST, DayState.FAILED, UNAVAILABLE), fetched(WEST, DayState.FAILED, UNAVAILABLE)
    assert ended(with_older_list(found(*gone), REVOKED)).trouble == REVOKED
    assert ended(with_older_list(found(*gone), REVOKED)).needs_person
    assert not ended(with_older_list(found(*gone), AWAY)).needs_person


def test_a_day_of_which_a_row_was_refused_is_incomplete_and_names_it() -> None:
    refusal = Refusal(
        account_id=EAST.id, day=DAYS.last, rows=4, promotions=("71", "72", "73"), why="code 1254061, words"
    )
    missing = DayAgreement(account_id=EAST.id, day=DAYS.last, missing=4)
    summary = ended(found(load=LoadOutcome(refused=(refusal,)), verify=agreeing(at_1801_11=missing)))
    east, west = summary.accounts
    assert (summary.state, east.state, west.state) == (RunState.PARTIAL, DayState.INCOMPLETE, DayState.LOADED)
    assert east.trouble
    assert east.trouble.reason == "row_refused"
    assert "4 rows are not written (71, 72, 73…): code 1254061" in east.trouble.message
    assert "有 4 行被飞书拒绝写入（单元ID 71, 72, 73…）" in east.trouble.what_to_do


def test_what_several_batches_warn_of_alike_is_told_once() -> None:
    load = LoadOutcome(warnings=("“消耗(元)”列已改名为“花费”，系统已按新名称写入",))
    assert ended(found(load=load), found(load=load)).warnings == load.warnings


def spending(day: DayOutcome, outside: str, *, new: bool) -> DayOutcome:
    return replace(day, outside=Decimal(outside), outside_new=new)


def test_what_an_account_spends_outside_is_that_of_the_runs_day_and_is_told_once_where_it_is_new() -> None:
    plain = fetched(EAST, DayState.LOADED)
    east = replace(plain, days=(spending(plain.days[0], "30", new=True), spending(plain.days[1], "1234.5", new=True)))
    west = fetched(WEST, DayState.LOADED)
    west = replace(west, days=(west.days[0], spending(west.days[1], "7", new=False)))
    summary = ended(found(east, west))
    assert [one.outside for one in summary.accounts] == [Decimal("1234.5"), 7]
    assert summary.warnings == (
        "城东店 2026-02-10 起账户消耗多于单元合计："
        "另有 1,264.50 元不在单元中（全域推广等），已计入账户，不计入任何单元",
    )
