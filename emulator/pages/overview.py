"""The page for people: each base as a grid with its views, the sync status, the cards received."""

from typing import Any

from jinja2 import Environment, PackageLoader
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route as Path

from emulator.feishu.bitable.model import Message, Table, View
from emulator.feishu.state import Feishu
from emulator.pages import chart, markdown
from emulator.pages.grid import grid_of, status_of
from emulator.shared.parsing import whole
from emulator.world.world import World

NO_SUCH = 404
SHOWN_CARDS = 20
MOST_PAGES = 10**9


def routes(world: World) -> list[Path]:
    """The page and the snapshot."""
    environment = templates()

    async def show(request: Request) -> Response:
        return _rendered(world, environment, "page.html", request)

    async def snapshot(request: Request) -> Response:
        return _rendered(world, environment, "snapshot.html", request)

    return [Path("/", show, methods=["GET"]), Path("/snapshot", snapshot, methods=["GET"])]


def templates() -> Environment:
    """The templates of all pages. Values are escaped."""
    environment = Environment(
        loader=PackageLoader("emulator.pages"), autoescape=True, trim_blocks=True, lstrip_blocks=True, finalize=_whole
    )
    environment.filters |= {"markdown": markdown.html, "chart": chart.svg, "number": chart.number}
    return environment


def _whole(value: object) -> object:
    """Replace halves of characters, which no page can hold; markup stays markup."""
    if isinstance(value, str) and not value.isascii():
        return type(value)(value.encode("utf-8", "replace").decode())
    return value


def _rendered(world: World, environment: Environment, template: str, request: Request) -> Response:
    query = request.query_params
    with world.lock:
        table = _table(world.feishu, query.get("table"))
        view = _view(table, query.get("view")) if table else None
        if table is None or view is None:
            return HTMLResponse("没有这个数据表或视图", status_code=NO_SUCH)
        page = query.get("page", "1")
        shown = _facts(world.feishu, table, view, whole(page, 1, MOST_PAGES) or 1)
        return HTMLResponse(environment.get_template(template).render(shown))


def _facts(feishu: Feishu, table: Table, view: View, page: int) -> dict[str, Any]:
    return {
        "base": feishu.base_with(table),
        "bases": list(feishu.bases.values()),
        "now": feishu.clock.now().strftime("%Y-%m-%d %H:%M"),
        "grid": grid_of(feishu, table, view, page),
        "status": status_of(feishu),
        "messages": [_shown(message) for message in reversed(feishu.messages[-SHOWN_CARDS:])],
    }


def _shown(message: Message) -> dict[str, Any]:
    return {"at": message.at.strftime("%m-%d %H:%M"), **message.body}


def _table(feishu: Feishu, wanted: str | None) -> Table | None:
    if not wanted:
        return feishu.tables[0]
    return next((table for table in feishu.tables if wanted in (table.table_id, table.name)), None)


def _view(table: Table, wanted: str | None) -> View | None:
    views = list(table.views.values())
    if not wanted:
        return views[0]
    return next((view for view in views if wanted in (view.view_id, view.name)), None)
