"""Who visits: from the cookie to the person, and the cookie itself.

visitors = Visitors(Sessions(client), logins, prefix)      # once, when the site is built
person = visitors.person(request, now)                     # one call to Redis; None: to the login page
visitors.id_of(request)                                    # what `csrf.token` and `csrf.fits` are bound to
visitors.let_in(request, response, person, now)            # at login: a new session, the former one ended
visitors.see_out(request, response)                        # at logout
"""

from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from console.who.logins import Logins, Person
from pipeline.state.console.keys import LONGEST_S
from pipeline.state.console.sessions import Sessions, digest_of

# Not `__Host-…`, which demands https and the path /: in an office's network the console may have neither.
COOKIE = "laike_session"


class Visitors:
    """Sessions as requests and responses show them."""

    def __init__(self, sessions: Sessions, logins: Logins, prefix: str = "") -> None:
        self._sessions, self._logins = sessions, logins
        self._path = prefix or "/"
        self._cookie = COOKIE + prefix.replace("/", "_").replace("~", "-")  # that of `/` is sent to `/console`, too

    def id_of(self, request: Request) -> str:
        """The session's id in the cookie; empty without one."""
        return request.cookies.get(self._cookie, "")

    def digest_of(self, request: Request) -> str:
        """What names the session where its id must not stand."""
        return digest_of(self.id_of(request))

    def has_ended(self, digest: str, now: datetime) -> bool:
        """Whether the session of a digest is over."""
        return self._sessions.has_ended(digest, now)

    def person(self, request: Request, now: datetime) -> Person | None:
        """Who visits; `None` if nobody logged in, the session ended, or the login was changed since."""
        session = self._sessions.find(self.id_of(request), now)
        return self._logins.person(session.person, session.login) if session else None

    def let_in(self, request: Request, response: Response, person: Person, now: datetime) -> None:
        """Begin a session with an id that nobody could know before; end the one that the browser had."""
        self._end(request)
        made = self._sessions.begin(person.name, self._logins.mark_of(person), now)
        response.set_cookie(self._cookie, made, max_age=LONGEST_S, **self._kept(request))

    def see_out(self, request: Request, response: Response) -> None:
        """End the session, and take the cookie away."""
        self._end(request)
        response.delete_cookie(self._cookie, **self._kept(request))

    def _kept(self, request: Request) -> dict[str, Any]:
        """How a browser keeps the cookie.

        Over plain http it would not keep a secure one, and the login would not end; a strict one would be missing on
        the way back from authorizing.
        """
        https = request.scope["scheme"] == "https"
        return {"path": self._path, "secure": https, "httponly": True, "samesite": "lax"}

    def _end(self, request: Request) -> None:
        if former := self.id_of(request):
            self._sessions.end(former)
