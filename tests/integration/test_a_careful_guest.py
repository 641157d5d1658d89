"""What people made in the base stays theirs; our views and the status table are looked after."""

from datetime import time
from typing import Any

import pytest

from pipeline.core.outcome import RunState
from tests.lab import Lab

Plain = dict[str, Any]


def views_of(lab: Lab) -> dict[str, Plain]:
    """The table's views by name."""
    table = next(table for table in lab.look("state")["tables"] if table["table_id"] == lab.table_id)
    return {view["view_name"]: view for view in table["views"]}


def conditions_of(view: Plain) -> list[Plain]:
    """What a view filters on."""
    return list(((view.get("property") or {}).get("filter_info") or {}).get("conditions") or [])


def test_a_persons_row_column_cells_and_view_are_untouched(either: Lab) -> None:
    before = [record for record in either.records() if record["fields"].get("备注")]
    theirs = views_of(either)["重点关注"]
    either.sync()
    loaded = next(record for record in either.records() if record["fields"].get("单元ID"))
    note = {"table_id": either.table_id, "record_id": loaded["record_id"], "fields": {"备注": "已沟通"}}
    either.control("rows/edit", {**note, "by": "person"})
    either.control("rows/edit", {**note, "fields": either.one_more_conversion(loaded), "by": "person"})
    assert either.sync().updated == 1
    after = {record["record_id"]: record for record in either.records()}
    assert before
    assert [after[record["record_id"]] for record in before] == before
    assert after[loaded["record_id"]]["fields"]["备注"] == "已沟通"
    assert views_of(either)["重点关注"] == theirs


def test_a_persons_row_of_a_loaded_day_is_told_and_leaves_the_run_a_success(either: Lab) -> None:
    either.sync(either.day)
    cells = dict(next(record["fields"] for record in either.records() if record["fields"].get("单元ID")))
    cells["单元ID"] = "手工补录"
    either.control("rows/insert", {"table_id": either.table_id, "fields": cells, "by": "person"})
    summary = either.sync(either.day)
    assert (summary.state, summary.foreign, summary.gone) == (RunState.SUCCESS, 1, 0)
    assert any("他人添加的 1 行" in warning for warning in summary.warnings)


def test_each_account_gets_a_view_that_filters_on_it(either: Lab) -> None:
    either.sync()
    found = views_of(either)
    for name in either.facts["accounts"].values():
        assert len(conditions_of(found[name])) == 1, name


def test_a_view_without_a_condition_is_repaired(lab: Lab) -> None:
    name = lab.facts["accounts"][lab.accounts[0]]
    made = lab.control("views/add", {"table_id": lab.table_id, "name": name})
    lab.sync()
    assert len(conditions_of(views_of(lab)[name])) == 1
    assert views_of(lab)[name]["view_id"] == made["view_id"]


def test_a_view_that_a_person_renamed_is_not_made_again(lab: Lab) -> None:
    lab.sync()
    view = views_of(lab)[lab.facts["accounts"][lab.accounts[0]]]
    lab.control("views/rename", {"table_id": lab.table_id, "view_id": view["view_id"], "name": "老板看的"})
    before = len(views_of(lab))
    lab.sync()
    assert len(views_of(lab)) == before


def test_a_view_that_a_person_deleted_stays_deleted_until_fix(lab: Lab) -> None:
    lab.sync()
    name = lab.facts["accounts"][lab.accounts[0]]
    lab.control("views/delete", {"table_id": lab.table_id, "view_id": views_of(lab)[name]["view_id"]})
    lab.sync()
    assert name not in views_of(lab)
    looked = lab.laike("views")
    assert looked.returncode == 1
    assert "laike views --fix" in looked.stderr
    assert lab.laike("views", "--fix").returncode == 0
    assert len(conditions_of(views_of(lab)[name])) == 1


def test_a_filter_that_a_person_made_is_left_alone_also_by_fix(lab: Lab) -> None:
    lab.sync()
    name = lab.facts["accounts"][lab.accounts[0]]
    view = views_of(lab)[name]
    note = next(field for field in lab.table_named("广告日报")["fields"] if field["field_name"] == "备注")
    mine = [{"field_id": note["field_id"], "operator": "isNotEmpty", "value": "[]"}]
    theirs = {"conjunction": "and", "conditions": mine}
    lab.control("views/filter", {"table_id": lab.table_id, "view_id": view["view_id"], "filter_info": theirs})
    changed = conditions_of(views_of(lab)[name])
    assert lab.laike("views", "--fix").returncode == 0
    assert conditions_of(views_of(lab)[name]) == changed


def test_views_that_cannot_be_made_do_not_change_the_runs_state(lab: Lab) -> None:
    lab.fault("views.create", "code", code=1254302, status=403, times="always")
    summary = lab.sync(lab.day)
    assert summary.state == RunState.SUCCESS
    (note,) = lab.view_notes(summary)
    assert "视图未检查" in note
    assert lab.sync(lab.day).view_notes == (note,)  # the next card tells it


def test_the_status_table_has_one_row_for_each_account_and_day(either: Lab) -> None:
    either.fault("report.promotion", "code", code=40002, times="always", match={"local_account_id": either.big})
    either.sync(either.day)
    rows = [record["fields"] for record in either.records(str(either.table_named("同步状态")["table_id"]))]
    by_name = {row["账户"]: row for row in rows}
    assert len(rows) == len(by_name) == len(either.accounts)
    broken = by_name[either.facts["accounts"][either.big]]
    assert (broken["状态"], broken["行数"]) == ("失败", 0)
    assert broken["原因"]
    assert {row["状态"] for name, row in by_name.items() if name != broken["账户"]} == {"已入库", "无数据"}


@pytest.mark.parametrize("mode", ["replay", "refuse", "ignore"])
def test_the_status_table_is_not_doubled_when_what_was_remembered_is_lost(lab: Lab, mode: str) -> None:
    lab.sync(lab.day)
    lab.context().client.flushdb()
    lab.control("settings", {"client_token_mode": mode})
    lab.sync(lab.day)
    assert lab.table_named("同步状态")["records"] == len(lab.accounts)
    assert len([table for table in lab.look("state")["tables"] if table["name"] == "同步状态"]) == 1


def test_a_status_row_that_a_person_deleted_comes_back(lab: Lab) -> None:
    lab.at(time(9, 0))
    lab.sync(lab.day)
    table_id = str(lab.table_named("同步状态")["table_id"])
    lab.control("rows/delete", {"table_id": table_id, "record_ids": [lab.records(table_id)[0]["record_id"]]})
    lab.at(time(12, 5))  # the figures have settled by then, so every row is written
    lab.sync(lab.day)
    assert lab.table_named("同步状态")["records"] == len(lab.accounts)


def test_a_status_table_that_cannot_be_written_is_a_warning(lab: Lab) -> None:
    lab.fault("tables.create", "code", code=1254302, times="always")
    summary = lab.sync(lab.day)
    assert summary.state == RunState.SUCCESS
    assert any("同步状态表未更新" in warning for warning in summary.warnings)


@pytest.mark.parametrize("kind", ["drop_before", "drop_after", "garbage"])
@pytest.mark.parametrize("endpoint", ["tables.create", "records.batch_update"])
def test_a_status_table_whose_write_got_no_answer_is_written_all_the_same(lab: Lab, endpoint: str, kind: str) -> None:
    if endpoint == "records.batch_update":
        lab.sync(lab.day)
        lab.fault("report.promotion", "code", code=40002, times="always")  # every row changes its state
    lab.fault(endpoint, kind, times=1)
    summary = lab.sync(lab.day)
    assert not [warning for warning in summary.warnings if "同步状态表未更新" in warning]
    assert lab.table_named("同步状态")["records"] == len(lab.accounts)


def test_a_status_table_that_is_made_with_an_answer_that_lacks_its_id_is_found(lab: Lab) -> None:
    lab.fault("tables.create", "patch", path=["data", "table_id"], remove=True, times=1)
    lab.sync(lab.day)
    assert lab.table_named("同步状态")["records"] == len(lab.accounts)


def test_a_card_tells_the_group_and_one_that_is_refused_fails_nothing(lab: Lab) -> None:
    assert lab.sync(lab.day).state == RunState.SUCCESS
    message = lab.look("state")["messages"][0]
    assert f"{lab.day} 同步成功" in str(message)
    lab.fault("bot.webhook", "code", code=19024, times="always")
    assert lab.sync(lab.day).state == RunState.SUCCESS


def test_a_day_column_that_a_person_turns_into_text_does_not_double_the_table(lab: Lab) -> None:
    lab.sync(lab.day)
    rows = len(lab.records())
    lab.control("columns/retype", {"table_id": lab.table_id, "field_name": "时间", "type": 1})
    lab.sync(lab.day)
    assert len(lab.records()) == rows
