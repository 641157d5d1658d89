"""`laike doctor` looks after each further table, and names it in what it finds."""

import json
from typing import Any

import pytest

from pipeline.state.table.visibility import VisibilityLost
from pipeline.steps.doctor.findings import Finding, State
from pipeline.steps.doctor.further import check_further
from pipeline.steps.doctor.oceanengine import check_oceanengine
from tests.further import NAMES, further
from tests.lab import Lab

MATERIALS, PROJECTS = NAMES["material"], NAMES["project"]


@pytest.fixture
def loaded(lab: Lab) -> tuple[Lab, dict[str, str]]:
    """A lab whose newest day is loaded into three tables; the ids of the further ones by report."""
    made = further(lab, "project", "material")
    lab.sync(lab.day)
    lab.laike("views", "--fix", "--table", PROJECTS)
    return lab, made


def found(lab: Lab) -> list[Finding]:
    return check_further(lab.context(), [], redis=True)


def wrong(lab: Lab) -> list[tuple[str, str]]:
    """The check and the first words, the table's name, of what is wrong."""
    bad = (State.WARNING, State.BROKEN)
    return [(one.check, one.says.partition(":")[0]) for one in found(lab) if one.state in bad]


def test_healthy_tables_have_a_line_for_each_check_with_their_name(loaded: tuple[Lab, dict[str, str]]) -> None:
    lab, _ = loaded
    assert wrong(lab) == []
    checks = ["table", "columns", "rows", "room", "views", "other_writers", "feishu.writing"]
    told = [(one.check, one.says.partition(":")[0]) for one in found(lab)]
    assert told == [(check, name) for name in (PROJECTS, MATERIALS) for check in checks]
    ended = lab.laike("doctor", "--json")
    says: list[dict[str, Any]] = json.loads(ended.stdout)
    assert {one["check"] for one in says if PROJECTS in one["says"]} == set(checks)
    assert {"oceanengine.project_report", "oceanengine.material_report"} <= {one["check"] for one in says}


def test_what_is_wrong_with_one_table_is_told_of_that_one(loaded: tuple[Lab, dict[str, str]]) -> None:
    lab, made = loaded
    lab.control("columns/delete", {"table_id": made["project"], "field_name": "转化数"})
    assert wrong(lab) == [("columns", PROJECTS)]
    lab.control("tables/delete", {"table_id": made["material"]})
    gone = next(one for one in found(lab) if one.check == "table" and one.state == State.BROKEN)
    assert gone.says.startswith(f"{MATERIALS}: the base has no table {made['material']}")
    assert f"“{MATERIALS}”的 at" in gone.cure


def test_a_table_that_is_not_made_is_told_with_what_makes_it(lab: Lab) -> None:
    lab.extra["LAIKE_TABLES"] = json.dumps([{"name": PROJECTS, "report": "project"}])
    (only,) = found(lab)
    assert (only.check, only.state) == ("table", State.BROKEN)
    assert "laike init" in only.cure


def test_a_table_that_fills_up_is_told(loaded: tuple[Lab, dict[str, str]]) -> None:
    lab, made = loaded
    lab.extra["LAIKE_TABLE_MAX_ROWS"] = str(len(lab.records(made["project"])))
    assert ("room", PROJECTS) in wrong(lab)


def test_unblock_resumes_each_table_for_which_loading_is_stopped(loaded: tuple[Lab, dict[str, str]]) -> None:
    lab, made = loaded
    here = lab.context().for_table(PROJECTS, made["project"])
    here.visibility.learn_lost(VisibilityLost("rows cannot be read back", tables=True))
    assert ("rows", PROJECTS) in wrong(lab)
    lab.laike("doctor", "--unblock")
    assert here.visibility.lost() is None


def test_a_view_that_is_wrong_is_mended_with_the_command_that_is_told(loaded: tuple[Lab, dict[str, str]]) -> None:
    lab, made = loaded
    view = next(one for one in lab.table_named(PROJECTS)["views"] if one["view_name"] in lab.facts["accounts"].values())
    lab.control("views/delete", {"table_id": made["project"], "view_id": view["view_id"]})
    told = next(one for one in found(lab) if one.check == "views" and one.state == State.WARNING)
    assert told.cure == f"请运行 laike views --fix --table '{PROJECTS}'。"


@pytest.mark.parametrize(("report", "name"), [("project", "获取项目数据"), ("material", "获取素材数据")])
def test_a_report_that_is_not_granted_is_told_by_its_name_in_the_console(lab: Lab, report: str, name: str) -> None:
    further(lab, report)
    lab.control("permissions", {"denied": [f"report.{report}"]})
    lines = {one.check: one for one in check_oceanengine(lab.context(), redis=True)}
    line = lines[f"oceanengine.{report}_report"]
    assert (line.state, f"“{name}”" in line.cure) == (State.BROKEN, True)
    assert lines["oceanengine.promotion_report"].state == State.OK
    others = {"project", "material"} - {report}
    assert not lines.keys() & {f"oceanengine.{one}_report" for one in others}


def test_without_further_tables_nothing_is_asked_of_their_reports(lab: Lab) -> None:
    checks = {one.check for one in check_oceanengine(lab.context(), redis=True)}
    assert not checks & {"oceanengine.project_report", "oceanengine.material_report", "accounts.groups"}
    assert lab.calls("report.project", "report.material") == 0
    assert found(lab) == []


def test_an_account_that_a_group_names_and_nobody_has_is_told(lab: Lab) -> None:
    lab.extra["LAIKE_ACCOUNTS"] = "{}"
    further(lab, "project", accounts=[lab.accounts[0], "999"])
    line = next(one for one in check_oceanengine(lab.context(), redis=True) if one.check == "accounts.groups")
    assert line.says == f"{PROJECTS} ([[tables]] of laike.toml) names 999: no such account"
    told = json.loads(lab.laike("accounts", "--json").stdout)
    assert told["unknown_in_tables"] == {PROJECTS: ["999"]}
    assert f"no such account: 999, named by {PROJECTS}" in lab.laike("accounts").stdout
