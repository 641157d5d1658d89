"""Makers of routes. A page is a function of a `Visit`, and runs in a thread.

`page`, `whole` and `fragment` need a login, `act` one that may act and a form that this console made. What a function
raises becomes an answer for people: `WrongInput` 400, `Unknown` 404, any other of our errors 502 with what to do.
"""

from collections.abc import Awaitable, Callable

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from console import answers
from console.forms import form_of
from console.site import NotSetUp, Site
from console.visit import Unknown, Visit
from console.who import csrf
from pipeline.core.errors import LaikeError, WrongInput
from pipeline.state import unread
from pipeline.state.store import ours

Answer = Callable[[Visit], Response]
Stranger = Callable[[Site, Request], Response]
FIELDS_MOST = 1_100  # of a form: every account of an agency, ticked


def page(path: str, answer: Answer, name: str) -> Route:
    """A page that everybody with a login may see. It shows what can be read, and says what cannot."""
    return Route(path, _served(_looking(answer), answers.to_login), methods=["GET"], name=name)


def whole(path: str, answer: Answer, name: str, stranger: Stranger = answers.to_login) -> Route:
    """The same for what leaves nothing out: a file, or where a service leads back to; `stranger`: without a login."""
    return Route(path, _served(answer, stranger), methods=["GET"], name=name)


def fragment(path: str, answer: Answer, name: str) -> Route:
    """A part of a page, which htmx asks for again and again."""
    return Route(path, _served(_looking(answer), answers.to_login_from_fragment), methods=["GET"], name=name)


def act(path: str, answer: Answer, name: str) -> Route:
    """Something that a person does, by a form."""
    return Route(path, _served(_acting(answer), answers.to_login), methods=["POST"], name=name)


def back(path: str, name: str) -> Route:
    """Where the address of an act leads without its form: to its page of the menu, so that a reload does nothing."""
    return page(path, lambda visit: visit.go(visit.current or "today"), name)


def _served(answer: Answer, stranger: Stranger) -> Callable[[Request], Awaitable[Response]]:
    async def serve(request: Request) -> Response:
        fields = FormData() if request.method == "GET" else await form_of(request, FIELDS_MOST)
        site: Site = request.app.state.site
        async with site.turns:
            return await run_in_threadpool(_answered, request, fields, answer, stranger)

    return serve


def _answered(request: Request, fields: FormData, answer: Answer, stranger: Stranger) -> Response:
    site: Site = request.app.state.site
    try:
        with ours(site.settings.redis_address):
            person = site.visitors.person(request, site.now())
            if person is None:
                return stranger(site, request)
            return _told(Visit(request, site, person, fields), answer)
    except LaikeError as error:
        return answers.trouble(request, error)


def _told(visit: Visit, answer: Answer) -> Response:
    """What a page answers, its errors in words."""
    try:
        return answer(visit)
    except NotSetUp:
        return answers.to_set_up(visit)
    except Unknown as error:
        return answers.unknown(visit, str(error))
    except WrongInput as error:
        return answers.wrong_input(visit, error)
    except LaikeError as error:
        return answers.trouble(visit.request, error)


def _looking(answer: Answer) -> Answer:
    def looked(visit: Visit) -> Response:
        with unread.looking():
            return answer(visit)

    return looked


def _acting(answer: Answer) -> Answer:
    def checked(visit: Visit) -> Response:
        if why := _why_not(visit):
            return answers.forbidden(visit, why)
        return answer(visit)

    return checked


def _why_not(visit: Visit) -> str | None:
    """Why a person may not do what a form asks for."""
    site, request = visit.site, visit.request
    if foreign := csrf.why_refused(request.method, request.headers, site.public_origin):
        return foreign
    if not csrf.fits(visit.form.get(csrf.FIELD, ""), site.visitors.id_of(request)):
        return csrf.FOREIGN_FORM
    return None if visit.person.may_act else "您的账号只能查看，不能操作。"
