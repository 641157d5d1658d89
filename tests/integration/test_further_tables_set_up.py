"""`laike init` and the set-up page make the further tables of the settings, and nothing else."""

import json
from typing import Any

import pytest

from pipeline.core.outcome import RunState
from pipeline.core.reports import REPORTS
from pipeline.core.table.columns import usual_columns
from pipeline.steps.overview.setup.table import make_table, plan_table
from tests.further import NAMES, source_of, table_of
from tests.lab import WRITES, Lab

MATERIALS, PROJECTS = NAMES["material"], NAMES["project"]
DONE, IN_PART = 0, 1


@pytest.fixture
def ready(lab: Lab) -> Lab:
    """A lab whose settings name two further tables that are not made yet."""
    lab.extra["LAIKE_FLOWER_LOGIN"] = "user:password"
    wanted(lab, {"name": PROJECTS, "report": "project"}, {"name": MATERIALS, "report": "material"})
    return lab


def wanted(lab: Lab, *tables: dict[str, Any]) -> None:
    lab.extra["LAIKE_TABLES"] = json.dumps(tables)


def names(lab: Lab) -> dict[str, str]:
    return {table["name"]: table["table_id"] for table in lab.look("state")["tables"]}


def columns(lab: Lab, name: str) -> list[str]:
    return [field["field_name"] for field in lab.table_named(name)["fields"]]


def usual(report: str) -> list[str]:
    return [column.name for column in usual_columns(REPORTS[report])]


def person_makes(lab: Lab, name: str, *fields: tuple[str, int]) -> str:
    """A person's table of a name."""
    made = [{"field_name": field, "type": kind} for field, kind in fields]
    return lab.context().base(None).tables.create(name, made)


def test_init_makes_each_table_with_its_columns_and_views_and_remembers_it(ready: Lab) -> None:
    shown = ready.laike("init")
    assert f"new table {PROJECTS} (report project)" in shown.stdout
    assert PROJECTS not in names(ready)
    ended = ready.laike("init", "--yes")
    assert ended.returncode == DONE, ended.stderr
    assert (columns(ready, PROJECTS), columns(ready, MATERIALS)) == (usual("project"), usual("material"))
    for name in (PROJECTS, MATERIALS):
        views = {view["view_name"] for view in ready.table_named(name)["views"]}
        assert views >= set(ready.facts["accounts"].values())
    assert list(names(ready)).count("同步状态") == 1
    ids = names(ready)
    assert {name: ready.context().further_ids.of(name) for name in (PROJECTS, MATERIALS)} == {
        name: ids[name] for name in (PROJECTS, MATERIALS)
    }
    before = ready.calls(*WRITES, "tables.create", "fields.create", "views.create")
    again = ready.laike("init", "--yes")
    assert "nothing to do" in again.stdout, again.stdout
    assert ready.calls(*WRITES, "tables.create", "fields.create", "views.create") == before


def test_what_init_made_takes_a_run(ready: Lab) -> None:
    assert ready.laike("init", "--yes").returncode == DONE
    assert ready.sync(ready.day).state is RunState.SUCCESS
    assert table_of(ready, "project", names(ready)[PROJECTS]) == source_of(ready, "project", ready.day, ready.day)


def test_a_table_of_the_name_that_lacks_columns_gets_them_and_keeps_its_own(ready: Lab) -> None:
    there = person_makes(ready, PROJECTS, ("项目名称", 1), ("备注", 1))
    shown = ready.laike("init")
    assert f"{PROJECTS} (report project): the table {there}" in shown.stdout
    assert "备注" in shown.stdout  # may be meant by one that is missing
    assert ready.laike("init", "--yes").returncode == DONE
    assert set(columns(ready, PROJECTS)) == {"备注", *usual("project")}
    assert ready.context().further_ids.of(PROJECTS) == there


def test_a_table_of_the_name_with_a_wrong_column_is_not_touched_and_holds_up_no_other(ready: Lab) -> None:
    person_makes(ready, PROJECTS, ("项目名称", 1), ("消耗(元)", 7))
    ended = ready.laike("init", "--yes")
    assert ended.returncode == IN_PART
    assert PROJECTS in ended.stderr
    assert "消耗(元)" in ended.stderr
    assert columns(ready, PROJECTS) == ["项目名称", "消耗(元)"]
    assert columns(ready, MATERIALS) == usual("material")


def test_a_table_that_holds_other_rows_of_ours_is_not_taken_for_another(ready: Lab) -> None:
    (first,) = (name for name, table_id in names(ready).items() if table_id == ready.table_id)
    wanted(ready, {"name": first, "report": "project"})
    ended = ready.laike("init", "--yes")
    assert ended.returncode == IN_PART
    assert "holds other rows of ours" in ended.stderr
    assert "项目ID" not in columns(ready, first)


def test_an_address_whose_table_is_not_there_names_the_table_and_what_to_do(ready: Lab) -> None:
    token = ready.context().app_token()
    at = f"https://example.feishu.cn/base/{token}?table=tblGone"
    wanted(ready, {"name": PROJECTS, "report": "project", "at": at}, {"name": MATERIALS, "report": "material"})
    ended = ready.laike("init", "--yes")
    assert ended.returncode == IN_PART
    assert f"{PROJECTS}: the base has no table tblGone" in ended.stderr
    assert f"把“{PROJECTS}”的 at 改为" in ended.stderr
    assert PROJECTS not in names(ready)
    assert columns(ready, MATERIALS) == usual("material")


def test_a_table_in_another_base_gets_columns_and_a_status_table_there(ready: Lab) -> None:
    other = ready.control("bases/add", {"name": "另一个多维表格"})
    at = f"https://example.feishu.cn/base/{other['app_token']}?table={other['table_id']}"
    wanted(ready, {"name": PROJECTS, "report": "project", "at": at})
    shown = ready.laike("init")
    assert f"{PROJECTS}: new table 同步状态 in its base" in shown.stdout, shown.stdout + shown.stderr
    ended = ready.laike("init", "--yes")
    assert ended.returncode == DONE, ended.stderr
    tables = ready.context().for_table(PROJECTS, other["table_id"]).base(None).tables
    assert "同步状态" in tables.ids()
    assert {field.name for field in tables.fields(other["table_id"])} >= set(usual("project"))
    assert "nothing to do" in ready.laike("init", "--yes").stdout


def test_a_table_that_a_person_deleted_is_planned_anew(ready: Lab) -> None:
    ready.laike("init", "--yes")
    ready.control("tables/delete", {"table_id": names(ready)[PROJECTS]})
    shown = ready.laike("init")
    assert f"new table {PROJECTS}" in shown.stdout
    assert ready.laike("init", "--yes").returncode == DONE
    assert ready.context().further_ids.of(PROJECTS) == names(ready)[PROJECTS]


def test_the_set_up_page_plans_and_makes_them_too(ready: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ready.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(ready.home)
    ctx = ready.context()
    ctx.rosters.learn_names(ready.facts["accounts"])
    lines = plan_table(ctx).lines
    assert any(line.startswith(f"新建数据表“{PROJECTS}”（项目）") for line in lines), lines
    left = make_table(ctx)
    assert not [line for line in left.lines if PROJECTS in line]
    assert left.left == ()
    assert columns(ready, PROJECTS) == usual("project")
