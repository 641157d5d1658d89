"""Every endpoint of both services: its name in control, path, handler and documented rate."""

from dataclasses import replace
from typing import Any

from emulator.feishu import auth, bot, wiki
from emulator.feishu.bitable import fields, records, search, tables, views
from emulator.feishu.gate import FAMILY as FEISHU
from emulator.feishu.state import Feishu
from emulator.oceanengine import accounts, oauth, organisations, reports, user
from emulator.oceanengine.gate import FAMILY as OCEANENGINE
from emulator.oceanengine.state import OceanEngine
from emulator.shared.settings import OCEANENGINE_RATE
from emulator.shared.wire import HTTP_BAD_REQUEST, Handler, Route

LOCAL = "/open_api/v3.0/local"
APP = "/open-apis/bitable/v1/apps/{app_token}"
TABLE = f"{APP}/tables/{{table_id}}"
WEBHOOK_PATH = "/open-apis/bot/v2/hook"
WIKI_RATE = 100 / 60  # 100 a minute
WEBHOOK_RATE = 5.0  # 自定义机器人: 5 a second, 100 a minute


def _ocean(
    name: str, method: str, path: str, handler: Handler[OceanEngine], *, public: bool = False
) -> Route[OceanEngine]:
    return Route(name, method, path, handler, OCEANENGINE, OCEANENGINE_RATE, public=public)


def _read(name: str, method: str, path: str, handler: Handler[Feishu], rate: float = 20) -> Route[Feishu]:
    return Route(name, method, path, handler, FEISHU, rate, metered=True)


def _write(name: str, method: str, path: str, handler: Handler[Feishu], rate: float) -> Route[Feishu]:
    return Route(name, method, path, handler, FEISHU, rate, writes=True, metered=True)


def _view_write(name: str, method: str, path: str, handler: Handler[Feishu]) -> Route[Feishu]:
    return replace(_write(name, method, path, handler, 10), conflict_status=HTTP_BAD_REQUEST)


ROUTES: tuple[Route[Any], ...] = (
    _ocean("oauth.access_token", "POST", "/open_api/oauth2/access_token/", oauth.access_token, public=True),
    _ocean("oauth.refresh_token", "POST", "/open_api/oauth2/refresh_token/", oauth.refresh_token, public=True),
    _ocean("accounts.authorized", "GET", "/open_api/oauth2/advertiser/get/", accounts.authorized, public=True),
    _ocean("accounts.local", "GET", f"{LOCAL}/life/advertiser/list/", accounts.local),
    _ocean("accounts.workbench", "GET", "/open_api/v3.0/customer_center/account/list/", accounts.workbench),
    _ocean("accounts.ebp", "GET", "/open_api/2/ebp/advertiser/list/", organisations.ebp),
    _ocean("accounts.agent", "GET", "/open_api/2/agent/advertiser/select/", organisations.agent),
    _ocean("accounts.child_agents", "GET", "/open_api/2/agent/child_agent/select/", organisations.child_agents),
    _ocean("accounts.names", "GET", "/open_api/2/advertiser/public_info/", accounts.names),
    _ocean("accounts.user", "GET", "/open_api/2/user/info/", user.info),
    _ocean("report.promotion", "GET", f"{LOCAL}/report/promotion/get/", reports.promotion),
    _ocean("report.project", "GET", f"{LOCAL}/report/project/get/", reports.project),
    _ocean("report.account", "GET", f"{LOCAL}/report/account/get/", reports.account),
    _ocean("report.material", "GET", f"{LOCAL}/report/material/get/", reports.material),
    Route(
        "feishu.token", "POST", "/open-apis/auth/v3/tenant_access_token/internal", auth.tenant_access_token, FEISHU,
        rate=50, public=True,
    ),
    _read("base.meta", "GET", APP, tables.base_meta),
    _read("tables.list", "GET", f"{APP}/tables", tables.list_tables),
    _write("tables.create", "POST", f"{APP}/tables", tables.create_table, 10),
    _read("fields.list", "GET", f"{TABLE}/fields", fields.list_fields),
    _write("fields.create", "POST", f"{TABLE}/fields", fields.create_field, 10),
    _read("records.search", "POST", f"{TABLE}/records/search", search.search),
    _write("records.batch_create", "POST", f"{TABLE}/records/batch_create", records.batch_create, 50),
    _write("records.batch_update", "POST", f"{TABLE}/records/batch_update", records.batch_update, 50),
    _write("records.batch_delete", "POST", f"{TABLE}/records/batch_delete", records.batch_delete, 50),
    _read("views.list", "GET", f"{TABLE}/views", views.list_views),
    _view_write("views.create", "POST", f"{TABLE}/views", views.create_view),
    _read("views.get", "GET", f"{TABLE}/views/{{view_id}}", views.get_view),
    _view_write("views.patch", "PATCH", f"{TABLE}/views/{{view_id}}", views.patch_view),
    _view_write("views.delete", "DELETE", f"{TABLE}/views/{{view_id}}", views.delete_view),
    _read("wiki.node", "GET", "/open-apis/wiki/v2/spaces/get_node", wiki.get_node, WIKI_RATE),
    Route("bot.webhook", "POST", f"{WEBHOOK_PATH}/{{hook_id}}", bot.webhook, bot.FAMILY, WEBHOOK_RATE, public=True),
)  # fmt: skip
ENDPOINTS = {route.name for route in ROUTES}
# Endpoints that need a token need a permission, too; OAuth, auth and webhook need neither.
DENIABLE = {route.name: route for route in ROUTES if not route.public}
