"""Further tables: projects, materials and accounts beside the promotions, in one run."""

from datetime import time, timedelta

import pytest

from pipeline.core.outcome import RunState
from pipeline.steps.runs.carry_out import carry_out
from pipeline.steps.runs.plan import begin_catch_up
from tests.further import ALL, NAMES, another_base, further, source_of, table_of, written
from tests.lab import WRITES, Lab, empty
from tests.workers import SHORT, wait_until, workers


def test_a_run_loads_every_table_with_the_rows_of_its_report(lab: Lab) -> None:
    made = further(lab, *ALL)
    summary = lab.sync()
    assert summary.state is RunState.SUCCESS, summary
    assert [(one.table, one.state) for one in summary.further] == [(NAMES[one], RunState.SUCCESS) for one in ALL]
    first = lab.day - timedelta(days=6)
    lab.assert_agrees(first, lab.day)
    for report, table_id in made.items():
        wanted = source_of(lab, report, first, lab.day)
        assert table_of(lab, report, table_id) == wanted
        assert wanted


def test_a_second_run_writes_nothing_into_any_table(lab: Lab) -> None:
    further(lab, *ALL)
    lab.sync()
    before = lab.calls(*WRITES)
    assert lab.sync().state is RunState.SUCCESS
    assert lab.calls(*WRITES) == before


def test_the_account_report_is_read_once_for_all_tables(lab: Lab) -> None:
    further(lab, *ALL)
    lab.sync()
    assert lab.calls("report.account") == len(lab.accounts)


def test_the_end_is_one_write_of_the_status_table_for_all_tables(lab: Lab) -> None:
    made = further(lab, *ALL)
    lab.sync()
    status = lab.table_named("同步状态")["table_id"]
    assert written(lab, [status]) == 1
    shown = [record["fields"] for record in lab.records(status)]
    assert {row["数据表"] for row in shown} == {lab.table_id, *made.values()}
    assert len(shown) == 4 * 7 * len(lab.accounts)
    searched = [
        one for one in lab.look("calls", endpoint="records.search")["calls"] if one["about"].get("table_id") == status
    ]
    assert len(searched) <= 1


def test_an_emptied_redis_between_two_runs_doubles_nothing(lab: Lab) -> None:
    made = further(lab, *ALL)
    lab.sync()
    before = {report: table_of(lab, report, table_id) for report, table_id in made.items()}
    empty(lab.redis_url)
    writes = written(lab, [lab.table_id, *made.values()])
    summary = lab.sync()
    assert summary.state is RunState.SUCCESS, summary
    assert {report: table_of(lab, report, table_id) for report, table_id in made.items()} == before
    assert written(lab, [lab.table_id, *made.values()]) == writes


def test_a_correction_of_the_source_reaches_each_table_that_holds_it(lab: Lab) -> None:
    made = further(lab, *ALL)
    lab.sync()
    row = next(iter(lab.source(lab.day, lab.day).values()))
    account = str(row["local_account_id"])
    place = {"account_id": account, "promotion_id": str(row["promotion_id"]), "day": lab.day.isoformat()}
    lab.control("figures", {**place, "stat_cost": 777.25})
    assert lab.sync().state is RunState.SUCCESS
    lab.assert_agrees(lab.day, lab.day)
    first = lab.day - timedelta(days=6)
    for report, table_id in made.items():
        assert table_of(lab, report, table_id) == source_of(lab, report, first, lab.day)


def test_a_group_of_accounts_has_its_promotions_in_a_table_of_its_own(lab: Lab) -> None:
    ours, others = lab.accounts[:2], lab.accounts[2:]
    made = further(lab, "promotion", accounts=ours)
    summary = lab.sync()
    assert summary.state is RunState.SUCCESS
    assert {one.id for one in summary.accounts} == set(others)
    first = lab.day - timedelta(days=6)
    assert table_of(lab, "promotion", made["promotion"]) == source_of(lab, "promotion", first, lab.day, ours)
    assert table_of(lab, "promotion", lab.table_id) == source_of(lab, "promotion", first, lab.day, others)


def test_accounts_of_one_further_table_alone_are_a_run_of_that_table(lab: Lab) -> None:
    ours = lab.accounts[:2]
    made = further(lab, "promotion", accounts=ours)
    summary = lab.sync(lab.day, ours[:1])
    assert (summary.state, summary.table, summary.further) == (RunState.SUCCESS, NAMES["promotion"], ())
    assert table_of(lab, "promotion", made["promotion"]) == source_of(lab, "promotion", lab.day, lab.day, ours[:1])
    assert not table_of(lab, "promotion", lab.table_id)


@pytest.mark.parametrize("trouble", ["a column is gone", "the table is gone", "the base has no such table"])
def test_a_table_in_trouble_holds_up_no_other_and_is_named(lab: Lab, trouble: str) -> None:
    made = further(lab, *ALL, at=trouble != "the base has no such table")
    if trouble == "the base has no such table":
        lab.control("tables/rename", {"table_id": made["material"], "name": "别的"})
    elif trouble == "the table is gone":
        lab.control("tables/delete", {"table_id": made["material"]})
    else:
        lab.control("columns/delete", {"table_id": made["material"], "field_name": "素材ID"})
    summary = lab.sync()
    assert summary.state is RunState.PARTIAL
    states = {one.table: one.state for one in summary.further}
    assert states == {NAMES["project"]: "success", NAMES["material"]: "failed", NAMES["account"]: "success"}
    lab.assert_agrees(lab.day - timedelta(days=6), lab.day)
    bad = next(one for one in summary.further if one.table == NAMES["material"])
    assert bad.trouble
    assert bad.trouble.what_to_do


def test_what_a_further_table_owes_is_caught_up_there_alone(lab: Lab) -> None:
    made = further(lab, *ALL)
    lab.fault("report.material", "code", code=40002, times="always")
    assert lab.sync().state is RunState.PARTIAL
    lab.control("faults/clear", {})
    lab.at(time(16, 0))
    ctx = lab.context()
    (run,) = begin_catch_up(ctx)
    asked = lab.calls("report.promotion")
    summary = carry_out(ctx, run.run_id)
    assert (summary.state, summary.table) == (RunState.SUCCESS, NAMES["material"])
    assert lab.calls("report.promotion") == asked
    first = lab.day - timedelta(days=6)
    assert table_of(lab, "material", made["material"]) == source_of(lab, "material", first, lab.day)
    assert begin_catch_up(ctx) == []


def test_on_workers_each_table_has_a_chord_of_its_own_and_the_run_one_end(lab: Lab) -> None:
    lab.extra |= SHORT
    made = further(lab, *ALL)
    with workers(lab) as team:
        team.worker()
        run_id = team.result(team.send("laike.daily"))["result"]["run_id"]
        summary = team.ended(run_id)
        assert (summary.state, len(summary.further)) == (RunState.SUCCESS, len(ALL))
        for report, table_id in made.items():
            assert table_of(lab, report, table_id) == source_of(lab, report, summary.days.first, summary.days.last)
        lab.assert_agrees(summary.days.first, summary.days.last)
        assert lab.calls("report.account") == len(lab.accounts)
        expected = {"fetch_account": 4 * len(lab.accounts), "read_table": 4, "load": 4, "verify": 4, "finish": 1}
        assert wait_until(lambda: {name: len(team.results(f"laike.{name}")) for name in expected} == expected)
        team.looked_after()
    views = [one for report in made for one in lab.table_named(NAMES[report])["views"]]
    assert len(views) == len(ALL) * (1 + len(lab.accounts))


def test_groups_in_another_base_have_tables_views_and_a_status_table_there(lab: Lab) -> None:
    east, west = lab.accounts[:3], lab.accounts[3:]
    base = another_base(lab)["app_token"]
    here = further(lab, *ALL, accounts=west)
    there = further(lab, "promotion", *ALL, accounts=east, app_token=base, ending="（华东）")
    summary = lab.sync()
    assert summary.state is RunState.SUCCESS, summary
    first = lab.day - timedelta(days=6)
    for tables, accounts in ((here, west), (there, east)):
        for report, table_id in tables.items():
            assert table_of(lab, report, table_id) == source_of(lab, report, first, lab.day, accounts)
    assert table_of(lab, "promotion", lab.table_id) == source_of(lab, "promotion", first, lab.day, west)
    status = {one["app_token"]: one["table_id"] for one in lab.look("state")["tables"] if one["name"] == "同步状态"}
    assert len(status) == 2
    assert {record["fields"]["数据表"] for record in lab.records(status[base])} == set(there.values())
    assert [written(lab, [one]) for one in status.values()] == [1, 1]
    assert lab.calls("report.account") == len(lab.accounts)


def test_a_base_that_the_app_may_not_open_holds_up_no_other(lab: Lab) -> None:
    base = another_base(lab)["app_token"]
    there = further(lab, "project", app_token=base)
    lab.control("permissions", {"document": "none", "app_token": base})
    summary = lab.sync()
    assert (summary.state, [one.state for one in summary.further]) == (RunState.PARTIAL, [RunState.FAILED])
    assert summary.needs_person
    lab.assert_agrees(lab.day - timedelta(days=6), lab.day)
    lab.control("permissions", {"document": "edit", "app_token": base})
    ctx = lab.context()
    lab.at(time(16, 0))
    ctx = lab.context()
    (run,) = begin_catch_up(ctx)
    assert carry_out(ctx, run.run_id).state is RunState.SUCCESS
    first = lab.day - timedelta(days=6)
    assert table_of(lab, "project", there["project"]) == source_of(lab, "project", first, lab.day)
