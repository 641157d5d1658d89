"""The official SDK makes each Bitable call that the product makes; its models parse answers and refusals."""

import json
import re
import uuid
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import lark_oapi as lark
import pytest
from lark_oapi.core.exception import ObtainAccessTokenException

from pipeline.clients.feishu import api, records, tables, views
from pipeline.context import Context
from pipeline.core.model import CHINA, Account
from pipeline.core.rollover.successor import new_fields
from pipeline.core.table.columns import DEFAULT_COLUMNS
from pipeline.core.table.layout import match
from pipeline.steps.on_demand import init
from tests.contract.sdk import Plain, Sdk, done
from tests.lab import Lab

Called = set[tuple[str, str]]
BITABLE = "/open-apis/bitable/"
DAY_MS = 1_736_870_400_000  # 2025-01-15 in Shanghai


@pytest.fixture
def sdk(lab: Lab) -> Sdk:
    """The SDK on a fresh emulator."""
    return Sdk(lab.facts)


def called(lab: Lab) -> Called:
    """Method and path of each successful Bitable call so far."""
    calls = lab.look("calls")["calls"]
    return {(call["method"], call["path"]) for call in calls if call["path"].startswith(BITABLE) and call["code"] == 0}


def tour(sdk: Sdk) -> None:
    """Make each call once, in a table made by the SDK; each must succeed."""
    done(sdk.meta())
    done(sdk.tables(page_size=100))
    columns = [{"field_name": "单元ID", "type": 1}, {"field_name": "时间", "type": 5}]
    table_id = done(sdk.create_table({"name": "合同", "default_view_name": "表格", "fields": columns})).table_id
    done(sdk.create_field(table_id, {"field_name": "账户名称", "type": 3, "property": {"options": [{"name": "甲"}]}}))
    done(sdk.fields(table_id, page_size=100))
    made = done(sdk.create(table_id, [{"单元ID": "1", "时间": DAY_MS}], str(uuid.uuid4())))
    done(sdk.update(table_id, {made.records[0].record_id: {"账户名称": "甲"}}))
    done(sdk.search(table_id, {"automatic_fields": True}, page_size=500))
    done(sdk.delete(table_id, [made.records[0].record_id]))
    view_id = done(sdk.create_view(table_id, "甲")).view.view_id
    done(sdk.views(table_id, page_size=100))
    done(sdk.patch_view(table_id, view_id, {"view_name": "乙"}))
    done(sdk.view(table_id, view_id))
    assert sdk.delete_view(table_id, view_id).success()


def paths_of(module: ModuleType) -> set[str]:
    """Each path that a client module can call: its constants, completed by `_path`."""
    constants = {path for name, path in vars(module).items() if name.isupper() and str(path).startswith("/open-apis/")}
    source = Path(str(module.__file__)).read_text(encoding="utf-8")
    behind = re.findall(r"\bself\._path\((?:\"([^\"]*)\")?\)(/\{\w+\})?", source)
    return {path + action + rest for path in constants for action, rest in behind} if behind else constants


def test_every_path_of_the_clients_is_one_that_the_sdk_calls(lab: Lab, sdk: Sdk) -> None:
    tour(sdk)
    sdks = {path for _, path in called(lab)}
    ours = {path for module in (tables, records, views) for path in paths_of(module)}
    assert {path.removeprefix(records.RECORDS) for path in ours} >= {"/search", "/batch_create", "/batch_update"}
    assert ours <= sdks
    assert paths_of(api) == {api.TENANT_TOKEN}
    assert lab.calls("feishu.token") == 1


def test_what_init_and_a_run_call_the_sdk_calls_too(lab: Lab, sdk: Sdk) -> None:
    ctx = lab.context()
    complete_a_table(ctx)
    lab.sync(lab.day)
    lab.control("figures", {**changed_row(lab), "stat_cost": 777.25})
    lab.sync(lab.day)
    ours = called(lab)
    lab.server.world.reset()
    tour(sdk)
    assert ours <= called(lab)
    assert ("POST", records.RECORDS + "/batch_update") in ours
    assert ("PATCH", views.VIEWS + "/{view_id}") in ours
    assert ("POST", tables.FIELDS) in ours


def complete_a_table(ctx: Context) -> None:
    """Do what `laike init` does for missing columns, status table and views."""
    accounts = [Account("1", "甲")]
    short = ctx.base(None).tables.create("缺列", [{"field_name": "单元ID", "type": 1}])
    init.carry_out(ctx, init.look(ctx, short, accounts), accounts, lambda _: None, lambda _: None)


def changed_row(lab: Lab) -> Plain:
    """Which row of the source to change."""
    key, row = next(iter(lab.source().items()))
    place = {"promotion_id": key.item_id, "day": key.day.isoformat()}
    return {"account_id": str(row["local_account_id"]), **place}


def test_the_sdk_asks_for_one_token_and_reads_base_and_tables(lab: Lab, sdk: Sdk) -> None:
    app = done(sdk.meta()).app
    listed = done(sdk.tables(page_size=1))
    assert (app.app_token, app.time_zone, app.is_advanced) == (lab.facts["app_token"], "Asia/Shanghai", False)
    assert (listed.total, listed.has_more, listed.items[0].table_id) == (2, True, lab.table_id)
    rest = done(sdk.tables(page_size=1, page_token=listed.page_token))
    assert [table.table_id for table in rest.items] == [lab.facts["text_table_id"]]
    assert lab.calls("feishu.token") == 1


def test_the_sdk_makes_every_call_in_a_further_base_and_finds_no_table_of_the_first(lab: Lab, sdk: Sdk) -> None:
    before = lab.records()
    token = lab.control("bases/add", {})["app_token"]
    further = Sdk(lab.facts, app_token=token)
    tour(further)
    assert done(further.meta()).app.app_token == token
    assert [table.name for table in done(further.tables()).items] == ["数据表", "合同"]
    assert {further.fields(lab.table_id).code, further.search(lab.table_id, {}).code} == {1254041}
    lab.control("permissions", {"document": "none", "app_token": token})
    assert (further.meta().code, done(sdk.meta()).app.app_token) == (91403, lab.facts["app_token"])
    assert lab.records() == before


def test_fields_come_in_the_sdks_model_with_their_properties(lab: Lab, sdk: Sdk) -> None:
    made = done(sdk.create_field(lab.table_id, {"field_name": " 渠道 ", "type": 3, "property": {"options": []}})).field
    found = {field.field_name: field for field in done(sdk.fields(lab.table_id, page_size=100)).items}
    assert (made.field_name, found["渠道"].field_id) == ("渠道", made.field_id)
    assert (found["消耗(元)"].type, found["消耗(元)"].property.formatter) == (2, "0.00")
    assert found["时间"].property.date_formatter == "yyyy/MM/dd"
    assert [name for name, field in found.items() if field.is_primary] == ["单元ID"]
    assert found["单元ID"].ui_type == "Text"


def test_the_sdk_makes_a_successor_of_the_fields_that_we_copy_and_lists_it_as_the_old_table(lab: Lab, sdk: Sdk) -> None:
    looks: list[Plain] = [
        {"field_name": "消耗(元)", "type": 2, "ui_type": "Currency",
         "property": {"formatter": "0.00", "currency_code": "CNY"}, "description": {"text": "实际消耗"}},
        {"field_name": "转化数", "type": 2, "ui_type": "Progress",
         "property": {"formatter": "0%", "range_customize": True, "min": 0, "max": 200}},
        {"field_name": "账户名称", "type": 3, "property": {"options": [{"name": "甲", "color": 7}, {"name": "乙"}]}},
        {"field_name": "时间", "type": 5, "property": {"date_formatter": "yyyy-MM-dd HH:mm"}},
    ]  # fmt: skip
    named = {str(one["field_name"]): one for one in looks}
    base = lab.context().base(None)
    ours = [named.get(column.name, column.new_field) for column in DEFAULT_COLUMNS]
    first = next(one for one in ours if one["field_name"] == "单元ID")
    old = base.tables.create("旧表", [first, *(one for one in ours if one is not first)])
    layout = match(DEFAULT_COLUMNS, base.tables.fields(old), CHINA)
    fields = new_fields(base.tables.described(old), layout)
    table = {"name": "新表", "default_view_name": "表格", "fields": fields}
    new = done(sdk.create_table(table))
    shown = [[lark.JSON.marshal(without_ids(one)) for one in listed(sdk, table_id)] for table_id in (old, new.table_id)]
    assert shown[0] == shown[1]
    assert fields[0]["field_name"] == "单元ID"
    assert len(new.field_id_list) == len(DEFAULT_COLUMNS)


def listed(sdk: Sdk, table_id: str) -> list[Any]:
    """The fields of a table in the SDK's models."""
    return list(done(sdk.fields(table_id, page_size=100)).items)


def without_ids(field: Any) -> Any:  # noqa: ANN401 - the SDK's models have no types
    """A listed field without its ids."""
    field.field_id = None
    for option in (field.property.options if field.property else None) or []:
        option.id = None
    return field


def test_records_are_created_once_changed_cleared_found_and_deleted(lab: Lab, sdk: Sdk) -> None:
    token = str(uuid.uuid4())
    rows: list[Plain] = [
        {"单元ID": "7612340000001001001", "时间": DAY_MS, "消耗(元)": 118.36},
        {"单元ID": "8", "备注": "门店"},
    ]
    made = [done(sdk.create(lab.table_id, rows, token)).records for _ in range(2)]
    ids = [record.record_id for record in made[0]]
    assert [record.record_id for record in made[1]] == ids
    done(sdk.update(lab.table_id, {ids[0]: {"消耗(元)": 0, "账户名称": "蜀香小馆"}}))
    is_it = {"field_name": "单元ID", "operator": "is", "value": ["7612340000001001001"]}
    filter_ = {"conjunction": "and", "conditions": [is_it]}
    names = ["单元ID", "时间", "消耗(元)", "账户名称", "备注"]
    body = {"filter": filter_, "field_names": names, "automatic_fields": True}
    (found,) = done(sdk.search(lab.table_id, body, page_size=500)).items
    assert found.fields == {
        "单元ID": [{"type": "text", "text": "7612340000001001001"}],
        "时间": DAY_MS,
        "消耗(元)": 0,
        "账户名称": "蜀香小馆",
    }
    assert found.created_by.id.startswith("ou_")
    assert found.last_modified_time >= found.created_time > DAY_MS
    gone = done(sdk.delete(lab.table_id, ids)).records
    assert [(record.record_id, record.deleted) for record in gone] == [(record_id, True) for record_id in ids]
    assert done(sdk.search(lab.table_id, body, page_size=500)).total == 0


def test_a_view_is_made_filtered_read_and_deleted(lab: Lab, sdk: Sdk) -> None:
    view = done(sdk.create_view(lab.table_id, "消耗高")).view
    field_id = next(f.field_id for f in done(sdk.fields(lab.table_id)).items if f.field_name == "时间")
    condition = {"field_id": field_id, "operator": "isGreater", "value": json.dumps(["ExactDate", str(DAY_MS)])}
    info = {"conjunction": "and", "conditions": [condition]}
    done(sdk.patch_view(lab.table_id, view.view_id, {"property": {"filter_info": info}}))
    shown = done(sdk.view(lab.table_id, view.view_id)).view.property.filter_info
    assert (shown.conjunction, shown.condition_omitted) == ("and", False)
    assert (shown.conditions[0].operator, json.loads(shown.conditions[0].value)) == ("isGreater", ["ExactDate", DAY_MS])
    assert shown.conditions[0].field_type == 5
    assert sdk.delete_view(lab.table_id, view.view_id).success()
    assert "消耗高" not in {known.view_name for known in done(sdk.views(lab.table_id)).items}


REFUSALS: dict[str, tuple[int, Callable[[Sdk, str], Any]]] = {
    "a field that is not there": (1254045, lambda sdk, table: sdk.create(table, [{"没有": 1}], str(uuid.uuid4()))),
    "a day in seconds": (1254064, lambda sdk, table: sdk.create(table, [{"时间": 1_736_870_400}], str(uuid.uuid4()))),
    "a token that is no uuid": (1254037, lambda sdk, table: sdk.create(table, [{"备注": "x"}], "once")),
    "too many at once": (1254104, lambda sdk, table: sdk.create(table, [{}] * 1001, str(uuid.uuid4()))),
    "a record that is gone": (1254043, lambda sdk, table: sdk.update(table, {"rec0": {"备注": "x"}})),
    "a page that is too large": (1254011, lambda sdk, table: sdk.search(table, {}, page_size=501)),
    "a view of a taken name": (1254020, lambda sdk, table: sdk.create_view(table, "表格")),
    "a table that is not there": (1254041, lambda sdk, _: sdk.fields("tblNone")),
    "a table of a taken name": (1254013, lambda sdk, _: sdk.create_table({"name": "广告日报"})),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_refusal_reaches_the_sdks_user_with_code_words_and_log_id(lab: Lab, sdk: Sdk, name: str) -> None:
    code, call = REFUSALS[name]
    before = lab.records()
    answer = call(sdk, lab.table_id)
    assert (answer.success(), answer.code) == (False, code)
    assert answer.msg
    assert answer.get_log_id() == answer.error["log_id"]
    assert answer.get_log_id()
    assert lab.records() == before


def test_a_throttled_call_says_how_long_to_wait(lab: Lab, sdk: Sdk) -> None:
    lab.control("settings", {"rate_limits": True})
    answers = [sdk.create_view(lab.table_id, f"视图{number}") for number in range(40)]
    refused = next(answer for answer in answers if not answer.success())
    assert (refused.code, refused.raw.status_code) == (99991400, 429)
    assert int(refused.raw.headers["x-ogw-ratelimit-reset"]) >= 1


def test_a_wrong_secret_is_an_error_of_the_sdk_with_the_code(lab: Lab) -> None:
    with pytest.raises(ObtainAccessTokenException) as caught:
        Sdk(lab.facts, feishu_app_secret="wrong").meta()
    assert caught.value.code == 10015
