# ruff: noqa: E501 - a limit is one line, whatever its length
"""The refusal table: each documented limit, the page that states it, and the answer to a call that breaks it."""

import json
import re
import uuid

import pytest

from tests.emulator.client import REPORT, TEXT, TOKEN, Client
from tests.emulator.refusals_of_reports import OF_REPORTS
from tests.emulator.refusing import (
    DELETE,
    NEW,
    UPDATE,
    Refused,
    after,
    base,
    bearer,
    condition,
    create,
    days,
    field,
    filter_view,
    full_base,
    new_column,
    new_table,
    other_base,
    patch_view,
    report,
    search,
    send,
    stale_code,
    table,
    used_code,
    used_up,
    user_info,
    where,
    without,
)

DAY_MS = str(1_790_000_000_000)
LATER = {"clock_offset_s": 86_401}
MUCH_LATER = {"clock_offset_s": 2_592_001}
RESEARCH = "本地推: 获取广告数据"
OAUTH = "OAuth 2.0: 刷新 Refresh Token"
CODES = "返回码"

DEEP, JSON = "[" * 200_000, {"Content-Type": "application/json"}
OCEANENGINE = [
    Refused("an access token is needed", CODES, report(token=None), 200, 40104),
    Refused("an unknown access token is refused", CODES, report(token="nonsense"), 200, 40105),
    Refused("the access token stands bare, without Bearer", RESEARCH, report(token="Bearer x"), 200, 40105),
    Refused("an access token lives a day", OAUTH, after("settings", LATER, report()), 200, 40102),
    Refused("a replaced access token is dead", OAUTH, after("rotate", {}, report()), 200, 40105),
    Refused("a report is not posted", RESEARCH, send("POST", f"{REPORT}/promotion/get/"), 405, 405),
    Refused("paths end with a slash", RESEARCH, send("GET", f"{REPORT}/promotion/get"), 404, 404),
    Refused("an account is needed", RESEARCH, report(local_account_id=None), 200, 40000),
    Refused("an account id is a number", RESEARCH, report(local_account_id="18x"), 200, 40000),
    Refused("a foreign account is not permitted", CODES, report(local_account_id="1800000000000001"), 200, 40002),
    Refused("a start day is needed", RESEARCH, report(start_date=None), 200, 40000),
    Refused("an end day is needed", RESEARCH, report(end_date=None), 200, 40000),
    Refused("days are written with dashes", RESEARCH, report(start_date="20261101"), 200, 40000),
    Refused("days are not quoted", RESEARCH, report(start_date='"2026-11-01"'), 200, 40000),
    Refused("a day exists", RESEARCH, report(start_date="2026-02-30"), 200, 40000),
    Refused("the end is not before the start", RESEARCH, days(2, 3), 200, 40000),
    Refused("the end is not after today", RESEARCH, days(2, -1), 200, 40000),
    Refused("the start is at most a year ago", RESEARCH, days(366, 300), 200, 40000),
    Refused("a span is at most a year", RESEARCH, days(500, 100), 200, 40000),
    Refused("metrics are needed", RESEARCH, report(metrics=None), 200, 40000),
    Refused("metrics are a JSON list", RESEARCH, report(metrics="stat_cost"), 200, 40000),
    Refused("metrics are no comma list", RESEARCH, report(metrics="stat_cost,show_cnt"), 200, 40000),
    Refused("metrics are not a repeated key", RESEARCH, report(metrics=['["stat_cost"]', '["ctr"]']), 200, 40000),
    Refused("at least one metric is needed", RESEARCH, report(metrics="[]"), 200, 40000),
    Refused("attribution_conversion_cost is no metric", RESEARCH, report(metrics='["attribution_conversion_cost"]'), 200, 40001),
    Refused("ad_click_cnt is no metric", RESEARCH, report(metrics='["ad_click_cnt"]'), 200, 40001),
    Refused("form_submit_cnt is no metric", RESEARCH, report(metrics='["form_submit_cnt"]'), 200, 40001),
    Refused("a dimension is no metric", RESEARCH, report(metrics='["stat_time_day"]'), 200, 40001),
    Refused("a page size of 1000 is not offered", RESEARCH, report(page_size="1000"), 200, 40000),
    Refused("a page size of 30 is not offered", RESEARCH, report(page_size="30"), 200, 40000),
    Refused("pages count from 1", RESEARCH, report(page="0"), 200, 40000),
    Refused("a granularity is one of three", RESEARCH, report(time_granularity="DAILY"), 200, 40000),
    Refused("a granularity is not quoted", RESEARCH, report(time_granularity='"TIME_GRANULARITY_DAILY"'), 200, 40000),
    Refused("hours are asked for at most 7 days", RESEARCH, days(9, 1, time_granularity="TIME_GRANULARITY_HOURLY"), 200, 40000),
    Refused("an order is ASC or DESC", RESEARCH, report(order_type="desc"), 200, 40000),
    Refused("rows are ordered by a metric that was asked for", RESEARCH, report(order_field="show_cnt"), 200, 40000),
    Refused("an unknown parameter is refused", RESEARCH, report(promotion_ids="[1]"), 200, 40000),
    Refused("a page number has no thirty digits", RESEARCH, report(page="9" * 30), 200, 40000),
    Refused("an account id has at most 19 digits", RESEARCH, report(local_account_id="9" * 30), 200, 40000),
    Refused("metrics are not nested without end", RESEARCH, report(metrics="[" * 20_000), 200, 40000),
    Refused("a filter is not nested without end", RESEARCH, report(filtering='{"a":' * 5000), 200, 40000),
    Refused("a filter is a JSON object", RESEARCH, report(filtering="[]"), 200, 40000),
    Refused("a filter has known keys", RESEARCH, report(filtering='{"promotion_id":[1]}'), 200, 40003),
    Refused("promotions are filtered by numbers", RESEARCH, report(filtering='{"promotion_ids":["1"]}'), 200, 40003),
    Refused("delivery_mode is a list", RESEARCH, report(filtering='{"delivery_mode":"MANUAL_MODE"}'), 200, 40003),
    Refused("promotions have no filter by project", RESEARCH, report(filtering='{"cdp_project_ids":[1]}'), 200, 40003),
    Refused("a refresh needs the right secret", OAUTH, lambda e: e.oauth(secret="wrong"), 200, 40101),
    Refused("a refresh needs the right app", OAUTH, lambda e: e.oauth(app_id=1), 200, 40101),
    Refused("an app id is digits", OAUTH, lambda e: e.oauth(app_id="abc"), 200, 40000),
    Refused("a refresh needs its token", OAUTH, lambda e: e.oauth(refresh_token=None), 200, 40000),
    Refused("an unknown refresh token is refused", OAUTH, lambda e: e.oauth(refresh_token="x"), 200, 40107),
    Refused("a used refresh token is dead", OAUTH, after("rotate", {}, lambda e: e.oauth()), 200, 40107),
    Refused("a refresh token lives 30 days", OAUTH, after("settings", MUCH_LATER, lambda e: e.oauth()), 200, 40103),
    Refused("a token call is not nested without end", OAUTH, send("POST", "/open_api/oauth2/refresh_token/", data=DEEP, headers=JSON), 200, 40000),
    Refused("a token call is JSON", OAUTH, send("POST", "/open_api/oauth2/refresh_token/", data={"app_id": 1}), 200, 40000),
    Refused("a token call is posted", OAUTH, send("GET", "/open_api/oauth2/refresh_token/"), 405, 405),
    Refused("an unknown auth_code is refused", OAUTH, lambda e: e.oauth("access_token", refresh_token=None, auth_code="x"), 200, 40000),
    Refused("an auth_code lives ten minutes", OAUTH, stale_code({"clock_offset_s": 600}), 200, 40115),
    Refused("an auth_code is used once", OAUTH, used_code, 200, 40115),
    Refused("a report needs its permission group", CODES, without(report(), denied=["report.promotion"]), 200, 40118),
    Refused("the user of a token is told to a token only", "获取授权 User 信息", send("GET", "/open_api/2/user/info/"), 200, 40104),
    Refused("the user of a token is told without parameters", "获取授权 User 信息", user_info(id="1"), 200, 40000),
]  # fmt: skip

AUTH = "自建应用获取 tenant_access_token"
ERRORS = "通用错误码"
SEARCH = "查询记录"
FILTERS = "记录筛选参数填写说明"
CREATE = "新增多条记录"
SHAPES = "数据结构概述"
FIELDS = "字段编辑指南"
TABLES = "新增一个数据表"
VIEWS = "新增 / 更新视图"
RIGHTS = "如何为应用开通云文档权限"

FEISHU = [
    Refused("an unknown app gets no token", AUTH, send("POST", TOKEN, json={"app_id": "cli_x", "app_secret": "x"}), 200, 10014),
    Refused("a wrong secret gets no token", AUTH, lambda e: e.send("POST", TOKEN, json={"app_id": e.facts["feishu_app_id"], "app_secret": "x"}), 200, 10015),
    Refused("a bearer token is needed", ERRORS, bearer(""), 400, 99991661),
    Refused("a token starts with t- or u-", ERRORS, bearer("Bearer x-1"), 400, 99991671),
    Refused("the scheme is Bearer", ERRORS, bearer("t-1"), 400, 99991671),
    Refused("an unknown token is refused", ERRORS, bearer("Bearer t-1"), 400, 99991663),
    Refused("a user token is another one", ERRORS, bearer("Bearer u-1"), 400, 99991668),
    Refused("a path exists", ERRORS, base("GET", "/nothing"), 404, 99991201),
    Refused("a method exists", ERRORS, base("DELETE", "/tables"), 400, 99991301),
    Refused("a scope is needed to read", ERRORS, without(search(), denied=["records.search"]), 400, 99991672),
    Refused("a scope is needed to write", ERRORS, without(create(单元ID="1"), denied=["records.batch_create"]), 400, 99991672),
    Refused("a month has so many calls", "自建应用 API 调用量上限", used_up, 429, 99991403),
    Refused("the app is a collaborator of the base", RIGHTS, without(search(), document="none"), 403, 91403),
    Refused("a collaborator who may view does not write", RIGHTS, without(create(单元ID="1"), document="view"), 403, 91403),
    Refused("advanced permissions want full access of a writer", RIGHTS, without(create(单元ID="1"), advanced=True), 403, 1254302),
    Refused("an app is in use", ERRORS, without(search(), feishu_app_in_use=False), 400, 99991662),
    Refused("an unknown base is not found", SEARCH, other_base, 200, 1254040),
    Refused("an unknown table is not found", SEARCH, table("GET", "/fields", table_id="tblNone"), 200, 1254041),
    Refused("a table id starts with tbl", SEARCH, table("GET", "/fields", table_id="blkNone"), 200, 1254004),
    Refused("an unknown query parameter is refused", ERRORS, table("GET", "/fields", params={"limit": 5}), 400, 99992402),
    Refused("tables are listed by at most 100", "列出数据表", base("GET", "/tables", params={"page_size": 101}), 200, 1254011),
    Refused("fields are listed by at most 100", "列出字段", table("GET", "/fields", params={"page_size": 101}), 200, 1254011),
    Refused("records are read by at most 500", SEARCH, table("POST", "/records/search", {}, params={"page_size": 501}), 200, 1254011),
    Refused("a page size is at least 1", SEARCH, table("POST", "/records/search", {}, params={"page_size": 0}), 200, 1254011),
    Refused("a page token is not invented", SEARCH, table("POST", "/records/search", {}, params={"page_token": "abc"}), 200, 1254002),
    Refused("a page size has no thirty digits", SEARCH, table("POST", "/records/search", {}, params={"page_size": "9" * 30}), 200, 1254011),
    Refused("a page size has no five thousand digits", "列出数据表", base("GET", "/tables", params={"page_size": "9" * 5000}), 200, 1254011),
    Refused("a body is not nested without end", ERRORS, table("POST", "/records/search", data=DEEP), 200, 1254000),
    Refused("a figure has bounds", ERRORS, table("POST", NEW, data='{"records":[{"fields":{"转化数":1e999}}]}'.encode()), 200, 1254000),
    Refused("a filtered day is one of a calendar", FILTERS, where(condition("时间", "is", "ExactDate", "9" * 30)), 200, 1254018),
    Refused("a body is JSON", ERRORS, table("POST", "/records/search", data="{"), 200, 1254000),
    Refused("NaN is not JSON", ERRORS, table("POST", NEW, data='{"records":[{"fields":{"转化数":NaN}}]}'.encode()), 200, 1254000),
    Refused("a search body has known keys", SEARCH, search(filters={}), 200, 1254001),
    Refused("a conjunction is needed", FILTERS, search(filter={"conditions": []}), 200, 1254018),
    Refused("a conjunction is and or or", FILTERS, where(conjunction="AND"), 200, 1254018),
    Refused("a filter has at most 50 conditions", FILTERS, where(*[condition("转化数", "is", "1")] * 51, conjunction="or"), 200, 1254018),
    Refused("the conditions of all children count together", FILTERS, search(filter={"conjunction": "or", "children": [{"conjunction": "or", "conditions": [condition("转化数", "is", "1")] * 17}] * 3}), 200, 1254018),
    Refused("a condition has at most 10 values", FILTERS, where(condition("账户名称", "contains", *"abcdefghijk")), 200, 1254018),
    Refused("a filter text has at most 2000 characters", FILTERS, where(condition("单元名称", "is", "长" * 2000)), 200, 1254107),
    Refused("a filtered field exists", FILTERS, where(condition("没有", "is", "1")), 200, 1254018),
    Refused("a value is a list", FILTERS, where({"field_name": "转化数", "operator": "is", "value": "1"}), 200, 1254018),
    Refused("a number is filtered as a string", FILTERS, where(condition("转化数", "is", 1)), 200, 1254018),
    Refused("isEmpty needs an empty list", FILTERS, where({"field_name": "备注", "operator": "isEmpty"}), 200, 1254018),
    Refused("isEmpty takes no value", FILTERS, where(condition("备注", "isEmpty", "x")), 200, 1254018),
    Refused("a text is not compared by size", FILTERS, where(condition("单元ID", "isGreater", "1")), 200, 1254018),
    Refused("a number does not contain", FILTERS, where(condition("转化数", "contains", "1")), 200, 1254018),
    Refused("a number is filtered by a number", FILTERS, where(condition("转化数", "is", "x")), 200, 1254018),
    Refused("a date has no isGreaterEqual", FILTERS, where(condition("时间", "isGreaterEqual", "ExactDate", DAY_MS)), 200, 1254018),
    Refused("a date is no plain timestamp", FILTERS, where(condition("时间", "is", DAY_MS)), 200, 1254018),
    Refused("a period is only for is", FILTERS, where(condition("时间", "isGreater", "LastWeek")), 200, 1254018),
    Refused("like is not supported", FILTERS, where(condition("单元名称", "like", "x")), 200, 1254018),
    Refused("a select is compared with one name", FILTERS, where(condition("账户名称", "is", "甲", "乙")), 200, 1254018),
    Refused("children nest one level only", FILTERS, search(filter={"conjunction": "and", "children": [{"conjunction": "or", "children": []}]}), 200, 1254018),
    Refused("conditions and children do not stand side by side", FILTERS, where(condition("备注", "isEmpty"), children=[{"conjunction": "or", "conditions": []}]), 200, 1254018),
    Refused("wanted columns exist", SEARCH, search(field_names=["没有"]), 200, 1254024),
    Refused("at most 200 columns are named", SEARCH, search(field_names=["备注"] * 201), 200, 1254024),
    Refused("a sorted field exists", SEARCH, search(sort=[{"field_name": "没有"}]), 200, 1254016),
    Refused("at most 100 sorts", SEARCH, search(sort=[{"field_name": "备注"}] * 101), 200, 1254016),
    Refused("a sort text has at most 1000 characters", SEARCH, search(sort=[{"field_name": "备注", "desc": True}] * 60), 200, 1254108),
    Refused("an unknown view is not found", SEARCH, search(view_id="vewNone"), 200, 1254042),
    Refused("at most 1000 records are created at once", CREATE, table("POST", NEW, {"records": [{"fields": {}}] * 1001}), 200, 1254104),
    Refused("at most 1000 records are updated at once", "更新多条记录", table("POST", UPDATE, {"records": [{"record_id": "rec1", "fields": {}}] * 1001}), 200, 1254104),
    Refused("at most 500 records are deleted at once", "删除多条记录", table("POST", DELETE, {"records": ["rec1"] * 501}), 200, 1254104),
    Refused("a batch is not empty", CREATE, table("POST", NEW, {"records": []}), 200, 1254001),
    Refused("a record has fields", CREATE, table("POST", NEW, {"records": [{"单元ID": "1"}]}), 200, 1254001),
    Refused("a client_token is a uuid", CREATE, table("POST", NEW, {"records": [{"fields": {}}]}, params={"client_token": "abc"}), 200, 1254037),
    Refused("a client_token is a uuid v4", CREATE, table("POST", NEW, {"records": [{"fields": {}}]}, params={"client_token": str(uuid.uuid1())}), 200, 1254037),
    Refused("batch_update takes no client_token", "更新多条记录", table("POST", UPDATE, {"records": []}, params={"client_token": str(uuid.uuid4())}), 400, 99992402),
    Refused("an unknown record is not updated", "更新多条记录", table("POST", UPDATE, {"records": [{"record_id": "recNone", "fields": {}}]}), 200, 1254043),
    Refused("an unknown record is not deleted", "删除多条记录", table("POST", DELETE, {"records": ["recNone"]}), 200, 1254043),
    Refused("a record id starts with rec", "删除多条记录", table("POST", DELETE, {"records": ["1"]}), 200, 1254006),
    Refused("a written field exists", CREATE, create(消耗="1"), 200, 1254045),
    Refused("a field name is exact", CREATE, table("POST", NEW, {"records": [{"fields": {"单元ID ": "1"}}]}), 200, 1254045),
    Refused("a text is a string", SHAPES, create(单元ID=7_612_340_000_000_001_001), 200, 1254060),
    Refused("a text is not in the read shape", SHAPES, create(单元ID=[{"type": "text", "text": "1"}]), 200, 1254060),
    Refused("a text has at most 100000 characters", SHAPES, create(单元ID="长" * 100_001), 200, 1254130),
    Refused("a number is no string", SHAPES, create(转化数="1"), 200, 1254061),
    Refused("a number is no boolean", SHAPES, create(转化数=True), 200, 1254061),
    Refused("a single select is no list", SHAPES, create(账户名称=["甲"]), 200, 1254062),
    Refused("an option has a name", SHAPES, create(账户名称=" "), 200, 1254026),
    Refused("a date is no string", SHAPES, create(时间="2026-11-01"), 200, 1254064),
    Refused("a date is in milliseconds", SHAPES, create(时间=1_790_000_000), 200, 1254064),
    Refused("a date is a whole number", SHAPES, create(时间=1_790_000_000_000.5), 200, 1254064),
    Refused("text columns of the old table take no numbers", SHAPES, create(TEXT, 转化数=1), 200, 1254060),
    Refused("a table holds only so many rows", "错误码 1254103", after("settings", {"row_cap": 1}, create(单元ID="1")), 200, 1254103),
    Refused("a table has a name", TABLES, new_table(name=" "), 200, 1254001),
    Refused("a table name has no slash", TABLES, new_table(name="a/b"), 200, 1254001),
    Refused("a table name has at most 100 characters", TABLES, new_table(name="长" * 101), 200, 1254001),
    Refused("a table name is free", TABLES, new_table(name="广告日报"), 200, 1254013),
    Refused("a default view name needs fields", TABLES, new_table(default_view_name="全部"), 200, 1254001),
    Refused("a table starts with at most 300 fields", TABLES, new_table(fields=[{"field_name": str(n), "type": 1} for n in range(301)]), 200, 1254001),
    Refused("a select is no index column", TABLES, new_table(fields=[{"field_name": "a", "type": 3}]), 200, 1254012),
    Refused("a copy of a select has no ids of options", FIELDS, new_column(type=3, property={"options": [{"id": "opt1", "name": "甲"}]}), 200, 1254082),
    Refused("an option of a new table has a name", FIELDS, new_column(type=3, property={"options": [{"name": ""}]}), 200, 1254082),
    Refused("colours of options go up to 54", FIELDS, new_column(type=3, property={"options": [{"name": "甲", "color": 55}]}), 200, 1254082),
    Refused("a copy of a number has a format that is offered", FIELDS, new_column(type=2, property={"formatter": "0.00000"}), 200, 1254081),
    Refused("a plain number has no currency", FIELDS, new_column(type=2, property={"formatter": "0.00", "currency_code": "CNY"}), 200, 1254081),
    Refused("an amount has no ends", FIELDS, new_column(type=2, ui_type="Currency", property={"min": 0, "max": 1}), 200, 1254081),
    Refused("a progress has formats of its own", FIELDS, new_column(type=2, ui_type="Progress", property={"formatter": "1,000"}), 200, 1254081),
    Refused("ends of a progress are numbers", FIELDS, new_column(type=2, ui_type="Progress", property={"min": "0"}), 200, 1254081),
    Refused("a copy of a day has a format that is offered", FIELDS, new_column(type=5, property={"date_formatter": "yyyy-MM-dd"}), 200, 1254084),
    Refused("a text of a new table has no property", FIELDS, new_column(type=1, property={}), 200, 1254080),
    Refused("a link of a new table has no property, not even an empty one", FIELDS, new_column(type=15, property={}), 200, 1254087),
    Refused("a checkbox of a new table has no property, not even an empty one", FIELDS, new_column(type=7, property={}), 200, 1254085),
    Refused("a column of a new table looks as its type may", FIELDS, new_column(type=5, ui_type="Number"), 200, 1254012),
    Refused("a lookup cannot be copied", FIELDS, new_column(type=19), 200, 1254012),
    Refused("a description of a new column is an object", TABLES, new_column(type=1, description="按天"), 200, 1254001),
    Refused("a listed field cannot be sent back as it is", TABLES, new_column(type=1, field_id="fld1", is_primary=False), 200, 1254001),
    Refused("a base holds at most 100 tables", TABLES, full_base, 200, 1254100),
    Refused("columns of a new table differ in name", TABLES, new_table(fields=[{"field_name": "a", "type": 1}] * 2), 200, 1254014),
    Refused("a column name is free after trimming", FIELDS, field(field_name=" 备注 "), 200, 1254014),
    Refused("a column has a name", FIELDS, field(field_name=""), 200, 1254028),
    Refused("a column name is one line", FIELDS, field(field_name="a\nb"), 200, 1254029),
    Refused("a lookup is not created", FIELDS, field(type=19), 200, 1254012),
    Refused("a ui_type belongs to its type", FIELDS, field(type=1, ui_type="Number"), 200, 1254012),
    Refused("a text has no property", FIELDS, field(property={}), 200, 1254080),
    Refused("a number has a listed formatter", FIELDS, field(type=2, property={"formatter": "0.00000"}), 200, 1254081),
    Refused("a new option has no id", FIELDS, field(type=3, property={"options": [{"name": "a", "id": "optA"}]}), 200, 1254082),
    Refused("option colours go to 54", FIELDS, field(type=4, property={"options": [{"name": "a", "color": 55}]}), 200, 1254083),
    Refused("a date has a listed formatter", FIELDS, field(type=5, property={"date_formatter": "yyyy-MM-dd"}), 200, 1254084),
    Refused("a checkbox omits property", FIELDS, field(type=7, property=None), 200, 1254085),
    Refused("a url omits property even empty", FIELDS, field(type=15, property={}), 200, 1254087),
    Refused("views are listed by at most 100", "列出视图", table("GET", "/views", params={"page_size": 101}), 400, 1254011),
    Refused("an unknown view is not found by its page", "获取视图", table("GET", "/views/vewNone"), 404, 1254042),
    Refused("a view id starts with vew", "获取视图", table("GET", "/views/none"), 400, 1254005),
    Refused("a view has a name", VIEWS, table("POST", "/views", {"view_name": ""}), 400, 1254021),
    Refused("a view name is free", VIEWS, table("POST", "/views", {"view_name": "重点关注"}), 400, 1254020),
    Refused("a view name has no brackets", VIEWS, table("POST", "/views", {"view_name": "[甲]"}), 400, 1254022),
    Refused("a view name has at most 100 characters", VIEWS, table("POST", "/views", {"view_name": "长" * 101}), 400, 1254022),
    Refused("a view type is listed", VIEWS, table("POST", "/views", {"view_name": "甲", "view_type": "list"}), 400, 1254019),
    Refused("a view is created without property", VIEWS, table("POST", "/views", {"view_name": "甲", "property": {}}), 400, 1254001),
    Refused("a view is not sorted by patch", VIEWS, patch_view(property={"sort_info": []}), 400, 1254001),
    Refused("a view's condition holds its value as one string", VIEWS, filter_view("备注", "is", ["x"]), 400, 1254018),
    Refused("the string of a view's condition holds a JSON list", VIEWS, filter_view("备注", "is", "x"), 400, 1254018),
    Refused("a view takes option ids, not names", VIEWS, filter_view("账户名称", "is", json.dumps(["蜀香小馆"])), 400, 1254018),
    Refused("a view's date takes no isGreaterEqual", VIEWS, filter_view("时间", "isGreaterEqual", json.dumps(["Today"])), 400, 1254018),
    Refused("a view filters by field id", VIEWS, patch_view(property={"filter_info": {"conjunction": "and", "conditions": [{"field_id": "备注", "operator": "isEmpty"}]}}), 400, 1254009),
    Refused("a view's conjunction is needed", VIEWS, patch_view(property={"filter_info": {"conditions": []}}), 400, 1254018),
    Refused("hidden fields exist", VIEWS, patch_view(property={"hidden_fields": ["fldNone"]}), 400, 1254044),
    Refused("the index field is not hidden", VIEWS, lambda e: patch_view(property={"hidden_fields": [e.field_id("单元ID")]})(e), 400, 1254001),
]  # fmt: skip

TABLE = [*OCEANENGINE, *(line for lines in OF_REPORTS for line in lines), *FEISHU]


@pytest.mark.parametrize("line", TABLE, ids=[f"{line.limit} ({line.page})" for line in TABLE])
def test_the_limit_is_kept(emulator: Client, line: Refused) -> None:
    before = emulator.look("state")["tables"]
    answer = line.call(emulator)
    assert (answer.status_code, answer.json()["code"]) == (line.status, line.code), answer.text
    assert "data" not in answer.json()
    after_call = emulator.look("state")["tables"]
    assert [known["records"] for known in after_call] == [known["records"] for known in before]


def test_the_table_is_long_enough_to_mean_something() -> None:
    assert len(TABLE) == len({line.limit for line in TABLE})
    assert len(TABLE) >= 160
    assert all(len({line.limit for line in lines}) >= 12 for lines in OF_REPORTS)
    assert all(re.search(r"OE\+? \d", line.page) for lines in OF_REPORTS for line in lines)
