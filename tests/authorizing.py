"""A console whose callback is registered with the app at the emulator, and what a person does at the service."""

import html
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from requests import Response

from tests.console_desk import Desk, Visitor
from tests.lab import Lab
from tests.workers import workers

_LINK = re.compile(r'<a class="button" href="([^"]+)" rel="noreferrer">')
_TOKEN = re.compile(r'name="csrf" value="([^"]+)"')


@contextmanager
def registered(lab: Lab, **environment: str) -> Iterator[Desk]:
    """The console of a lab, to which the service sends the browser back."""
    with workers(lab) as working:
        made = Desk.opened(working, LAIKE_OCEANENGINE_REDIRECT_URI="", **environment)
        del lab.extra["LAIKE_OCEANENGINE_REDIRECT_URI"]  # from here on it is what is registered
        lab.control("settings", {"redirect_uri": f"{made.url}/authorize/callback"})
        yield made


def act(visitor: Visitor, path: str, form: dict[str, Any] | None = None, **more: Any) -> Response:  # noqa: ANN401
    """What a button of the page 授权 does."""
    seen = _TOKEN.search(visitor.get("/authorize").text)
    assert seen
    return visitor.session.post(visitor.url + path, data={"csrf": seen[1], **(form or {})}, timeout=30, **more)


def link_of(visitor: Visitor) -> str:
    """The link to the service that the button makes."""
    found = _LINK.search(act(visitor, "/authorize/begin").text)
    assert found
    return html.unescape(found[1])
