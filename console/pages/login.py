"""Login and logout. Without a login in the settings, the page names the line that is missing."""

from functools import partial

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from console import answers
from console.forms import form_of
from console.site import Site
from console.visit import SEE_OTHER
from console.who import csrf
from console.who.logins import Person
from console.who.next_path import local_path
from console.who.throttle import TooMany
from pipeline.core.errors import StoreUnreachable
from pipeline.state.store import ours

TOO_MANY = 429
FIELDS_MOST = 10
WRONG = "用户名或密码不对。"
ENDED = "登录已过期，本次授权没有完成。请重新登录，再点击“开始授权”。"
WAIT = "尝试的次数太多，请过半分钟再登录。"
MAKE_A_PASSWORD = "head -c 15 /dev/urandom | base64 | tr +/ -_"  # noqa: S105 the command that makes one


async def show(request: Request) -> Response:
    """The form, or which line is missing."""
    words = ENDED if "ended" in request.query_params else ""
    return _page(request, words=words, back=request.query_params.get("next", ""))


async def enter(request: Request) -> Response:
    """Log in: it waits and checks without a thread of the pages."""
    site = _site(request)
    words = csrf.why_refused(request.method, request.headers, site.public_origin)
    if words or not site.logins.configured:
        return _page(request, answers.FORBIDDEN, words or "")
    form = await form_of(request, FIELDS_MOST)
    name, password, back = (str(form.get(field, "")) for field in ("name", "password", "next"))
    address = request.client.host if request.client else ""
    try:
        person = await site.attempts.one(address, name, partial(site.logins.check, name, password))
    except TooMany as error:
        answer = _page(request, TOO_MANY, WAIT, name, back)
        answer.headers["Retry-After"] = str(error.retry_after_s)
        return answer
    if person is None:
        return _page(request, answers.UNAUTHORIZED, WRONG, name, back)
    return await run_in_threadpool(_let_in, request, person, back)


async def leave(request: Request) -> Response:
    """Log out: the cookie is worth nothing from now on, in whatever hands."""
    site = _site(request)
    words = csrf.why_refused(request.method, request.headers, site.public_origin)
    form = await form_of(request, FIELDS_MOST)
    session_id = site.visitors.id_of(request)
    if session_id and not words and not csrf.fits(str(form.get(csrf.FIELD, "")), session_id):
        words = csrf.FOREIGN_FORM
    if words:
        return _page(request, answers.FORBIDDEN, words)
    return await run_in_threadpool(_see_out, request)


def _let_in(request: Request, person: Person, back: str) -> Response:
    site = _site(request)
    wanted = local_path(back, site.settings.console_prefix) or answers.address(request, "today")
    response = RedirectResponse(wanted, SEE_OTHER)
    try:
        with ours(site.settings.redis_address):
            site.visitors.let_in(request, response, person, site.now())
    except StoreUnreachable as error:
        return answers.trouble(request, error)
    return response


def _see_out(request: Request) -> Response:
    site = _site(request)
    response = RedirectResponse(answers.address(request, "login"), SEE_OTHER)
    try:
        with ours(site.settings.redis_address):
            site.visitors.see_out(request, response)
    except StoreUnreachable as error:
        return answers.trouble(request, error)
    return response


def _page(request: Request, status: int = 200, words: str = "", name: str = "", back: str = "") -> Response:
    site = _site(request)
    template = site.templates.get_template("login.html" if site.logins.configured else "no_login.html")
    html = template.render(
        words=words,
        name=name,
        back=local_path(back, site.settings.console_prefix),
        action=answers.address(request, "login"),
        static=partial(answers.static, request),
        make_a_password=MAKE_A_PASSWORD,
    )
    return Response(html, status, media_type="text/html")


def _site(request: Request) -> Site:
    site: Site = request.app.state.site
    return site


ROUTES = [
    Route("/login", show, methods=["GET"], name="login"),
    Route("/login", enter, methods=["POST"], name="enter"),
    Route("/logout", leave, methods=["POST"], name="logout"),
]
