"""Where a login leads: below the prefix of this host, and nowhere else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.who.next_path import local_path
from tests.hostile import TEXTS


@pytest.mark.parametrize("text", ["/", "/runs", "/runs?page=2&state=failed", "/coverage/城?x=//y", "/%2F/evil.example"])
def test_a_page_of_ours_is_kept(text: str) -> None:
    assert local_path(text) == text
    assert local_path("/laike" + text, "/laike") == "/laike" + text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "runs",
        "//evil.example",
        "/\\evil.example",
        "\\/evil.example",
        "https://evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "/runs\r\nSet-Cookie: x",
        "/\u2028/x",
        "/" + "x" * 2000,
    ],
)
def test_what_could_lead_elsewhere_is_not(text: str) -> None:
    assert local_path(text) == ""
    assert local_path(text, "/laike") == ""


@pytest.mark.parametrize("text", ["/runs", "/", "/laikeable", "/laike", "/laike//evil.example/../..", "/x/laike/runs"])
def test_another_application_of_the_host_is_none_of_ours(text: str) -> None:
    assert local_path(text, "/laike") in {"", "/laike//evil.example/../.."}


@given(TEXTS | st.text(), st.sampled_from(["", "/", "//", "/laike", "/laike/", "https:"]))
def test_whatever_is_kept_begins_with_one_slash_and_has_no_sign_that_browsers_drop(text: str, begin: str) -> None:
    kept = local_path(begin + text)
    if kept:
        assert kept.startswith("/")
        assert not kept.startswith("//")
        assert kept.isprintable()
        assert "\\" not in kept
