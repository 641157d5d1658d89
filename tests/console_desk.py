"""The console served to a test over HTTP, with a person who may act and one who may look."""

import re
import threading
from dataclasses import dataclass, field
from typing import Any, Self

import requests
from requests import Response

from console.server import make_server
from emulator.server import listen, url_of
from pipeline.settings import Settings
from tests.lab import Lab

ACTOR, VIEWER = "wang:a long password 1", "li:a long password 2"
_TOKEN = re.compile(r'name="csrf" value="([^"]+)"')
PATIENCE_S = 20


@dataclass
class Visitor:
    """A browser without scripts: it keeps cookies, and sends the token of the page that it saw last."""

    url: str
    login: str
    session: requests.Session = field(default_factory=requests.Session)

    def log_in(self) -> Self:
        """Log in by the form."""
        name, _, password = self.login.partition(":")
        answer = self.session.post(f"{self.url}/login", data={"name": name, "password": password}, timeout=PATIENCE_S)
        assert answer.ok, answer.text
        return self

    def get(self, path: str, **more: Any) -> Response:  # noqa: ANN401 as requests takes it
        """A page."""
        return self.session.get(self.url + path, timeout=PATIENCE_S, **more)

    def post(self, path: str, form: dict[str, Any] | None = None, **more: Any) -> Response:  # noqa: ANN401 the same
        """An act, with the token that every page of this person has."""
        seen = _TOKEN.search(self.get("/runs").text)
        token = {"csrf": seen[1]} if seen else {}
        return self.session.post(self.url + path, data={**token, **(form or {})}, timeout=PATIENCE_S, **more)


class Desk(Visitor):
    """The console on a lab, in a thread; itself the person who may act."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self._listening = listen("127.0.0.1", 0)
        super().__init__(url_of("127.0.0.1", self._listening.getsockname()[1]), ACTOR)
        lab.extra |= {"LAIKE_CONSOLE_LOGIN": ACTOR, "LAIKE_CONSOLE_VIEWER": VIEWER, "LAIKE_CONSOLE_URL": self.url}

    def __enter__(self) -> Self:
        self.lab.context()  # takes the token over
        made = {name.removeprefix("LAIKE_").lower(): value for name, value in self.lab.environment().items()}
        settings = Settings(_env_file=None, **made)  # type: ignore[arg-type]
        self._server = make_server(settings, lambda: settings)
        self._thread = threading.Thread(target=self._server.run, args=([self._listening],), daemon=True)
        self._thread.start()
        self.log_in()
        self.viewer = Visitor(self.url, VIEWER).log_in()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(PATIENCE_S)
        self._listening.close()
