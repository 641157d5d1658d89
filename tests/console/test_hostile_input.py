"""Whatever is in an address, no page answers with an error of ours, and none shows it as a part of itself."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from starlette.routing import Route

from console import app
from tests.console_desk import Desk

CONSOLE = Path(app.__file__).parent
ROUTES = [
    route for one in app.PAGES for route in one.ROUTES if isinstance(route, Route) and "GET" in (route.methods or ())
]
READ = re.compile(r"""(?:get|form_list|_in)\((?:[\w.]+, )?\s*"(\w+)"|query\["(\w+)"\]|name="(\w+)\"""")
MARKUP = "\"'><script>alert(7)</script><img src=x onerror=alert(7)>"
HOSTILE = (
    MARKUP,
    "\x00",
    "\ud83d",
    "../../etc/passwd",
    "-1",
    "9" * 50,
    "nan",
    "9999999-01-01",
    "0001-01-01",
    "9999-12-31",
)


def names() -> list[str]:
    """Every name that a page reads of an address or a form."""
    files = [*CONSOLE.rglob("*.py"), *CONSOLE.rglob("*.html")]
    return sorted({name for file in files for found in READ.findall(file.read_text()) for name in found if name})


def written(text: str) -> bytes:
    """As it would stand in an address; half a character, too."""
    return text.encode(errors="surrogatepass")


def asked(route: Route, known: list[str]) -> Iterator[tuple[str, dict[str, bytes]]]:
    """Addresses of a page: hostile in every part at once, and in one at a time, so that none hides another."""
    for piece in HOSTILE:
        said = dict.fromkeys(route.param_convertors, quote(written(piece), safe=""))
        yield route.path_format.format_map(said), dict.fromkeys(known, written(piece))
    if not route.param_convertors:
        yield from ((route.path, {name: written(MARKUP)}) for name in known)


def test_no_address_breaks_a_page(desk: Desk) -> None:
    desk.lab.sync()
    known, wrong = names(), {}
    assert {"day", "page", "q", "after", "kind"} <= set(known)
    for route in ROUTES:
        for path, query in asked(route, known):
            answer = desk.get(path, params=query, allow_redirects=False)
            if answer.status_code in {500, 502} or "<script>alert" in answer.text or "<img src=x" in answer.text:
                wrong[route.name, *query] = answer.status_code
    assert wrong == {}
