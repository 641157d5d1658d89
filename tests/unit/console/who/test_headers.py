"""Every answer tells the browser what it may load and keep; only static files with a hash are kept."""

import pytest
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp

from console.who.headers import CSP, FOR_EVER, Headers
from tests.unit.console.who.asgi import ask


def answering(status: int = 200, **headers: str) -> ASGIApp:
    return Headers(PlainTextResponse("x", status, headers))


@pytest.mark.parametrize("status", [200, 303, 404, 500])
def test_every_answer_has_them_whatever_the_page_says(status: int) -> None:
    _, headers = ask(answering(status, **{"content-security-policy": "default-src *", "cache-control": "public"}))
    assert headers["content-security-policy"] == CSP
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"


def test_nothing_inline_and_nothing_from_elsewhere_is_allowed() -> None:
    assert "default-src 'none'" in CSP
    assert "unsafe" not in CSP
    assert "http" not in CSP


@pytest.mark.parametrize(
    ("path", "query", "status", "kept"),
    [
        ("/static/console.css", b"v=0123456789", 200, FOR_EVER),
        ("/static/console.css", b"v=0123456789", 304, FOR_EVER),
        ("/static/console.css", b"v=0123456789", 404, "no-store"),
        ("/static/console.css", b"", 200, "no-store"),
        ("/runs", b"v=0123456789", 200, "no-store"),
        ("/runs/static/", b"v=0123456789", 200, "no-store"),
    ],
)
@pytest.mark.parametrize("prefix", ["", "/console"])
def test_a_static_file_with_its_hash_is_kept(path: str, query: bytes, status: int, kept: str, prefix: str) -> None:
    _, headers = ask(answering(status), prefix + path, query_string=query, root_path=prefix)
    assert headers["cache-control"] == kept
