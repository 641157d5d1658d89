"""登录 and 退出. Without a login in the settings every page is the one that names the missing line."""

import re
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from console import answers
from console.routes import FIELDS_MOST
from console.site import Site
from console.visit import SEE_OTHER
from console.who import csrf
from console.who.throttle import TooMany

TOO_MANY = 429
WRONG, CROWDED = "用户名或密码不对。", "登录尝试过多，请半分钟后再试。"
_LOCAL = re.compile(r"/(?![/\\])[^\x00-\x20\\\x7f]*")  # a path of this console, no other site's


async def show(request: Request) -> Response:
    """Ask for name and password."""
    return _page(request, request.query_params)


async def enter(request: Request) -> Response:
    """Let a person in, slower after each failure, and lead to the page that was asked for."""
    site: Site = request.app.state.site
    if foreign := csrf.why_refused(request.method, request.headers, site.public_origin):
        return _page(request, {}, foreign, answers.FORBIDDEN)
    fields = await request.form(max_files=0, max_fields=FIELDS_MOST)
    form = {name: value for name, value in fields.items() if isinstance(value, str)}
    name, address = form.get("name", ""), request.client.host if request.client else ""
    try:
        check = site.logins.check(name, form.get("password", ""))
        person = await site.attempts.one(address, name, lambda: check)
    except TooMany as error:
        return _page(request, form, CROWDED, TOO_MANY, {"Retry-After": str(error.retry_after_s)})
    if person is None:
        return _page(request, form, WRONG, answers.UNAUTHORIZED)
    answer = RedirectResponse(request.scope.get("root_path", "") + _local(form.get("next", "")), SEE_OTHER)
    site.visitors.let_in(request, answer, person, site.now())
    return answer


async def leave(request: Request) -> Response:
    """End the session."""
    site: Site = request.app.state.site
    if foreign := csrf.why_refused(request.method, request.headers, site.public_origin):
        return _page(request, {}, foreign, answers.FORBIDDEN)
    answer = RedirectResponse(answers.address(request, "login"), SEE_OTHER)
    site.visitors.see_out(request, answer)
    return answer


def _local(wanted: str) -> str:
    """A path of this console, or its first page."""
    return wanted if _LOCAL.fullmatch(wanted) else "/"


def _page(
    request: Request,
    given: Mapping[str, str],
    wrong: str = "",
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    site: Site = request.app.state.site
    template = site.templates.get_template("login.html" if site.logins.configured else "no_login.html")
    html = template.render(
        wrong=wrong,
        name=given.get("name", ""),
        next=_local(given.get("next", "")),
        action=answers.address(request, "login"),
        style=answers.static(request, "console.css"),
    )
    return Response(html, status, headers, media_type="text/html")


ROUTES = [
    Route("/login", show, methods=["GET"], name="login"),
    Route("/login", enter, methods=["POST"], name="enter"),
    Route("/logout", leave, methods=["POST"], name="logout"),
]
