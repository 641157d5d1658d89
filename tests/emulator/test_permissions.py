"""Permissions: endpoints that are denied, the right on the document, advanced permissions, an app out of use."""

from typing import Any

import pytest
import requests

from emulator.feishu.gate import SCOPES
from emulator.oceanengine.selection import LIFE_ACCOUNT_ID
from emulator.world.routes import ROUTES
from tests.emulator.client import REPORT, Client

ROW = {"records": [{"fields": {"单元ID": "7612340000000001001"}}]}
USER = "/open_api/2/user/info/"
BY_NAME = {route.name: route for route in ROUTES}
OCEAN = sorted(r.name for r in ROUTES if r.family.name == "oceanengine" and not r.public)
FEISHU = sorted(r.name for r in ROUTES if r.family.name == "feishu" and not r.public)
OPEN = sorted(r.name for r in ROUTES if r.public)
WRITES = {route.name for route in ROUTES if route.writes}


def call(emulator: Client, name: str, **options: object) -> requests.Response:
    """An endpoint without any parameter, with the token that it wants."""
    route, facts = BY_NAME[name], emulator.facts
    headers = {"Access-Token": facts["access_token"], "Authorization": f"Bearer {emulator.tenant()}"}
    ids = {"app_token": facts["app_token"], "table_id": facts["typed_table_id"], "view_id": "vewNone"}
    return emulator.send(route.method, route.path.format(**ids), **{"headers": headers, **options})


def outcome(answer: requests.Response) -> tuple[int, int]:
    return answer.status_code, answer.json()["code"]


def user(emulator: Client) -> dict[str, Any]:
    headers = {"Access-Token": emulator.facts["access_token"]}
    return dict(emulator.send("GET", USER, headers=headers).json()["data"])


def refused_by_control(emulator: Client, body: object) -> str:
    answer = emulator.send("POST", "/_control/permissions", json=body)
    assert answer.status_code == 400
    return str(answer.json()["error"])


@pytest.mark.parametrize("name", OCEAN)
def test_an_ocean_engine_endpoint_can_be_denied(emulator: Client, name: str) -> None:
    emulator.control("permissions", {"denied": [name]})
    assert outcome(call(emulator, name)) == (200, 40118)
    emulator.control("permissions", {"denied": []})
    assert call(emulator, name).json()["code"] != 40118


@pytest.mark.parametrize("name", FEISHU)
def test_a_feishu_endpoint_can_be_denied_and_names_the_scopes(emulator: Client, name: str) -> None:
    emulator.control("permissions", {"denied": [name]})
    answer = call(emulator, name)
    wide = "bitable:app" if name in WRITES else "bitable:app, bitable:app:readonly"
    wide = "wiki:wiki, wiki:wiki:readonly" if name == "wiki.node" else wide
    assert outcome(answer) == (400, 99991672)
    assert f"One of the following scopes is required: [{wide}, {SCOPES[name]}]." in answer.json()["msg"]
    assert answer.json()["error"]["log_id"] == answer.headers["x-tt-logid"]
    emulator.control("permissions", {"denied": []})
    assert call(emulator, name).json()["code"] != 99991672


def test_each_feishu_endpoint_with_a_token_has_its_scope() -> None:
    assert sorted(SCOPES) == FEISHU


def test_other_endpoints_stay_as_they_are(emulator: Client) -> None:
    emulator.control("permissions", {"denied": ["report.account", "records.batch_create"]})
    assert emulator.report().json()["code"] == 0
    assert emulator.table("POST", "/records/search", json={}).json()["data"]["total"] == 1


def test_a_list_of_denied_endpoints_replaces_the_one_before(emulator: Client) -> None:
    emulator.control("permissions", {"denied": ["report.promotion"]})
    emulator.control("permissions", {"denied": ["report.account"]})
    assert [emulator.report(kind).json()["code"] for kind in ("promotion", "account")] == [0, 40118]


def test_the_token_is_looked_at_before_the_permission(emulator: Client) -> None:
    emulator.control("permissions", {"denied": ["report.promotion", "base.meta"]})
    assert emulator.report("promotion", "x").json()["code"] == 40105
    assert outcome(emulator.base("GET", headers={"Authorization": "Bearer t-1"})) == (400, 99991663)


def test_a_denied_write_changes_nothing(emulator: Client) -> None:
    emulator.control("permissions", {"denied": ["records.batch_create"]})
    emulator.table("POST", "/records/batch_create", json=ROW)
    assert len(emulator.look("records", table_id=emulator.facts["typed_table_id"])["records"]) == 1


@pytest.mark.parametrize("name", [*OPEN, "report.none"])
def test_an_endpoint_without_a_permission_cannot_be_denied(emulator: Client, name: str) -> None:
    assert name in refused_by_control(emulator, {"denied": ["report.promotion", name]})
    assert emulator.look("state")["permissions"]["denied"] == []


@pytest.mark.parametrize("body", [{"document": "owner"}, {"advanced": 1}, {"denied": "report.promotion"}, {"no": []}])
def test_a_permission_has_its_values(emulator: Client, body: object) -> None:
    before = emulator.look("state")["permissions"]
    refused_by_control(emulator, body)
    assert emulator.look("state")["permissions"] == before


def test_a_reset_grants_everything_again(emulator: Client) -> None:
    before = emulator.look("state")["permissions"]
    changed = {"denied": ["base.meta"], "document": "none", "advanced": True, "feishu_app_in_use": False}
    assert emulator.control("permissions", changed) == {"permissions": changed}
    emulator.control("reset")
    assert emulator.look("state")["permissions"] == before
    assert emulator.base("GET").json()["code"] == 0


def test_the_user_is_told_with_what_the_token_may_do(emulator: Client) -> None:
    told = user(emulator)
    assert told.keys() == {
        "id", "app_id", "display_name", "email", "material_auth_status", "token_api_list", "token_scope_list",
    }  # fmt: skip
    assert told["app_id"] == emulator.facts["app_id"]
    assert "***" in str(told["email"])
    assert set(map(type, told["token_scope_list"])) == {int}
    assert sorted(told["token_api_list"]) == sorted(BY_NAME[name].path for name in OCEAN)


def test_a_denied_api_is_not_among_those_of_the_token(emulator: Client) -> None:
    emulator.control("permissions", {"denied": ["report.promotion"]})
    apis = user(emulator)["token_api_list"]
    assert f"{REPORT}/promotion/get/" not in apis
    assert f"{REPORT}/account/get/" in apis


def test_the_user_tells_of_the_authorization_of_sensitive_material(emulator: Client) -> None:
    assert user(emulator)["material_auth_status"] is False
    emulator.authorize("POST", (str(LIFE_ACCOUNT_ID),), material_auth="1")
    assert user(emulator)["material_auth_status"] is True


@pytest.mark.parametrize("name", [name for name in FEISHU if name != "wiki.node"])  # which has a code of its own
def test_without_a_right_on_the_document_every_call_is_forbidden(emulator: Client, name: str) -> None:
    emulator.control("permissions", {"document": "none"})
    assert outcome(call(emulator, name)) == (403, 91403)


@pytest.mark.parametrize("name", FEISHU)
def test_a_right_to_view_forbids_writes_only(emulator: Client, name: str) -> None:
    emulator.control("permissions", {"document": "view"})
    assert (outcome(call(emulator, name)) == (403, 91403)) == (name in WRITES)


def test_the_scope_is_looked_at_before_the_document(emulator: Client) -> None:
    emulator.control("permissions", {"document": "none", "denied": ["base.meta"]})
    assert emulator.base("GET").json()["code"] == 99991672
    assert emulator.base("GET", "/tables").json()["code"] == 91403


@pytest.mark.parametrize("right", ["edit", "full_access"])
def test_a_right_to_edit_is_enough_without_advanced_permissions(emulator: Client, right: str) -> None:
    emulator.control("permissions", {"document": right})
    assert emulator.base("GET").json()["data"]["app"]["is_advanced"] is False
    assert emulator.table("POST", "/records/batch_create", json=ROW).json()["code"] == 0
    assert emulator.table("POST", "/records/search", json={}).json()["data"]["total"] == 2


def test_advanced_permissions_hide_the_rows_from_an_app_without_full_access(emulator: Client) -> None:
    emulator.control("permissions", {"advanced": True})
    assert emulator.base("GET").json()["data"]["app"]["is_advanced"] is True
    found = emulator.table("POST", "/records/search", json={})
    assert (found.status_code, found.json()["code"]) == (200, 0)
    assert found.json()["data"] == {"items": [], "has_more": False, "total": 0}


def test_advanced_permissions_refuse_the_writes_of_an_app_without_full_access(emulator: Client) -> None:
    emulator.control("permissions", {"advanced": True})
    assert outcome(emulator.table("POST", "/records/batch_create", json=ROW)) == (403, 1254302)


def test_full_access_is_enough_under_advanced_permissions(emulator: Client) -> None:
    emulator.control("permissions", {"advanced": True, "document": "full_access"})
    assert emulator.table("POST", "/records/batch_create", json=ROW).json()["code"] == 0
    assert emulator.table("POST", "/records/search", json={}).json()["data"]["total"] == 2


def test_an_app_that_is_out_of_use_is_refused_everywhere(emulator: Client) -> None:
    emulator.control("permissions", {"feishu_app_in_use": False})
    assert outcome(emulator.base("GET")) == (400, 99991662)
    assert emulator.report().json()["code"] == 0


def node(emulator: Client, **query: str) -> tuple[int, int]:
    """What asking for a wiki node answers."""
    headers = {"Authorization": f"Bearer {emulator.tenant()}"}
    return outcome(emulator.send("GET", "/open-apis/wiki/v2/spaces/get_node", params=query, headers=headers))


def test_a_wiki_node_that_is_the_base_names_its_app_token(emulator: Client) -> None:
    headers = {"Authorization": f"Bearer {emulator.tenant()}"}
    query = {"token": emulator.facts["wiki_token"]}
    answer = emulator.send("GET", "/open-apis/wiki/v2/spaces/get_node", params=query, headers=headers).json()
    assert (answer["data"]["node"]["obj_type"], answer["data"]["node"]["obj_token"]) == (
        "bitable",
        emulator.facts["app_token"],
    )


def test_a_wiki_node_is_refused_where_it_is_not_there_or_may_not_be_seen(emulator: Client) -> None:
    token = emulator.facts["wiki_token"]
    assert node(emulator) == (400, 131002)
    assert node(emulator, token="wikcnNone") == (400, 131005)
    assert node(emulator, token=token, other="x") == (400, 99992402)
    emulator.control("permissions", {"document": "none"})
    assert node(emulator, token=token) == (400, 131006)


def test_the_token_of_a_wiki_node_is_no_app_token(emulator: Client) -> None:
    headers = {"Authorization": f"Bearer {emulator.tenant()}"}
    path = f"/open-apis/bitable/v1/apps/{emulator.facts['wiki_token']}"
    assert outcome(emulator.send("GET", path, headers=headers)) == (200, 1254003)
