"""Views and tables: what is created, what the server reads back, what a filter does."""

import json
import uuid
from typing import Any

import pytest

from tests.emulator.client import TYPED, Client


def option(emulator: Client, name: str) -> str:
    emulator.control("rows/insert", {"table_id": emulator.facts[TYPED], "fields": {"账户名称": name, "单元名称": name}})
    listed = emulator.table("GET", "/fields").json()["data"]["items"]
    column = next(known for known in listed if known["field_name"] == "账户名称")
    return next(str(known["id"]) for known in column["property"]["options"] if known["name"] == name)


def patch(emulator: Client, view_id: str, **properties: Any) -> dict[str, Any]:  # noqa: ANN401 - any property
    answer = emulator.table("PATCH", f"/views/{view_id}", json={"property": properties})
    assert answer.json()["code"] == 0, answer.text
    return dict(answer.json()["data"]["view"]["property"])


def info(field_id: str, operator: str, value: str) -> dict[str, Any]:
    return {"conjunction": "and", "conditions": [{"field_id": field_id, "operator": operator, "value": value}]}


def create(emulator: Client, name: str) -> str:
    return str(emulator.table("POST", "/views", json={"view_name": name}).json()["data"]["view"]["view_id"])


def names(emulator: Client, view_id: str) -> list[str]:
    found = emulator.table("POST", "/records/search", json={"view_id": view_id}).json()["data"]["items"]
    return [item["fields"]["单元名称"][0]["text"] for item in found]


def test_the_list_of_views_has_no_property(emulator: Client) -> None:
    listed = emulator.table("GET", "/views").json()["data"]
    assert [view["view_name"] for view in listed["items"]] == ["表格", "重点关注"]
    assert listed["items"][0].keys() == {"view_id", "view_name", "view_type", "view_public_level"}


def test_a_view_filters_a_select_by_option_id(emulator: Client) -> None:
    option_id = option(emulator, "蜀香小馆")
    view_id = create(emulator, "蜀香小馆")
    patch(emulator, view_id, filter_info=info(emulator.field_id("账户名称"), "is", json.dumps([option_id])))
    assert names(emulator, view_id) == ["蜀香小馆"]


def test_a_filter_reads_back_with_what_the_server_adds(emulator: Client) -> None:
    field_id = emulator.field_id("时间")
    view_id = create(emulator, "某天")
    patch(emulator, view_id, filter_info=info(field_id, "is", '["ExactDate","1736870400000"]'))
    read = emulator.table("GET", f"/views/{view_id}").json()["data"]["view"]
    condition = read["property"]["filter_info"]["conditions"][0]
    assert condition.keys() == {"condition_id", "field_id", "field_type", "operator", "value", "condition_omitted"}
    assert (condition["field_type"], condition["value"]) == (5, '["ExactDate",1736870400000]')


def test_a_patch_leaves_alone_what_it_does_not_name(emulator: Client) -> None:
    view_id = emulator.view_id("重点关注")
    before = emulator.table("GET", f"/views/{view_id}").json()["data"]["view"]["property"]["filter_info"]
    hidden = [emulator.field_id("备注")]
    assert patch(emulator, view_id, hidden_fields=hidden) == {
        "filter_info": before,
        "hidden_fields": hidden,
        "hierarchy_config": {},
    }
    assert patch(emulator, view_id, filter_info=None, hidden_fields=None)["filter_info"] is None
    renamed = emulator.table("PATCH", f"/views/{view_id}", json={"view_name": " 重点 "}).json()["data"]["view"]
    assert renamed["view_name"] == "重点"


def test_the_last_view_stays(emulator: Client) -> None:
    first, last = emulator.view_id("表格"), emulator.view_id("重点关注")
    assert emulator.table("DELETE", f"/views/{first}").json()["code"] == 0
    answer = emulator.table("DELETE", f"/views/{last}")
    assert (answer.status_code, answer.json()["code"]) == (400, 1254023)


def test_a_table_has_at_most_200_views(emulator: Client) -> None:
    for number in range(198):
        emulator.control("views/add", {"table_id": emulator.facts[TYPED], "name": str(number)})
    answer = emulator.table("POST", "/views", json={"view_name": "多"})
    assert (answer.status_code, answer.json()["code"]) == (400, 1254101)


@pytest.mark.parametrize("kind", ["grid", "kanban", "gallery", "gantt", "form"])
def test_a_view_is_of_a_listed_kind(emulator: Client, kind: str) -> None:
    answer = emulator.table("POST", "/views", json={"view_name": "新", "view_type": kind})
    assert answer.json()["data"]["view"]["view_type"] == kind


def test_a_new_table_has_a_view_its_fields_and_no_rows(emulator: Client) -> None:
    columns = [
        {"field_name": " 键 ", "type": 1},
        {"field_name": "日期", "type": 5, "property": {"date_formatter": "yyyy/MM/dd"}},
        {"field_name": "状态", "type": 3, "property": {"options": [{"name": "成功", "color": 4}]}},
        {"field_name": "行数", "type": 2, "property": {"formatter": "0"}},
        {"field_name": "确认", "type": 7},
        {"field_name": "链接", "type": 15},
        {"field_name": "电话", "type": 13},
        {"field_name": "负责人", "type": 11, "property": {"multiple": False}},
        {"field_name": "标签", "type": 4},
    ]
    wanted = {"table": {"name": " 同步状态 ", "default_view_name": "全部", "fields": columns}}
    made = emulator.base("POST", "/tables", json=wanted).json()["data"]
    assert made.keys() == {"table_id", "default_view_id", "field_id_list"}
    listed = emulator.table("GET", "/fields", made["table_id"]).json()["data"]["items"]
    assert [field["field_name"] for field in listed][:2] == ["键", "日期"]
    assert [field["is_primary"] for field in listed] == [True] + [False] * 8
    tables = emulator.base("GET", "/tables").json()["data"]["items"]
    assert tables[-1]["name"] == "同步状态"
    row = {
        "键": "1", "日期": 1_736_870_400_000, "状态": "成功", "行数": 2, "确认": False, "电话": "+8613800000000",
        "链接": {"text": "表", "link": "https://example.com"}, "负责人": [{"id": "ou_1"}], "标签": ["甲", "乙"],
    }  # fmt: skip
    answer = emulator.table("POST", "/records/batch_create", made["table_id"], json={"records": [{"fields": row}]})
    assert answer.json()["code"] == 0, answer.text
    found = emulator.table("POST", "/records/search", made["table_id"], json={}).json()["data"]["items"][0]["fields"]
    assert found["负责人"][0]["id"] == "ou_1"
    assert {name: found[name] for name in ("确认", "链接", "标签")} == {
        name: row[name] for name in ("确认", "链接", "标签")
    }


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ({"type": 4}, "甲", 1254063),
        ({"type": 7}, "true", 1254065),
        ({"type": 11}, "ou_1", 1254066),
        ({"type": 11}, [{"id": "1"}], 1254066),
        ({"type": 13}, "138 0000", 1254072),
        ({"type": 13}, "1" * 65, 1254072),
        ({"type": 15}, "https://example.com", 1254068),
        ({"type": 1001}, 1_736_870_400_000, 1254015),
        ({"type": 1003}, [{"id": "ou_1"}], 1254015),
    ],
)
def test_a_value_must_fit_its_column(emulator: Client, column: dict[str, Any], value: object, code: int) -> None:
    assert emulator.table("POST", "/fields", json={"field_name": "新列", **column}).json()["code"] == 0
    body = {"records": [{"fields": {"新列": value}}]}
    assert emulator.table("POST", "/records/batch_create", json=body).json()["code"] == code


def test_a_field_is_created_once_per_token(emulator: Client) -> None:
    token = str(uuid.uuid4())
    answers = [
        emulator.table("POST", "/fields", json={"field_name": "新列", "type": 2}, params={"client_token": token}).json()
        for _ in range(2)
    ]
    assert answers[0] == answers[1]
    assert answers[0]["data"]["field"]["property"] == {"formatter": "0.0"}


def test_read_only_columns_show_who_and_when(emulator: Client) -> None:
    for name, kind in (("创建人", 1003), ("创建时间", 1001), ("公式", 20), ("编号", 1005)):
        emulator.control("columns/add", {"table_id": emulator.facts[TYPED], "name": name, "type": kind})
    fields = emulator.table("POST", "/records/search", json={}).json()["data"]["items"][0]["fields"]
    assert fields["创建人"][0]["id"].startswith("ou_")
    assert fields["公式"].keys() == {"type", "value"}
    assert isinstance(fields["创建时间"], int)
    refused = emulator.table("POST", "/records/search", json={"filter": info_by_name("公式")}).json()
    assert refused["code"] == 1254018


def info_by_name(name: str) -> dict[str, Any]:
    return {"conjunction": "and", "conditions": [{"field_name": name, "operator": "isNotEmpty", "value": []}]}


def test_every_change_of_a_table_moves_its_revision(emulator: Client) -> None:
    def revision() -> int:
        return int(emulator.base("GET", "/tables").json()["data"]["items"][0]["revision"])

    before = revision()
    emulator.table("POST", "/records/batch_create", json={"records": [{"fields": {"单元ID": "1"}}]})
    after_row = revision()
    create(emulator, "甲")
    assert before < after_row < revision()


def test_a_personal_view_is_not_listed_but_has_its_name_and_counts(emulator: Client) -> None:
    added = {"table_id": emulator.facts[TYPED], "name": "我的", "personal": True}
    emulator.control("views/add", added)
    listed = emulator.table("GET", "/views").json()["data"]
    assert "我的" not in [view["view_name"] for view in listed["items"]]
    assert emulator.table("POST", "/views", json={"view_name": "我的"}).json()["code"] == 1254020
    for number in range(197):
        emulator.control("views/add", {**added, "name": f"我的{number}"})
    assert emulator.table("POST", "/views", json={"view_name": "新"}).json()["code"] == 1254101
