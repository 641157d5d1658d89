"""Records: read and write shapes, all or nothing, search, client_token."""

import uuid
from typing import Any

import pytest

from tests.emulator.client import TEXT, TYPED, Client

NEW, UPDATE, DELETE, SEARCH = (
    f"/records/{call}" for call in ("batch_create", "batch_update", "batch_delete", "search")
)
DAY_MS = 1_736_870_400_000  # midnight of 2025-01-15 in Shanghai
NEXT_MS = DAY_MS + 86_400_000
ROW = {
    "单元ID": "7612340000000001001",
    "账户名称": "蜀香小馆",
    "时间": DAY_MS,
    "单元名称": "双人套餐",
    "消耗(元)": 118.36,
    "转化数": 3,
    "转化成本(元)": 39.0,
    "团购线索数": 0,
}


def create(emulator: Client, *rows: dict[str, Any], table: str = TYPED, **params: str) -> dict[str, Any]:
    body = {"records": [{"fields": row} for row in rows]}
    return dict(emulator.table("POST", NEW, table, json=body, params=params).json())


def search(emulator: Client, table: str = TYPED, size: int = 500, token: str = "", **body: Any) -> dict[str, Any]:  # noqa: ANN401
    params = {"page_size": size} | ({"page_token": token} if token else {})
    answer = emulator.table("POST", SEARCH, table, json=body, params=params).json()
    assert answer["code"] == 0, answer
    return dict(answer["data"])


def where(name: str, operator: str, *value: str) -> dict[str, Any]:
    return {"conjunction": "and", "conditions": [{"field_name": name, "operator": operator, "value": list(value)}]}


def names(found: dict[str, Any]) -> list[str]:
    return [item["fields"]["单元名称"][0]["text"] for item in found["items"]]


def test_a_write_echoes_the_write_shape(emulator: Client) -> None:
    answer = create(emulator, ROW)
    assert answer["data"]["records"][0]["fields"] == ROW


def test_a_read_gives_the_read_shape(emulator: Client) -> None:
    create(emulator, ROW)
    fields = search(emulator)["items"][-1]["fields"]
    assert fields["单元ID"] == [{"type": "text", "text": "7612340000000001001"}]
    assert (fields["账户名称"], fields["时间"], fields["消耗(元)"], fields["团购线索数"]) == (
        "蜀香小馆",
        DAY_MS,
        118.36,
        0,
    )
    assert type(fields["转化成本(元)"]) is int  # 39.0 comes back as 39


def test_empty_cells_are_left_out(emulator: Client) -> None:
    create(emulator, {"单元ID": "1", "单元名称": "", "备注": None})
    assert search(emulator)["items"][-1]["fields"].keys() == {"单元ID"}


def test_a_long_id_in_a_number_column_loses_its_digits(emulator: Client) -> None:
    create(emulator, {"转化数": 7_612_340_000_000_001_001})
    assert search(emulator)["items"][-1]["fields"]["转化数"] != 7_612_340_000_000_001_001


def test_a_new_option_is_made_by_a_write(emulator: Client) -> None:
    create(emulator, ROW, ROW)
    listed = emulator.table("GET", "/fields").json()["data"]["items"]
    options = next(field["property"]["options"] for field in listed if field["field_name"] == "账户名称")
    assert [option["name"] for option in options] == ["蜀香小馆"]
    assert options[0]["id"].startswith("opt")


def test_one_bad_row_stops_the_whole_batch(emulator: Client) -> None:
    assert create(emulator, ROW, {"时间": "2026-09-22"})["code"] == 1254064
    assert search(emulator)["total"] == 1


def test_an_update_touches_only_the_named_cells_and_null_clears(emulator: Client) -> None:
    record_id = create(emulator, ROW)["data"]["records"][0]["record_id"]
    body = {"records": [{"record_id": record_id, "fields": {"转化数": 4, "单元名称": None}}]}
    assert emulator.table("POST", UPDATE, json=body).json()["code"] == 0
    fields = search(emulator)["items"][-1]["fields"]
    assert fields["转化数"] == 4
    assert fields.keys() == ROW.keys() - {"单元名称"}


def test_one_missing_record_stops_the_whole_update(emulator: Client) -> None:
    record_id = create(emulator, ROW)["data"]["records"][0]["record_id"]
    rows = [{"record_id": known, "fields": {"转化数": 9}} for known in (record_id, "recGone")]
    assert emulator.table("POST", UPDATE, json={"records": rows}).json()["code"] == 1254043
    assert search(emulator)["items"][-1]["fields"]["转化数"] == 3


def test_deleted_rows_are_named(emulator: Client) -> None:
    record_id = create(emulator, ROW)["data"]["records"][0]["record_id"]
    answer = emulator.table("POST", DELETE, json={"records": [record_id]}).json()
    assert answer["data"]["records"] == [{"record_id": record_id, "deleted": True}]
    assert search(emulator)["total"] == 1


def test_system_keys_come_only_when_asked_for(emulator: Client) -> None:
    create(emulator, ROW)
    assert search(emulator)["items"][-1].keys() == {"record_id", "fields"}
    person, app = search(emulator, automatic_fields=True)["items"]
    assert app.keys() == {
        "record_id", "fields", "created_time", "last_modified_time", "created_by", "last_modified_by",
    }  # fmt: skip
    assert person["created_by"]["id"].startswith("ou_")
    assert person["created_by"] != app["created_by"]


def test_pages_follow_each_other_to_the_end(emulator: Client) -> None:
    create(emulator, *({"单元ID": str(number)} for number in range(1000)))
    seen, page = [], search(emulator, field_names=["单元ID"])
    while True:
        seen += [item["record_id"] for item in page["items"]]
        assert page["total"] == 1001
        if not page["has_more"]:
            break
        page = search(emulator, token=page["page_token"], field_names=["单元ID"])
    assert "page_token" not in page
    assert len(set(seen)) == 1001


def test_a_page_token_belongs_to_its_search(emulator: Client) -> None:
    create(emulator, *({"单元ID": str(number)} for number in range(30)))
    token = search(emulator, size=20)["page_token"]
    answer = emulator.table("POST", SEARCH, json={"sort": [{"field_name": "单元ID"}]}, params={"page_token": token})
    assert answer.json()["code"] == 1254002


@pytest.mark.parametrize(
    ("name", "operator", "value", "found"),
    [
        ("单元名称", "is", ["甲"], ["甲"]),
        ("单元名称", "isNot", ["甲"], ["手工记录", "乙甲"]),
        ("单元名称", "contains", ["甲"], ["甲", "乙甲"]),
        ("单元名称", "doesNotContain", ["甲"], ["手工记录"]),
        ("备注", "isNotEmpty", [], ["手工记录"]),
        ("备注", "isEmpty", [], ["甲", "乙甲"]),
        ("转化数", "is", ["3"], ["甲"]),
        ("转化数", "isGreater", ["3"], ["乙甲"]),
        ("转化数", "isGreaterEqual", ["3.0"], ["甲", "乙甲"]),
        ("转化数", "isLess", ["4"], ["甲"]),
        ("账户名称", "is", ["店一"], ["甲"]),
        ("账户名称", "contains", ["店一", "店二"], ["甲", "乙甲"]),
        ("账户名称", "is", ["没有这家店"], []),
        ("时间", "is", ["ExactDate", str(DAY_MS + 3_600_000)], ["甲"]),
        ("时间", "isGreater", ["ExactDate", str(DAY_MS)], ["手工记录", "乙甲"]),
        ("时间", "isLess", ["ExactDate", str(NEXT_MS + 3_600_000)], ["甲"]),
        ("时间", "is", ["Yesterday"], ["手工记录"]),
        ("时间", "is", ["CurrentWeek"], []),
    ],
)
def test_a_filter_finds(emulator: Client, name: str, operator: str, value: list[str], found: list[str]) -> None:
    # The manual row is of yesterday; a week later no row is of the current one.
    if value == ["CurrentWeek"]:
        emulator.control("settings", {"clock_offset_s": 8 * 86_400})
    create(
        emulator,
        {"单元名称": "甲", "转化数": 3, "账户名称": "店一", "时间": DAY_MS},
        {"单元名称": "乙甲", "转化数": 5, "账户名称": "店二", "时间": NEXT_MS},
    )
    assert names(search(emulator, filter=where(name, operator, *value))) == found


def test_groups_of_conditions_nest_once(emulator: Client) -> None:
    create(emulator, {"单元名称": "甲", "转化数": 1}, {"单元名称": "乙", "转化数": 2}, {"单元名称": "丙", "转化数": 2})
    either = {
        "conjunction": "or",
        "conditions": [*where("单元名称", "is", "甲")["conditions"], *where("单元名称", "is", "乙")["conditions"]],
    }
    children = [either, where("转化数", "is", "2")]
    assert names(search(emulator, filter={"conjunction": "and", "children": children})) == ["乙"]


def test_rows_are_sorted_by_several_columns(emulator: Client) -> None:
    create(emulator, *({"单元名称": f"{a}{b}", "转化数": a, "消耗(元)": b} for a in (1, 2) for b in (1, 2)))
    sort = [{"field_name": "转化数", "desc": True}, {"field_name": "消耗(元)"}]
    assert names(search(emulator, sort=sort, filter=where("转化数", "isNotEmpty"))) == ["21", "22", "11", "12"]


def test_a_view_counts_only_without_filter_and_sort(emulator: Client) -> None:
    create(emulator, {"单元名称": "甲"})
    view = emulator.view_id("重点关注")
    assert names(search(emulator, view_id=view)) == ["手工记录"]
    assert names(search(emulator, view_id=view, filter=where("单元名称", "is", "甲"))) == ["甲"]


def test_a_lost_permission_answers_success_with_nothing(emulator: Client) -> None:
    emulator.control("settings", {"lost_permission": emulator.facts[TEXT]})
    assert search(emulator, TEXT) == {"items": [], "has_more": False, "total": 0}
    assert search(emulator)["total"] == 1


def test_the_document_zone_decides_what_a_day_is(emulator: Client) -> None:
    create(emulator, {"单元名称": "甲", "时间": DAY_MS})
    assert names(search(emulator, filter=where("时间", "is", "ExactDate", str(DAY_MS + 20 * 3_600_000)))) == ["甲"]
    emulator.control("settings", {"time_zone": "America/New_York"})
    assert emulator.base("GET").json()["data"]["app"]["time_zone"] == "America/New_York"
    assert names(search(emulator, filter=where("时间", "is", "ExactDate", str(DAY_MS + 20 * 3_600_000)))) == []


def test_a_replayed_token_returns_the_first_result(emulator: Client) -> None:
    token = str(uuid.uuid4())
    first, second = (create(emulator, ROW, client_token=token) for _ in range(2))
    assert first["data"] == second["data"]
    assert search(emulator)["total"] == 2
    assert create(emulator, {"单元ID": "2"}, client_token=token)["code"] == 1255006


def test_a_replayed_token_may_be_refused(emulator: Client) -> None:
    emulator.control("settings", {"client_token_mode": "refuse"})
    token = str(uuid.uuid4())
    assert [create(emulator, ROW, client_token=token)["code"] for _ in range(2)] == [0, 1254608]


def test_a_replayed_token_may_be_forgotten(emulator: Client) -> None:
    emulator.control("settings", {"client_token_mode": "ignore"})
    token = str(uuid.uuid4())
    assert [create(emulator, ROW, client_token=token)["code"] for _ in range(2)] == [0, 0]
    assert search(emulator)["total"] == 3


def test_a_failed_write_leaves_its_token_unused(emulator: Client) -> None:
    token = str(uuid.uuid4())
    assert create(emulator, {"转化数": "x"}, client_token=token)["code"] == 1254061
    assert create(emulator, ROW, client_token=token)["code"] == 0


def test_an_empty_token_makes_each_call_its_own_operation(emulator: Client) -> None:
    for _ in range(2):
        create(emulator, ROW, client_token="")
    assert search(emulator)["total"] == 3
