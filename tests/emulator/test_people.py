"""People change rows, columns and views at the same time; a script times them against the product's calls."""

from typing import Any

import pytest

from tests.emulator.client import TEXT, TYPED, Client

DAY_MS = 1_736_870_400_000  # 2025-01-15 in Shanghai


def records(emulator: Client, table: str = TYPED) -> list[dict[str, Any]]:
    return list(emulator.look("records", table_id=emulator.facts[table])["records"])


def act(emulator: Client, action: str, **body: Any) -> dict[str, Any]:  # noqa: ANN401 - any body
    return emulator.control(action, {"table_id": emulator.facts[TYPED], **body})


@pytest.mark.parametrize("table", [TYPED, TEXT])
def test_each_table_begins_with_one_row_of_a_person_and_a_view_of_theirs(emulator: Client, table: str) -> None:
    (row,) = records(emulator, table)
    assert row["fields"].keys() == {"时间", "单元名称", "备注"}
    assert row["created_by"].startswith("ou_")
    shown = next(t for t in emulator.look("state")["tables"] if t["table_id"] == emulator.facts[table])
    assert [view["view_name"] for view in shown["views"]] == ["表格", "重点关注"]
    assert shown["views"][1]["property"]["filter_info"]["conditions"][0]["operator"] == "isNotEmpty"


def test_the_two_tables_have_the_same_columns_in_other_types(emulator: Client) -> None:
    typed, text = emulator.look("state")["tables"]
    columns = {field["field_name"]: field["type"] for field in typed["fields"]}
    assert columns == {
        "单元ID": 1, "账户名称": 3, "时间": 5, "单元名称": 1, "备注": 1,
        "消耗(元)": 2, "转化数": 2, "转化成本(元)": 2, "团购线索数": 2,
    }  # fmt: skip
    assert {field["field_name"] for field in text["fields"]} == columns.keys()
    assert {field["type"] for field in text["fields"]} == {1}
    assert [typed["fields"][0]["field_name"], text["fields"][0]["field_name"]] == ["单元ID", "账户名称"]


def test_a_person_inserts_edits_and_deletes_rows(emulator: Client) -> None:
    made = act(emulator, "rows/insert", fields={"单元ID": "9", "时间": DAY_MS})["record_ids"]
    act(emulator, "rows/edit", record_id=made[0], fields={"备注": "改过", "单元ID": None})
    row = records(emulator)[-1]
    assert row["fields"] == {"时间": DAY_MS, "备注": "改过"}
    assert row["created_by"] == row["last_modified_by"]
    act(emulator, "rows/delete", record_ids=made)
    assert len(records(emulator)) == 1


def test_a_row_is_deleted_by_unit_and_day(emulator: Client) -> None:
    act(emulator, "rows/insert", rows=[{"单元ID": "9", "时间": DAY_MS}, {"单元ID": "9", "时间": DAY_MS + 86_400_000}])
    assert len(act(emulator, "rows/delete", unit_id="9", day="2025-01-15")["record_ids"]) == 1
    body = {"table_id": emulator.facts[TEXT], "fields": {"单元ID": "9", "时间": "2025-01-15"}}
    emulator.control("rows/insert", body)
    emulator.control("rows/delete", {"table_id": emulator.facts[TEXT], "unit_id": "9", "day": "2025-01-15"})
    assert [len(records(emulator, table)) for table in (TYPED, TEXT)] == [2, 1]


def test_rows_can_be_inserted_as_the_app(emulator: Client) -> None:
    act(emulator, "rows/insert", fields={"单元ID": "9"}, by="app")
    emulator.table("POST", "/records/batch_create", json={"records": [{"fields": {"单元ID": "9"}}]})
    person, app, product = (row["created_by"] for row in records(emulator))
    assert person != app == product


def test_a_renamed_column_keeps_its_id_and_its_cells(emulator: Client) -> None:
    before = emulator.field_id("备注")
    act(emulator, "columns/rename", field_name="备注", name="说明")
    assert emulator.field_id("说明") == before
    assert "说明" in records(emulator)[0]["fields"]
    body = {"records": [{"fields": {"备注": "x"}}]}
    assert emulator.table("POST", "/records/batch_create", json=body).json()["code"] == 1254045


def test_a_deleted_column_takes_its_cells_and_its_condition_along(emulator: Client) -> None:
    act(emulator, "columns/delete", field_name="备注")
    assert "备注" not in records(emulator)[0]["fields"]
    view = emulator.table("GET", f"/views/{emulator.view_id('重点关注')}").json()["data"]["view"]
    assert view["property"]["filter_info"]["conditions"][0]["condition_omitted"] is True


@pytest.mark.parametrize(
    ("column", "kind", "written", "kept"),
    [
        ("备注", 2, "118.36", 118.36),
        ("备注", 2, "1,118", 1118),
        ("备注", 2, "nan", None),
        ("备注", 2, "十二", None),
        ("备注", 5, "2025/01/15", DAY_MS),
        ("备注", 5, "2025-01-15", DAY_MS),
        ("备注", 5, "118.36", None),
        ("备注", 3, "已沟通", "已沟通"),
        ("消耗(元)", 1, 118.5, "118.50"),
        ("转化数", 3, 3, "3"),
        ("转化数", 5, 3, None),
        ("时间", 1, DAY_MS, "2025/01/15"),
        ("时间", 2, DAY_MS, None),
        ("账户名称", 1, "蜀香小馆", "蜀香小馆"),
        ("账户名称", 2, "蜀香小馆", None),
    ],
)
def test_a_column_gets_another_type_and_what_it_cannot_hold_becomes_empty(
    emulator: Client, column: str, kind: int, written: object, kept: object
) -> None:
    before = emulator.field_id(column)
    act(emulator, "rows/insert", rows=[{"单元ID": "9", column: written}, {"单元ID": "8"}])
    changed = act(emulator, "columns/retype", field_name=column, type=kind)
    assert (changed["type"], changed["field_id"]) == (kind, before)
    assert [row["fields"].get(column) for row in records(emulator)[1:]] == [kept, None]
    assert bool(kept) == (
        column in emulator.table("POST", "/records/search", json={}).json()["data"]["items"][1]["fields"]
    )


def test_a_select_made_of_text_has_an_option_for_each_text_and_takes_option_ids_in_views(emulator: Client) -> None:
    act(emulator, "rows/insert", rows=[{"备注": note} for note in ("甲", "乙", "甲")])
    changed = act(emulator, "columns/retype", field_name="备注", type=3)
    assert [option["name"] for option in changed["property"]["options"]] == ["门店活动，手工补录", "甲", "乙"]


def test_a_condition_follows_its_column_into_another_type_where_it_fits(emulator: Client) -> None:
    act(emulator, "rows/insert", rows=[{"账户名称": "蜀香小馆"}, {"账户名称": "拾光咖啡"}])
    option = next(
        option["id"]
        for field in emulator.table("GET", "/fields").json()["data"]["items"]
        if field["field_name"] == "账户名称"
        for option in field["property"]["options"]
    )
    condition = {"field_id": emulator.field_id("账户名称"), "operator": "is", "value": f'["{option}"]'}
    info = {"conjunction": "and", "conditions": [condition]}
    act(emulator, "views/filter", view_name="表格", filter_info=info)

    def shown() -> tuple[int, str]:
        view_id = emulator.view_id()
        found = emulator.table("POST", "/records/search", json={"view_id": view_id}).json()["data"]["total"]
        filtered = emulator.table("GET", f"/views/{view_id}").json()["data"]["view"]["property"]["filter_info"]
        return found, filtered["conditions"][0]["value"] if filtered else ""

    assert shown() == (1, f'["{option}"]')
    act(emulator, "columns/retype", field_name="账户名称", type=1)
    assert shown() == (1, '["蜀香小馆"]')
    act(emulator, "columns/retype", field_name="账户名称", type=2)
    assert shown() == (3, "")


def test_a_view_is_renamed_filtered_and_deleted(emulator: Client) -> None:
    act(emulator, "views/rename", view_name="重点关注", name="我的")
    condition = {"field_id": emulator.field_id("单元ID"), "operator": "isEmpty"}
    info = {"conjunction": "and", "conditions": [condition]}
    act(emulator, "views/filter", view_name="我的", filter_info=info)
    shown = emulator.table("GET", f"/views/{emulator.view_id('我的')}").json()["data"]["view"]
    assert shown["property"]["filter_info"]["conditions"][0]["operator"] == "isEmpty"
    act(emulator, "views/delete", view_name="我的")
    assert [view["view_name"] for view in emulator.table("GET", "/views").json()["data"]["items"]] == ["表格"]


def test_a_person_renames_and_deletes_a_table_but_not_the_last_one(emulator: Client) -> None:
    act(emulator, "tables/rename", name=" 老表 ")
    text = emulator.facts[TEXT]
    taken = emulator.send("POST", "/_control/tables/rename", json={"table_id": "老表", "name": "广告日报（文本）"})
    assert taken.status_code == 400
    named = {table["table_id"]: table["name"] for table in emulator.look("state")["tables"]}
    assert named == {emulator.facts[TYPED]: "老表", text: "广告日报（文本）"}
    act(emulator, "tables/delete")
    assert [table["table_id"] for table in emulator.look("state")["tables"]] == [text]
    assert emulator.table("GET", "/fields", TYPED).json()["code"] == 1254041
    last = emulator.send("POST", "/_control/tables/delete", json={"table_id": text})
    assert (last.status_code, last.json()["error"]) == (400, "the last table cannot be deleted")


def test_a_script_acts_right_before_a_call(emulator: Client) -> None:
    step = {"table_id": emulator.facts[TYPED], "all": True}
    emulator.control("script", {"before": "records.search", "call": 2, "do": "rows/delete", "body": step})
    found = [emulator.table("POST", "/records/search", json={}).json()["data"]["total"] for _ in range(3)]
    assert found == [1, 0, 0]


def test_a_step_that_fails_is_told_by_the_state_and_not_to_the_caller(emulator: Client) -> None:
    step = {"table_id": emulator.facts[TYPED], "unit_id": "9", "day": "2025-01-15"}
    emulator.control("script", {"before": "records.search", "do": "/_control/rows/delete", "body": step})
    assert emulator.table("POST", "/records/search", json={}).json()["code"] == 0
    assert "no row of 9" in emulator.look("state")["script_errors"][0]


@pytest.mark.parametrize(
    ("action", "body"),
    [
        ("nothing", {}),
        ("rows/insert", {"table_id": "tblNone", "fields": {}}),
        ("rows/insert", {"fields": {}}),
        ("columns/retype", {"table_id": "广告日报", "field_name": "备注", "type": 15}),
        ("columns/retype", {"table_id": "广告日报", "field_name": "单元ID", "type": 3}),
        ("columns/retype", {"table_id": "广告日报", "field_name": "没有", "type": 1}),
        ("settings", {"colour": "red"}),
        ("settings", {"client_token_mode": "maybe"}),
        ("latency", {"nothing": 1}),
        ("figures", {"account_id": "1", "promotion_id": "1", "day": "2025-01-15"}),
        ("script", {"before": "nothing", "do": "reset"}),
        ("script", {"before": "records.search", "do": "nothing"}),
    ],
)
def test_control_refuses_what_it_does_not_know(emulator: Client, action: str, body: dict[str, Any]) -> None:
    answer = emulator.send("POST", f"/_control/{action}", json=body)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_a_metric_that_does_not_exist_is_not_changed(emulator: Client) -> None:
    row = emulator.look("figures")["rows"][0]
    key = {"account_id": row["local_account_id"], "promotion_id": row["promotion_id"], "day": row["stat_time_day"]}
    answer = emulator.send("POST", "/_control/figures", json={**key, "cost": 1})
    assert answer.status_code == 400
    assert "cost" in answer.json()["error"]


def test_control_is_neither_counted_nor_faulted(emulator: Client) -> None:
    emulator.look("state")
    emulator.control("latency", {})
    assert emulator.look("calls") == {"calls": [], "counts": {}, "quota": 0, "total": 0}
