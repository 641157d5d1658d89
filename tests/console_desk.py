"""The console as a process on a lab, visited over HTTP by a person who may act and one who may look."""

import re
import sys
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self

import requests
from requests import Response

from console.who.logins import Person
from console.who.sessions import COOKIE
from lab.processes import free_port
from pipeline.state.console.sessions import Sessions
from tests.people import ACTOR, VIEWER, logins
from tests.workers import Workers, wait_until

_TOKEN = re.compile(r'name="csrf" value="([^"]+)"')
PATIENCE_S = 30


@dataclass
class Visitor:
    """A browser without scripts: it keeps cookies, and sends the token of the console's forms."""

    url: str
    login: str
    session: requests.Session = field(default_factory=requests.Session)

    def log_in(self) -> Self:
        """Log in by the form."""
        name, _, password = self.login.partition(":")
        answer = self.session.post(f"{self.url}/login", data={"name": name, "password": password}, timeout=PATIENCE_S)
        assert "csrf" in answer.text, answer.text
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
    """The console on a lab; itself the person who may act. Workers are started where a test needs them."""

    def __init__(self, working: Workers, port: int, prefix: str = "") -> None:
        super().__init__(f"http://127.0.0.1:{port}{prefix}", ACTOR)
        self.lab, self.workers, self.prefix = working.lab, working, prefix

    @cached_property
    def viewer(self) -> Visitor:
        """The person who may only look."""
        return self._let_in(Visitor(self.url, VIEWER), may_act=False)

    @classmethod
    def opened(cls, working: Workers, prefix: str = "", **environment: str) -> Self:
        """The console of a lab, as soon as it answers; under a prefix as behind a proxy that keeps it."""
        port = free_port()
        made = cls(working, port, prefix)
        settings = {"LAIKE_CONSOLE_LOGIN": ACTOR, "LAIKE_CONSOLE_VIEWER": VIEWER, "LAIKE_CONSOLE_URL": made.url}
        settings["LAIKE_CONSOLE_PREFIX"] = prefix
        working.lab.extra |= settings | environment
        process = working.stay((sys.executable, "-m", "console", "--port", str(port)))
        assert wait_until(lambda: made._answers() or not process.alive), process.words()
        assert process.alive, process.words()
        made._let_in(made, may_act=True)
        return made

    def _let_in(self, visitor: Visitor, *, may_act: bool) -> Visitor:
        """Give a visitor a session as the form does, without what the check of a password costs."""
        person, ctx = Person(visitor.login.partition(":")[0], may_act), self.workers.ctx
        made = Sessions(ctx.client).begin(person.name, logins().mark_of(person), ctx.now())
        name, path = COOKIE + self.prefix.replace("/", "_"), self.prefix or "/"
        visitor.session.cookies.set(name, made, domain="127.0.0.1", path=path)
        return visitor

    def _answers(self) -> bool:
        try:
            return bool(self.get("/login").ok)
        except requests.ConnectionError:
            return False
