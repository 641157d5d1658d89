from urllib.parse import parse_qs, urlsplit

import pytest

from pipeline.core.errors import WrongInput
from pipeline.core.token import authorize_link, code_in

PAGE = "https://ad.example/oauth.html"
CALLBACK = "https://example.com/cb?app_id=18&auth_code=code-1&state=laike&scope=%5B1%2C2%5D&uid=7"


def test_the_link_carries_what_the_page_asks_for() -> None:
    link = authorize_link(PAGE, "18", "https://example.com/cb?a=b&c")
    assert link.startswith(PAGE + "?")
    told = {name: values[0] for name, values in parse_qs(urlsplit(link).query).items()}
    assert told == {
        "app_id": "18",
        "redirect_uri": "https://example.com/cb?a=b&c",
        "state": "laike",
        "material_auth": "1",
    }


def test_without_a_registered_callback_the_link_names_none() -> None:
    assert "redirect_uri" not in authorize_link(PAGE, "18", None)


@pytest.mark.parametrize(
    "pasted",
    [
        "code-1",
        "  code-1\n",
        CALLBACK,
        "auth_code=code-1",
        "app_id=18&auth_code=code-1&state=laike",
        "?auth_code=code-1",
        "example.com/cb?auth_code=code-1",
    ],
)
def test_the_code_is_found_in_whatever_a_person_pastes(pasted: str) -> None:
    assert code_in(pasted, "18") == "code-1"


@pytest.mark.parametrize(
    ("pasted", "words"),
    [
        ("", "no auth_code"),
        ("two words", "no auth_code"),
        ("https://example.com/cb?error=denied", "confirmed to its end"),
        ("https://example.com/cb?auth_code=", "confirmed to its end"),
        (CALLBACK.replace("app_id=18", "app_id=19"), "belongs to app 19"),
    ],
)
def test_what_holds_no_code_of_ours_is_refused(pasted: str, words: str) -> None:
    with pytest.raises(WrongInput, match=words):
        code_in(pasted, "18")
