"""The page on which a person authorizes the app (授权), as at ad.oceanengine.com."""

import json
from urllib.parse import urlencode

from jinja2 import Environment
from markupsafe import escape
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route as Path

from emulator.oceanengine.selection import AGENT, ENTERPRISE_BP, GROUP_BP, LIFE, WORKBENCH
from emulator.oceanengine.state import OceanEngine
from emulator.oceanengine.tokens import SCOPES, USER_ID
from emulator.pages.overview import templates
from emulator.shared.visitors import FORBIDDEN, foreign
from emulator.shared.wire import HTTP_BAD_REQUEST, HTTP_OK, Call
from emulator.world.world import World

PATH = "/openapi/audit/oauth.html"
FOUND = 302
KINDS = {
    **dict.fromkeys(LIFE, "来客"),
    **dict.fromkeys(WORKBENCH, "工作台"),
    **dict.fromkeys((*ENTERPRISE_BP, *GROUP_BP), "升级版工作台"),
    **dict.fromkeys(AGENT, "代理商"),
}
NOBODY_TICKED = "请至少勾选一个账户"


def routes(world: World) -> list[Path]:
    """The page, and its button: a POST of the ticked accounts to the same address."""
    environment = templates()

    async def show(request: Request) -> Response:
        with world.lock:
            problems = _problems(world.oceanengine, request.query_params)
        return _page(environment, world.oceanengine, request.query_params, problems)

    async def agree(request: Request) -> Response:
        if why := foreign(request):
            return HTMLResponse(escape(why), status_code=FORBIDDEN)
        ticked = {value for name, value in Call.parse_query(await request.body()) if name == "account"}
        query = request.query_params
        with world.lock:
            problems = _problems(world.oceanengine, query)
            if not ticked or not ticked <= _offered(world.oceanengine).keys():
                problems.append(NOBODY_TICKED)
            if problems:
                return _page(environment, world.oceanengine, query, problems)
            world.oceanengine.selection.tick(map(int, ticked))
            return RedirectResponse(_callback(world.oceanengine, query), status_code=FOUND)

    return [Path(PATH, show, methods=["GET"]), Path(PATH, agree, methods=["POST"])]


def _problems(ocean: OceanEngine, query: QueryParams) -> list[str]:
    """What is wrong with the address, for the person to read."""
    found = []
    if query.get("app_id") != str(ocean.oauth.app_id):
        found.append(f"app_id 错误：没有这个应用（{query.get('app_id', '未填写')}）")
    if query.get("redirect_uri") != (registered := ocean.settings.redirect_uri):
        found.append(f"redirect_uri 与应用登记的回调地址 {registered} 不一致（{query.get('redirect_uri', '未填写')}）")
    return found


def _offered(ocean: OceanEngine) -> dict[str, str]:
    """The lines to tick, by id."""
    lines = ocean.selection.ticked
    return {str(one.account_id): f"{one.account_name} {KINDS.get(one.account_type, one.account_type)}" for one in lines}


def _callback(ocean: OceanEngine, query: QueryParams) -> str:
    material_auth = _material_auth(query)
    told = {
        "app_id": ocean.oauth.app_id,
        "auth_code": ocean.oauth.agree(material_auth=material_auth),
        "state": query.get("state", ""),
        "scope": json.dumps(SCOPES, separators=(",", ":")),
        "material_auth_status": int(material_auth),
        "uid": USER_ID,
    }
    return f"{ocean.settings.redirect_uri}?{urlencode(told)}"


def _material_auth(query: QueryParams) -> bool:
    return query.get("material_auth") == "1"


def _page(environment: Environment, ocean: OceanEngine, query: QueryParams, problems: list[str]) -> Response:
    html = environment.get_template("consent.html").render(
        app_id=query.get("app_id", ""),
        accounts=_offered(ocean),
        material_auth=_material_auth(query),
        problems=problems,
    )
    return HTMLResponse(html, status_code=HTTP_BAD_REQUEST if problems else HTTP_OK)
