"""Answers that are not a page's own: to strangers, to what is forbidden or wrong, in words for people.

None of them takes the place of a part of a page, which is asked for again: `HX-Reswap: none`.
"""

from collections.abc import Mapping
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from console.site import Site, digest
from console.visit import SEE_OTHER, Visit
from pipeline.core.errors import LaikeError, StoreUnreachable, WrongInput
from pipeline.core.unforeseen import unforeseen
from pipeline.render.reasons import cure, why

BAD_INPUT, UNAUTHORIZED, FORBIDDEN, NOT_FOUND, CONFLICT = 400, 401, 403, 404, 409
FAULT, BAD_GATEWAY, UNAVAILABLE = 500, 502, 503
REFUSED = {
    BAD_INPUT: ("无法处理这个请求", "请返回上一页，检查填写的内容后再试一次。"),
    NOT_FOUND: ("没有这个页面", "网址可能有误，或者页面已经改名。"),
    405: ("不能这样打开这个网址", "请回到页面上，用页面中的按钮操作。"),
    408: ("网络太慢，没有收全填写的内容", "请换个网络再试一次。"),
    413: ("填写的内容太多", "请减少内容，分几次提交。"),
}


def to_login(_: Site, request: Request) -> Response:
    """Lead a stranger to the login, and from there back to the page that was asked for."""
    back = request.scope["path"] if request.method == "GET" else ""
    asked = request.url.query if back else ""
    wanted = urlencode({"next": f"{back}?{asked}" if asked else back}) if back not in ("", "/") else ""
    return RedirectResponse(f"{address(request, 'login')}{'?' if wanted else ''}{wanted}", SEE_OTHER)


def to_login_and_authorize(_: Site, request: Request) -> Response:
    """Lead a stranger from an address with a code to the login, then to begin anew: no page keeps the code."""
    wanted = urlencode({"next": address(request, "authorize"), "ended": "authorization"})
    return RedirectResponse(f"{address(request, 'login')}?{wanted}", SEE_OTHER)


def to_login_from_fragment(_: Site, request: Request) -> Response:
    """Let htmx lead the whole page to the login, instead of showing it inside the fragment."""
    return Response("", UNAUTHORIZED, headers={"HX-Redirect": address(request, "login")})


def to_set_up(visit: Visit) -> Response:
    """Lead to the page that says which settings are missing."""
    if "hx-request" in visit.request.headers:
        return Response("", CONFLICT, headers={"HX-Redirect": visit.path("setup")})
    return visit.go("setup")


def forbidden(visit: Visit, words: str) -> Response:
    """Refuse, and say why."""
    return _problem(visit, FORBIDDEN, "不能这样操作", words)


def unknown(visit: Visit, words: str) -> Response:
    """Say that there is no such thing."""
    return _problem(visit, NOT_FOUND, "没有找到", words)


def wrong_input(visit: Visit, error: WrongInput) -> Response:
    """Say what is wrong with what a person asked for."""
    return _problem(visit, BAD_INPUT, "无法这样做", "请检查您填写的内容。", error.message)


def trouble(request: Request, error: LaikeError) -> Response:
    """Say that a service or Redis fails, and what to do; also to a person whose session cannot be read."""
    status = UNAVAILABLE if isinstance(error, StoreUnreachable) else BAD_GATEWAY
    return _plain(request, status, why(error.trouble()), cure(error.trouble()))


def refused(request: Request, error: Exception) -> Response:
    """Say that there is no such page, that it is not asked for so, or that what was sent is too large or too slow."""
    status = error.status_code if isinstance(error, HTTPException) else BAD_INPUT
    headers = error.headers if isinstance(error, HTTPException) else None
    return _plain(request, status, *REFUSED.get(status, REFUSED[BAD_INPUT]), headers)


def defect(request: Request, error: Exception) -> Response:
    """Say that the product is at fault; the server logs the error after this answer."""
    told = unforeseen(error).trouble()
    return _plain(request, FAULT, why(told), cure(told))


def _problem(visit: Visit, status: int, title: str, words: str, detail: str = "") -> Response:
    """A page of a person who is logged in."""
    answer = visit.render("problem.html", status, title=title, words=words, detail=detail)
    answer.headers["HX-Reswap"] = "none"
    return answer


def _plain(request: Request, status: int, words: str, more: str, headers: Mapping[str, str] | None = None) -> Response:
    """A page without menu, for anybody."""
    again = _again(request) if status >= FAULT else address(request, "today")
    given = {"words": words, "more": more, "again": again, "style": static(request, "console.css")}
    site: Site = request.app.state.site
    html = site.templates.get_template("trouble.html").render(given)
    return Response(html, status, {**(headers or {}), "HX-Reswap": "none"}, media_type="text/html")


def _again(request: Request) -> str:
    """The address to try once more; after a form the first page, since nothing is known of what the form did.

    Where the address holds a code, the page on which to begin anew.
    """
    if request.method != "GET":
        return address(request, "today")
    if request.scope["path"] == address(request, "authorize_callback"):
        return address(request, "authorize")
    return f"{request.url.path}?{request.url.query}".removesuffix("?")


def address(request: Request, name: str, **params: object) -> str:
    """The address of a page, behind any prefix."""
    return f"{request.scope.get('root_path', '')}{request.app.url_path_for(name, **params)}"


def static(request: Request, name: str) -> str:
    """The address of a static file, which changes with what it holds."""
    return f"{address(request, 'static', path='/' + name)}?v={digest(name)}"
