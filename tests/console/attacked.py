"""A console alone with its Redis, and a browser without scripts that shows what it was answered, redirects too."""

import re
import threading
from datetime import timedelta
from types import ModuleType
from typing import Any, Self

import pytest
import requests
from redis import Redis
from requests import Response
from starlette.responses import Response as Answer

from console.routes import act, page
from console.server import make_server
from console.site import Site
from console.visit import Visit
from console.who.logins import Logins, Person
from console.who.throttle import Attempts
from emulator.server import listen, url_of
from pipeline.composition import clock_of
from pipeline.core.errors import WrongInput
from pipeline.settings import Settings
from pipeline.state.console.sessions import Sessions

ACTOR, VIEWER = "li:the-acting-canary", "wang:the-looking-canary"
TOKEN = re.compile(r'name="csrf" value="([^"]+)"')
PATIENCE_S = 20
COOKIE = "laike_session"
LOGINS = Logins([(ACTOR, True), (VIEWER, False)])
PEOPLE = (Person("li", may_act=True), Person("wang", may_act=False))
_NEEDED = {
    "oceanengine_app_id": "1",
    "oceanengine_secret": "s",
    "feishu_app_id": "cli_1",
    "feishu_app_secret": "s",
    "bitable_app_token": "app1",
    "bitable_table_id": "tbl1",
    "token_keys": "dGVzdHMtb25seS1rZXktb2YtMzItYnl0ZXMtbG9uZyE=",
}


def _form(visit: Visit) -> Answer:
    return visit.render("problem.html", title="x", words="x", detail="")


def _acted(visit: Visit) -> Answer:
    visit.did("试", "一下")
    return visit.go("today")


PROBE = ModuleType("probe")  # a page with an act, whatever the other pages do
PROBE.ROUTES = [page("/probe", _form, "probe"), act("/probe", _acted, "probed")]  # type: ignore[attr-defined]


class Browser:
    """Keeps cookies, follows nothing by itself."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.session = requests.Session()

    def get(self, path: str, **more: Any) -> Response:  # noqa: ANN401 as requests takes it
        """Ask for a page."""
        return self.session.get(self.url + path, allow_redirects=False, timeout=PATIENCE_S, **more)

    def post(self, path: str, form: dict[str, str] | None = None, **more: Any) -> Response:  # noqa: ANN401 the same
        """Send a form."""
        return self.session.post(self.url + path, data=form, allow_redirects=False, timeout=PATIENCE_S, **more)

    def log_in(self, login: str, **more: str) -> Response:
        """Log in by the form."""
        name, _, password = login.partition(":")
        return self.post("/login", {"name": name, "password": password, **more})

    def token(self) -> str:
        """The token in the forms of this session."""
        found = TOKEN.search(self.get("/probe").text)
        assert found
        return found[1]

    @property
    def cookie(self) -> str:
        """The session's cookie."""
        (value,) = self.session.cookies.values()
        return str(value)


class Console:
    """The console in a thread."""

    def __init__(self, redis_url: str, **settings: str) -> None:
        self._listening = listen("127.0.0.1", 0)
        self.port = self._listening.getsockname()[1]
        self.url = url_of("127.0.0.1", self.port)
        logins = {"console_login": ACTOR, "console_viewer": VIEWER}
        given = {name: value for name, value in (logins | settings).items() if value}  # an empty line is none
        self.settings = Settings(_env_file=None, **_NEEDED, redis_url=redis_url, **given)  # type: ignore[arg-type]
        self.redis = Redis.from_url(redis_url)

    def browser(self, login: str = "") -> Browser:
        """A browser, logged in."""
        made = Browser(self.url + self.settings.console_prefix)
        if login:  # without the form, whose check costs a quarter of a second
            person = next(one for one in PEOPLE if one.name == login.partition(":")[0])
            session_id = Sessions(self.redis).begin(person.name, LOGINS.mark_of(person), clock_of(timedelta(0))())
            made.session.cookies.set(COOKIE, session_id, domain="127.0.0.1", path="/")
        return made

    def __enter__(self) -> Self:
        def missing() -> Settings:
            raise WrongInput("LAIKE_FEISHU_APP_ID is missing")

        def site(*given: Any) -> Site:  # noqa: ANN401 as the server gives it
            self._site = Site(*given)
            return self._site

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("console.server.Site", site)
            self._server = make_server(self.settings, missing)
        self._server.config.timeout_graceful_shutdown = 0
        self._thread = threading.Thread(target=self._server.run, args=([self._listening],), daemon=True)
        self._thread.start()
        return self

    def forget(self) -> None:
        """Forget failed logins, as another process would."""
        self._site.attempts = Attempts()

    def stop(self) -> None:
        """Let the server go."""
        self._server.should_exit = True
        self._thread.join(PATIENCE_S)

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._listening.close()
        self.redis.close()
