"""One request of a person: what a page is given, and what it answers with."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from markupsafe import Markup
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from console.site import Site, digest
from console.who import csrf
from console.who.logins import Person
from pipeline.context import Context
from pipeline.state import unread
from pipeline.state.console.acts import Act

SEE_OTHER = 303
MENU = (
    ("today", "今日"),
    ("coverage", "覆盖"),
    ("runs", "运行"),
    ("backfill", "补数"),
    ("changes", "变更"),
    ("reports", "报告"),
    ("tables", "数据表"),
    ("accounts", "账户"),
    ("doctor", "体检"),
    ("authorize", "授权"),
    ("setup", "设置"),
)


class Unknown(Exception):
    """There is no such run, account or day; the words say so to people."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A request of a person who may see the page."""

    request: Request
    site: Site
    person: Person
    fields: FormData

    @property
    def ctx(self) -> Context:
        """The product's context; `NotSetUp` while settings are missing."""
        return self.site.context()

    @property
    def now(self) -> datetime:
        """The product's clock."""
        return self.site.now()

    @property
    def query(self) -> Mapping[str, str]:
        """The address's parameters; of a repeated one the last."""
        return self.request.query_params

    @property
    def form(self) -> Mapping[str, str]:
        """The form's fields; of a repeated one the last. Files are none."""
        return {name: value for name, value in self.fields.multi_items() if isinstance(value, str)}

    @property
    def address(self) -> str:
        """Where this browser has the console open, without a slash at the end; empty if it names no host."""
        origin = csrf.plain_origin(f"{self.request.url.scheme}://{self.request.headers.get('host', '')}")
        return f"{origin}{self.request.scope.get('root_path', '')}" if origin else ""

    @property
    def pages(self) -> Sequence[tuple[str, str]]:
        """The pages of the menu: name of the route, and word."""
        return MENU

    @property
    def current(self) -> str:
        """The page of the menu to which this one belongs."""
        path = str(self.request.scope["path"]).removeprefix(str(self.request.scope.get("root_path", "")))
        first = path.strip("/").partition("/")[0] or "today"
        return next((name for name, _ in MENU if name == first), "")

    def form_list(self, name: str) -> list[str]:
        """All values of a field."""
        return [value for value in self.fields.getlist(name) if isinstance(value, str)]

    def param(self, name: str) -> str:
        """A part of the path."""
        return str(self.request.path_params[name])

    def path(self, name: str, query: Mapping[str, object] | None = None, **params: object) -> str:
        """The address of a page within the console, behind any prefix."""
        made = str(self.request.app.url_path_for(name, **params))
        asked = urlencode({key: value for key, value in (query or {}).items() if value not in (None, "")})
        return f"{self.request.scope.get('root_path', '')}{made}{f'?{asked}' if asked else ''}"

    def static(self, name: str) -> str:
        """The address of a static file, which changes with what it holds."""
        return f"{self.path('static', path='/' + name)}?v={digest(name)}"

    def render(self, template: str, status: int = 200, **data: object) -> Response:
        """A page from a template."""
        given: dict[str, Any] = {
            "visit": self,
            "person": self.person,
            "now": self.now,
            "path": self.path,
            "static": self.static,
            "csrf": self._csrf_field,
            "left_out": unread.left_out,
        }
        html = self.site.templates.get_template(template).render(given | data)
        return Response(html, status, media_type="text/html")

    def go(self, name: str, query: Mapping[str, object] | None = None, **params: object) -> Response:
        """Lead on to another page of the console: reload and back do not repeat an act."""
        return RedirectResponse(self.path(name, query, **params), SEE_OTHER)

    def download(self, filename: str, content_type: str, content: bytes | Iterator[bytes]) -> Response:
        """A file to keep, in one piece or as it is read."""
        headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(filename, safe='')}"}
        if isinstance(content, bytes):
            return Response(content, media_type=content_type, headers=headers)
        return StreamingResponse(content, media_type=content_type, headers=headers)

    def did(self, act: str, what: str, run_id: str = "") -> None:
        """Keep that this person did something."""
        self.site.acts.add(Act(self.now, self.person.name, act, what, run_id or None))

    def _csrf_field(self) -> Markup:
        token = csrf.token(self.site.visitors.id_of(self.request))
        return Markup('<input type="hidden" name="{}" value="{}">').format(csrf.FIELD, token)
