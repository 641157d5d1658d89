"""Answers that are not a page's own: to strangers, to what is forbidden or wrong, in words for people."""

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from console.site import Site, digest
from console.visit import SEE_OTHER, Visit
from pipeline.core.errors import LaikeError, StoreUnreachable, WrongInput

BAD_INPUT, UNAUTHORIZED, FORBIDDEN, NOT_FOUND, CONFLICT, BAD_GATEWAY, UNAVAILABLE = 400, 401, 403, 404, 409, 502, 503


def to_login(_: Site, request: Request) -> Response:
    """Lead a stranger to the login, and from there back to the page that was asked for."""
    back = request.scope["path"] if request.method == "GET" else ""
    asked = request.url.query if back else ""
    wanted = urlencode({"next": f"{back}?{asked}" if asked else back}) if back not in ("", "/") else ""
    return RedirectResponse(f"{address(request, 'login')}{'?' if wanted else ''}{wanted}", SEE_OTHER)


def to_login_from_fragment(_: Site, request: Request) -> Response:
    """Let htmx lead the whole page to the login, instead of showing it inside the fragment."""
    return Response("", UNAUTHORIZED, headers={"HX-Redirect": address(request, "login")})


def in_place(request: Request, answer: Response) -> Response:
    """An answer as htmx may put it into a page; instead of a whole page about a problem, let it load the page anew."""
    if "hx-request" not in request.headers or answer.status_code < BAD_INPUT or "hx-redirect" in answer.headers:
        return answer
    return Response("", answer.status_code, headers={"HX-Refresh": "true"})


def to_set_up(visit: Visit) -> Response:
    """Lead to the page that says which settings are missing."""
    if "hx-request" in visit.request.headers:
        return Response("", CONFLICT, headers={"HX-Redirect": visit.path("setup")})
    return visit.go("setup")


def forbidden(visit: Visit, words: str) -> Response:
    """Refuse, and say why."""
    return visit.render("problem.html", FORBIDDEN, title="不能这样操作", words=words, detail="")


def unknown(visit: Visit, words: str) -> Response:
    """Say that there is no such thing."""
    return visit.render("problem.html", NOT_FOUND, title="没有找到", words=words, detail="")


def wrong_input(visit: Visit, error: WrongInput) -> Response:
    """Say what is wrong with what a person asked for."""
    words = "请检查您填写的内容。"
    return visit.render("problem.html", BAD_INPUT, title="无法这样做", words=words, detail=error.message)


def trouble(site: Site, request: Request, error: LaikeError) -> Response:
    """Say that a service or Redis fails, and what to do; also to a person whose session cannot be read."""
    status = UNAVAILABLE if isinstance(error, StoreUnreachable) else BAD_GATEWAY
    html = site.templates.get_template("trouble.html").render(
        trouble=error.trouble(), again=_again(request), style=static(request, "console.css")
    )
    return Response(html, status, media_type="text/html")


def _again(request: Request) -> str:
    """The address to try once more; after a form the first page, since nothing is known of what the form did."""
    if request.method != "GET":
        return address(request, "today")
    return f"{request.url.path}?{request.url.query}".removesuffix("?")


def address(request: Request, name: str, **params: object) -> str:
    """The address of a page, behind any prefix."""
    return f"{request.scope.get('root_path', '')}{request.app.url_path_for(name, **params)}"


def static(request: Request, name: str) -> str:
    """The address of a static file, which changes with what it holds."""
    return f"{address(request, 'static', path='/' + name)}?v={digest(name)}"
