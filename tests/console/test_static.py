"""Styles and scripts over HTTP."""

import requests

from tests.console_desk import Desk


def test_styles_and_scripts_are_compressed_and_pages_whose_length_could_tell_are_not(desk: Desk) -> None:
    page = desk.get("/", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in page.headers
    for name in ("console.css", "htmx-4.0.1.min.js"):
        address = f"{desk.url}/static/{name}?v=1"
        answer = requests.get(address, headers={"Accept-Encoding": "gzip"}, timeout=20)
        plain = requests.get(address, headers={"Accept-Encoding": "identity"}, timeout=20)
        assert (answer.headers["Content-Encoding"], answer.content) == ("gzip", plain.content)
        assert int(answer.headers["Content-Length"]) < len(plain.content) / 2
        assert answer.headers["Cache-Control"] == "max-age=31536000, immutable"
        again = requests.get(address, headers={"If-None-Match": answer.headers["ETag"]}, timeout=20)
        assert again.status_code == 304
