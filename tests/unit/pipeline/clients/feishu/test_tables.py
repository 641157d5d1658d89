from zoneinfo import ZoneInfo

import pytest

from pipeline.clients.feishu.codes import TABLE_NAME_TAKEN
from pipeline.clients.feishu.tables import Tables
from pipeline.core.errors import BadRequest, BadResponse, NeedsPerson
from pipeline.core.table.cells import Field
from tests.unit.pipeline.clients.feishu.test_api import Auth, api
from tests.unit.pipeline.clients.stub import Plain, answer, data

PATH = "/open-apis/bitable/v1/apps/bas1"


def tables(http: Auth, asked: list[str] | None = None) -> Tables:
    return Tables(api(http, lambda: asked.append("write") if asked is not None else None), "bas1")


def test_the_time_zone_is_the_base_s_own() -> None:
    http = Auth(data(app={"app_token": "bas1", "time_zone": "America/New_York"}))
    assert tables(http).time_zone() == ZoneInfo("America/New_York")
    assert [(call.method, call.path) for call in http.calls] == [("GET", PATH)]


@pytest.mark.parametrize("app", [{}, {"time_zone": None}, {"time_zone": ""}])
def test_a_base_without_a_time_zone_is_in_china(app: Plain) -> None:
    assert tables(Auth(data(app=app))).time_zone() == ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize("answer", [{}, {"app": None}, {"app": []}])
def test_an_answer_without_a_base_is_not_one_without_a_time_zone(answer: Plain) -> None:
    with pytest.raises(BadResponse, match="app"):
        tables(Auth(data(**answer))).time_zone()


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../etc/passwd", "/etc/localtime"])
def test_a_time_zone_that_is_unknown_here_is_an_error(zone: str) -> None:
    with pytest.raises(BadResponse, match="time zone"):
        tables(Auth(data(app={"time_zone": zone}))).time_zone()


def test_tables_come_by_name_from_all_pages() -> None:
    http = Auth(
        data(items=[{"table_id": "tbl1", "name": "投放"}], has_more=True, page_token="p", total=2),
        data(items=[{"table_id": "tbl2", "name": "同步状态"}], has_more=False, total=2),
    )
    assert tables(http).ids() == {"投放": "tbl1", "同步状态": "tbl2"}
    assert [(call.method, call.path) for call in http.calls] == [("GET", f"{PATH}/tables")] * 2
    assert [call.params for call in http.calls] == [{"page_size": "100"}, {"page_size": "100", "page_token": "p"}]


def test_a_table_is_created_with_its_fields_as_documented() -> None:
    http, asked = Auth(data(table_id="tbl9", default_view_id="vew1")), list[str]()
    fields = ({"field_name": "日期", "type": 5},)
    assert tables(http, asked).create("同步状态", fields) == "tbl9"
    (call,) = http.calls
    assert (call.method, call.path, call.params) == ("POST", f"{PATH}/tables", None)
    assert call.json["table"]["name"] == "同步状态"
    assert call.json["table"]["fields"] == [{"field_name": "日期", "type": 5}]
    assert call.json["table"]["default_view_name"]
    assert asked == ["write"]


def test_fields_come_as_they_are() -> None:
    select = {"options": [{"id": "opt1", "name": "城东店", "color": 0}, {"id": "opt2", "name": "城西店"}]}
    items = [
        {"field_id": "fld1", "field_name": "账户名称", "type": 3, "property": select, "ui_type": "SingleSelect"},
        {"field_id": "fld2", "field_name": "备注", "type": 1, "property": None},
        {"field_id": "fld3", "field_name": "勾", "type": 7},
    ]
    http = Auth(data(items=items, has_more=False, total=3))
    assert tables(http).fields("tbl1") == [
        Field("fld1", "账户名称", 3, {"城东店": "opt1", "城西店": "opt2"}, "SingleSelect"),
        Field("fld2", "备注", 1, {}),
        Field("fld3", "勾", 7, {}),
    ]
    (call,) = http.calls
    assert (call.method, call.path, call.params) == ("GET", f"{PATH}/tables/tbl1/fields", {"page_size": "100"})


def test_looking_is_no_write() -> None:
    asked: list[str] = []
    mine = tables(Auth(data(items=[], has_more=False, app={})), asked)
    mine.time_zone()
    mine.ids()
    mine.fields("tbl1")
    assert asked == []


def test_a_created_table_without_an_id_is_an_error_of_ours() -> None:
    with pytest.raises(BadResponse):
        tables(Auth(data())).create("同步状态", [])


@pytest.mark.parametrize("item", [{"name": "a"}, {"table_id": "tbl1"}])
def test_a_listed_table_without_id_or_name_is_an_error_of_ours(item: Plain) -> None:
    with pytest.raises(BadResponse):
        tables(Auth(data(items=[item], has_more=False, total=1))).ids()


@pytest.mark.parametrize("missing", ["field_id", "field_name", "type"])
def test_a_field_without_what_is_promised_is_an_error_of_ours(missing: str) -> None:
    item = {"field_id": "fld1", "field_name": "a", "type": 1}
    del item[missing]
    with pytest.raises(BadResponse):
        tables(Auth(data(items=[item], has_more=False, total=1))).fields("tbl1")


def test_fields_are_described_as_they_came_from_all_pages() -> None:
    first = {"field_id": "fld1", "field_name": "消耗(元)", "type": 2, "property": {"currency_code": "CNY"}}
    second = {"field_id": "fld2", "field_name": "备注", "type": 1, "is_primary": True, "property": None}
    http = Auth(
        data(items=[first], has_more=True, page_token="p", total=2), data(items=[second], has_more=False, total=2)
    )
    assert tables(http).described("tbl1") == [first, second]
    assert [call.path for call in http.calls] == [f"{PATH}/tables/tbl1/fields"] * 2


def test_a_field_without_a_type_is_not_described() -> None:
    http = Auth(data(items=[{"field_id": "fld1", "field_name": "备注"}], has_more=False, total=1))
    with pytest.raises(BadResponse, match="type"):
        tables(http).described("tbl1")


def test_a_base_that_holds_no_more_tables_says_so() -> None:
    fields = [{"field_name": "a", "type": 1}]
    with pytest.raises(NeedsPerson) as error:
        tables(Auth(answer({"code": 1254100, "msg": "TableExceedLimit"}))).create("单元日报", fields)
    assert error.value.reason == "base_full"
    assert "100 个数据表和仪表盘" in error.value.what_to_do


def test_a_name_that_is_taken_is_known_by_its_code() -> None:
    with pytest.raises(BadRequest) as error:
        tables(Auth(answer({"code": 1254013, "msg": "TableNameDuplicated"}))).create(
            "单元日报", [{"field_name": "a", "type": 1}]
        )
    assert error.value.code == TABLE_NAME_TAKEN
