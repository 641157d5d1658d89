"""The console as an ASGI application: every page, and what stands around all of them."""

from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from console import answers
from console.metrics.answers import ForMachines
from console.pages import (
    accounts,
    authorize,
    backfill,
    changes,
    coverage,
    doctor,
    login,
    reports,
    run,
    runs,
    setup,
    tables,
    today,
)
from console.routes import back
from console.site import Site
from console.who.headers import Headers
from console.who.proxies import Prefix
from console.who.slow import BODY_MOST, SlowBody

PAGES = (today, coverage, runs, run, backfill, authorize, changes, reports, tables, accounts, doctor, setup, login)


def build(site: Site) -> ASGIApp:
    """The application on a site."""
    errors = {HTTPException: answers.refused, Exception: answers.defect}
    slow = [Middleware(SlowBody)]
    app = Starlette(routes=_routes(), middleware=slow, max_body_size=BODY_MOST, exception_handlers=errors)
    app.state.site = site
    app.router.redirect_slashes = False  # it would lead to the host that a visitor claims
    return Prefix(Headers(ForMachines.before(app, site)), site.settings.console_prefix)


def _routes() -> Sequence[BaseRoute]:
    own: list[Route] = [route for one in PAGES for route in one.ROUTES]
    asked = {route.path for route in own if "GET" in (route.methods or ())}
    acts = [route for route in own if route.path not in asked and route.name != "logout"]
    # pages are not compressed: their length would tell of the token in them
    static = GZipMiddleware(StaticFiles(packages=[("console", "static")]), minimum_size=1000)
    return [*(back(one.path, f"{one.name}_again") for one in acts), *own, Mount("/static", static, name="static")]
