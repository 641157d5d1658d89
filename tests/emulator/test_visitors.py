"""Who may change the emulator: programs and its own pages, no web page of somebody else."""

import re

import pytest

from tests.emulator.client import AUTHORIZE, Client

SCRIPTS: list[dict[str, str]] = [
    {},
    {"Host": "localhost:8080"},
    {"Host": "emulator:8080"},
    {"Host": "[::1]:8080"},
    {"Host": "192.168.1.7:8080"},
    {"Host": "localhost", "Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "none"},
]
OTHERS = [
    {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Origin": "http://localhost:1", "Host": "localhost:2", "Sec-Fetch-Site": "same-site"},
    {
        "Host": "rebound.evil.example:8080",
        "Origin": "http://rebound.evil.example:8080",
        "Sec-Fetch-Site": "same-origin",
    },
    {"Host": "rebound.evil.example"},
    {"Host": "[::1"},
]


@pytest.mark.parametrize("headers", SCRIPTS)
def test_programs_and_its_own_pages_change_it(emulator: Client, headers: dict[str, str]) -> None:
    answer = emulator.send("POST", "/_control/settings", json={"row_cap": 5}, headers=headers)
    assert answer.status_code == 200, answer.text
    assert emulator.look("state")["settings"]["row_cap"] == 5


@pytest.mark.parametrize("headers", OTHERS)
def test_a_page_of_another_site_changes_nothing(emulator: Client, headers: dict[str, str]) -> None:
    before = emulator.look("state")["settings"]
    # as a form or a simple fetch sends it: no preflight asks first
    text = {**headers, "Content-Type": "text/plain"}
    answer = emulator.send("POST", "/_control/settings", data='{"row_cap": 5}', headers=text)
    assert (answer.status_code, list(answer.json())) == (403, ["error"])
    assert emulator.look("state")["settings"] == before


@pytest.mark.parametrize("headers", OTHERS)
def test_a_page_of_another_site_authorizes_nothing(emulator: Client, headers: dict[str, str]) -> None:
    query = {"app_id": emulator.facts["app_id"], "redirect_uri": emulator.facts["redirect_uri"], "state": "s"}
    [account] = re.findall(r'name="account" value="(\d+)"', emulator.authorize().text)
    form = {"account": account}
    answer = emulator.send("POST", AUTHORIZE, params=query, data=form, headers=headers, allow_redirects=False)
    assert answer.status_code == 403


@pytest.mark.parametrize(
    "body", ["[" * 200_000, '{"row_cap": 1e999}', '{"clock_offset_s": 1e308}', '{"row_cap": ' + "9" * 5000 + "}"]
)
def test_absurd_control_is_refused_with_a_word(emulator: Client, body: str) -> None:
    answer = emulator.send("POST", "/_control/settings", data=body)
    assert (answer.status_code, bool(answer.json()["error"])) == (400, True)
    assert emulator.look("state")["settings"]["row_cap"] > 5


@pytest.mark.parametrize(
    ("action", "body"),
    [
        ("accounts/add", {"count": 10**30}),
        ("accounts/add", {"promotions": 10**30}),
        ("oauth", {"access_expires_in": 10**30}),
        ("figures", {"account_id": 10**30, "promotion_id": 1, "day": "2026-01-01"}),
        ("latency", {"base.meta": 10**400}),
    ],
)
def test_numbers_of_thirty_digits_are_refused_by_control(emulator: Client, action: str, body: dict[str, int]) -> None:
    assert emulator.send("POST", f"/_control/{action}", json=body).status_code == 400
    assert emulator.look("state")
