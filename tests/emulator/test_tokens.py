"""Tokens of both services: rotation, expiry, grace, reuse."""

from emulator.client import TOKEN, Client


def test_a_refresh_replaces_both_tokens(emulator: Client) -> None:
    new = emulator.oauth().json()["data"]
    assert new.keys() == {"access_token", "refresh_token", "expires_in", "refresh_token_expires_in"}
    assert (new["expires_in"], new["refresh_token_expires_in"]) == (86_400, 2_592_000)
    assert emulator.report("promotion", new["access_token"]).json()["code"] == 0
    assert emulator.report().json()["code"] == 40105
    assert emulator.oauth().json()["code"] == 40107
    assert emulator.oauth(refresh_token=new["refresh_token"]).json()["code"] == 0


def test_an_app_id_may_be_a_number_or_digits(emulator: Client) -> None:
    assert emulator.oauth(app_id=str(emulator.facts["app_id"])).json()["code"] == 0


def test_the_old_access_token_may_be_given_a_grace(emulator: Client) -> None:
    emulator.control("settings", {"access_token_grace": 60})
    emulator.oauth()
    assert emulator.report().json()["code"] == 0
    emulator.control("settings", {"clock_offset_s": 61})
    assert emulator.report().json()["code"] == 40105


def test_an_auth_code_works_once(emulator: Client) -> None:
    code = emulator.control("auth_code")["auth_code"]
    first = emulator.oauth("access_token", refresh_token=None, auth_code=code).json()
    assert first["data"]["advertiser_ids"]
    assert emulator.report("promotion", first["data"]["access_token"]).json()["code"] == 0
    assert emulator.oauth("access_token", refresh_token=None, auth_code=code).json()["code"] == 40115


def test_an_auth_code_lives_ten_minutes(emulator: Client) -> None:
    code = emulator.control("auth_code")["auth_code"]
    emulator.control("settings", {"clock_offset_s": 601})
    assert emulator.oauth("access_token", refresh_token=None, auth_code=code).json()["code"] == 40115


def test_a_reset_brings_the_first_pair_back(emulator: Client) -> None:
    emulator.oauth()
    emulator.control("reset")
    assert emulator.report().json()["code"] == 0


def tenant(emulator: Client) -> tuple[str, int]:
    body = {"app_id": emulator.facts["feishu_app_id"], "app_secret": emulator.facts["feishu_app_secret"]}
    answer = emulator.send("POST", TOKEN, json=body).json()
    assert answer.keys() == {"code", "msg", "tenant_access_token", "expire"}
    return answer["tenant_access_token"], answer["expire"]


def test_a_tenant_token_is_reused_with_its_remaining_time(emulator: Client) -> None:
    first, _ = tenant(emulator)
    emulator.control("settings", {"clock_offset_s": 3600})
    again, left = tenant(emulator)
    assert first == again
    assert 3590 <= left <= 3600


def test_in_its_last_half_hour_a_tenant_token_gets_a_successor_and_stays_valid(emulator: Client) -> None:
    first, _ = tenant(emulator)
    emulator.control("settings", {"clock_offset_s": 7200 - 1700})
    second, left = tenant(emulator)
    assert (first != second, left) == (True, 7200)
    for token in (first, second):
        assert emulator.base("GET", headers={"Authorization": f"Bearer {token}"}).json()["code"] == 0
    emulator.control("settings", {"clock_offset_s": 7201})
    expired = emulator.base("GET", headers={"Authorization": f"Bearer {first}"})
    assert (expired.status_code, expired.json()["code"]) == (400, 99991663)
