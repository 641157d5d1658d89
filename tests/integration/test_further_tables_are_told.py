"""What the group, a terminal and a monitor are told of a run in several tables, some of them in trouble."""

import json
from datetime import time

import pytest

from pipeline.core.coverage.health import Verdict
from pipeline.core.outcome import RunState
from pipeline.steps.coverage.health import health
from pipeline.steps.runs.carry_out import carry_out
from pipeline.steps.runs.plan import begin_catch_up
from tests.further import ALL, NAMES, further
from tests.integration.test_quiet_runs import cards, morning
from tests.lab import Lab

MATERIAL = NAMES["material"]
GOOD = (NAMES["project"], NAMES["account"])


def forbidden(lab: Lab, table_id: str) -> None:
    """Take away the app's right to a table until a person gives it back."""
    lab.fault("fields.list", "code", code=91403, times="always", match={"table_id": table_id})


def test_the_card_of_a_good_run_has_a_line_for_each_table(lab: Lab) -> None:
    made = further(lab, *ALL)
    assert morning(lab).state is RunState.SUCCESS
    (card,) = cards(lab)
    assert f"{lab.day} 同步成功" in card
    assert "“单元日报”同步成功，**7 个账户均已同步**：" in card
    for report, table_id in made.items():
        page = f"https://example.feishu.cn/base/{lab.context().base(None).app_token}?table={table_id}"
        assert f"“[{NAMES[report]}]({page})”同步成功，**7 个账户均已同步**：" in card
    assert card.count("已核对一致") == 1 + len(ALL)


@pytest.mark.parametrize("trouble", ["a column is gone", "the table is gone", "the base has no such table"])
def test_a_table_in_trouble_is_named_with_its_cure_and_nothing_is_said_against_the_others(
    lab: Lab, trouble: str
) -> None:
    made = further(lab, *ALL, at=trouble != "the base has no such table")
    if trouble == "the base has no such table":
        lab.control("tables/rename", {"table_id": made["material"], "name": "别的"})
    elif trouble == "the table is gone":
        lab.control("tables/delete", {"table_id": made["material"]})
    else:
        lab.control("columns/delete", {"table_id": made["material"], "field_name": "素材ID"})
    summary = morning(lab)
    bad = next(one for one in summary.further if one.table == MATERIAL)
    assert bad.trouble
    (card,) = cards(lab)
    assert f"{lab.day} 部分完成" in card
    assert f"**“{MATERIAL}”**（" in card
    assert card.count("**7 个账户均已同步**") == len(ALL)


def test_a_terminal_is_told_of_each_table_and_scripts_of_the_one_in_trouble(lab: Lab) -> None:
    made = further(lab, *ALL)
    assert lab.laike("token", "import", str(lab.token_cache())).returncode == 0
    forbidden(lab, made["material"])
    ended = lab.laike("sync", "--local", "--day", lab.day.isoformat(), "--json")
    document = json.loads(ended.stdout)
    states = {one["table"]: one["state"] for one in document["tables"]}
    assert states == {"单元日报": "success", MATERIAL: "failed"} | dict.fromkeys(GOOD, "success")
    assert (document["table"], document["state"]) == ("单元日报", "partial")
    needs = next(one for one in document["tables"] if one["table"] == MATERIAL)
    assert needs["reason"]
    assert needs["what_to_do"]
    assert ended.returncode == 4, ended.stderr  # somebody must give the right back
    assert f"{NAMES['project']}: reading back" in ended.stderr
    shown = lab.laike("show", "last")
    assert shown.returncode == 4
    assert f"{MATERIAL}: failed" in shown.stdout
    assert "单元日报: success" in shown.stdout
    assert "in 4 tables" in shown.stdout
    assert f"of {NAMES['account']}" in shown.stdout
    assert "partial" in lab.laike("runs").stdout


def test_a_monitor_hears_of_a_table_without_the_day_and_of_its_end(lab: Lab) -> None:
    further(lab, *ALL)
    lab.fault("report.material", "code", code=40002, times="always")
    assert morning(lab).state is RunState.PARTIAL
    ctx = lab.context()
    found = health(ctx, lab.day)
    assert found.verdict is Verdict.IN_PART
    assert f"{MATERIAL}: bad: nothing of {lab.day} is loaded" in found.words
    lab.control("faults/clear", {})
    lab.at(time(16, 0))
    ctx = lab.context()
    (run,) = begin_catch_up(ctx)
    assert carry_out(ctx, run.run_id).state is RunState.SUCCESS
    assert health(ctx, lab.day).verdict is Verdict.OK
    first, second = cards(lab)
    assert "部分完成" in first
    assert f"{lab.day} {MATERIAL} 同步成功" in second
    assert "**已恢复**：" in second


def test_a_trouble_of_a_further_table_that_lasts_is_told_once_a_day(lab: Lab) -> None:
    made = further(lab, *ALL)
    assert morning(lab).state is RunState.SUCCESS
    forbidden(lab, made["material"])
    lab.at(time(7, 0), days_later=1)
    assert morning(lab).state is RunState.PARTIAL
    told = len(cards(lab))
    for hour in (14, 16, 20):
        lab.at(time(hour, 0), days_later=1)
        ctx = lab.context()
        for run in begin_catch_up(ctx):
            carry_out(ctx, run.run_id)
    assert len(cards(lab)) == told
