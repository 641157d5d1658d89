"""Tokens of both services: rotation, expiry, grace, reuse."""

from datetime import datetime, timedelta

import pytest
import requests

from tests.emulator.client import TOKEN, Client


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


def test_an_unknown_auth_code_is_refused(emulator: Client) -> None:
    answer = emulator.oauth("access_token", refresh_token=None, auth_code="never-issued").json()
    assert answer["code"] == 40000
    assert emulator.report().json()["code"] == 0


def test_a_refused_auth_code_leaves_the_pair_alone(emulator: Client) -> None:
    code = emulator.control("auth_code")["auth_code"]
    emulator.control("settings", {"clock_offset_s": 601})
    emulator.oauth("access_token", refresh_token=None, auth_code=code)
    assert emulator.report().json()["code"] == 0
    assert emulator.look("state")["oauth"]["granted"] == {"oauth.access_token": 0, "oauth.refresh_token": 0}


def test_the_present_access_token_can_be_made_to_expire(emulator: Client) -> None:
    emulator.control("oauth", {"access_expires_in": 60})
    assert emulator.report().json()["code"] == 0
    emulator.control("settings", {"clock_offset_s": 61})
    assert emulator.report().json()["code"] == 40102
    assert emulator.oauth().json()["data"]["expires_in"] == 86_400


def test_the_present_refresh_token_can_be_made_to_expire(emulator: Client) -> None:
    emulator.control("oauth", {"refresh_expires_in": -1})
    assert emulator.oauth().json()["code"] == 40103
    assert emulator.report().json()["code"] == 0


def test_the_present_pair_can_be_made_to_live_longer(emulator: Client) -> None:
    emulator.control("oauth", {"access_expires_in": 200_000, "refresh_expires_in": 4_000_000})
    emulator.control("settings", {"clock_offset_s": 100_000})
    assert emulator.report().json()["code"] == 0
    emulator.control("settings", {"clock_offset_s": 3_000_000})
    assert emulator.oauth().json()["code"] == 0


def test_the_facts_tell_until_when_the_pair_lives(emulator: Client) -> None:
    told = emulator.control("oauth", {"access_expires_in": 60})["oauth"]
    facts = emulator.look("facts", url=emulator.url)
    assert told["expires_at"] == facts["expires_at"]
    assert told["refresh_expires_at"] == emulator.facts["refresh_expires_at"]
    now = datetime.fromisoformat(emulator.look("state")["now"])
    assert timedelta() < datetime.fromisoformat(facts["expires_at"]) - now <= timedelta(seconds=60)


@pytest.mark.parametrize("body", [{"access_expires_in": "60"}, {"access_expires_in": True}, {"expires_in": 60}])
def test_the_time_left_is_a_number_of_seconds_of_a_known_token(emulator: Client, body: object) -> None:
    answer = emulator.send("POST", "/_control/oauth", json=body)
    assert (answer.status_code, "access_expires_in" in answer.json()["error"]) == (400, True)
    assert emulator.look("state")["oauth"]["expires_at"] == emulator.facts["expires_at"]


def test_the_state_counts_what_each_oauth_endpoint_granted(emulator: Client) -> None:
    code = emulator.control("auth_code")["auth_code"]
    new = emulator.oauth().json()["data"]
    emulator.oauth(refresh_token=new["refresh_token"])
    emulator.oauth()
    emulator.oauth("access_token", refresh_token=None, auth_code=code)
    emulator.control("rotate")
    state = emulator.look("state")["oauth"]
    assert state["granted"] == {"oauth.access_token": 1, "oauth.refresh_token": 2}
    assert state["generation"] == 4


def test_a_grant_whose_answer_was_lost_counts(emulator: Client) -> None:
    emulator.control("faults", {"endpoint": "oauth.refresh_token", "kind": "drop_after"})
    with pytest.raises(requests.ConnectionError):
        emulator.oauth()
    assert emulator.look("state")["oauth"]["granted"]["oauth.refresh_token"] == 1


def test_a_reset_brings_the_first_pair_back(emulator: Client) -> None:
    emulator.control("oauth", {"access_expires_in": 60})
    emulator.oauth()
    emulator.control("reset")
    assert emulator.report().json()["code"] == 0
    assert emulator.look("state")["oauth"]["granted"] == {"oauth.access_token": 0, "oauth.refresh_token": 0}


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
