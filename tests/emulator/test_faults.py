"""Faults of every kind, seen from a client; latency, overlapping writes, rate limits, the quota."""

import json
import threading
import time
from typing import Any

import pytest
import requests

from tests.emulator.client import TYPED, Client

ROW = {"records": [{"fields": {"单元ID": "7612340000000001001"}}]}


def fault(emulator: Client, endpoint: str, kind: str, **details: Any) -> None:  # noqa: ANN401 - any detail
    emulator.control("faults", [{"endpoint": endpoint, "kind": kind, **details}])


def rows(emulator: Client) -> int:
    tables = {known["table_id"]: known for known in emulator.look("state")["tables"]}
    return int(tables[emulator.facts[TYPED]]["records"])


def write(emulator: Client) -> requests.Response:
    return emulator.table("POST", "/records/batch_create", json=ROW)


def test_a_status_is_answered_once_and_then_no_more(emulator: Client) -> None:
    fault(emulator, "report.promotion", "status", status=503, body="busy", headers={"Retry-After": "1"})
    first = emulator.report()
    assert (first.status_code, first.text, first.headers["retry-after"]) == (503, "busy", "1")
    assert emulator.report().json()["code"] == 0


def test_a_code_comes_in_the_right_envelope_without_effect(emulator: Client) -> None:
    fault(emulator, "records.batch_create", "code", code=1254290, message="TooManyRequest")
    fault(emulator, "report.account", "code", code=50000)
    answer = write(emulator)
    assert (answer.status_code, answer.json()["code"], answer.json()["msg"]) == (200, 1254290, "TooManyRequest")
    assert emulator.report("account").json().keys() == {"code", "message", "request_id"}
    assert rows(emulator) == 1


def test_a_fault_counts_calls_from_now(emulator: Client) -> None:
    emulator.report()
    fault(emulator, "report.promotion", "code", code=50000, call=2, times=2)
    assert [emulator.report().json()["code"] for _ in range(4)] == [0, 50000, 50000, 0]


def test_a_fault_can_last_for_ever_and_be_cleared(emulator: Client) -> None:
    fault(emulator, "report.promotion", "code", code=40100, times="always")
    assert [emulator.report().json()["code"] for _ in range(3)] == [40100] * 3
    emulator.control("faults/clear")
    assert emulator.report().json()["code"] == 0


def test_a_fault_can_hit_one_account_only(emulator: Client) -> None:
    first, second, *_ = emulator.facts["accounts"]
    fault(emulator, "report.promotion", "code", code=40300, times="always", match={"local_account_id": second})
    assert emulator.report(local_account_id=first).json()["code"] == 0
    assert emulator.report(local_account_id=second).json()["code"] == 40300


def test_a_fault_can_hit_one_table_only(emulator: Client) -> None:
    fault(emulator, "fields.list", "code", code=1254040, times="always", match={"table_id": emulator.facts[TYPED]})
    assert emulator.table("GET", "/fields").json()["code"] == 1254040
    assert emulator.table("GET", "/fields", "text_table_id").json()["code"] == 0


def test_a_delay_waits_and_then_works(emulator: Client) -> None:
    fault(emulator, "report.promotion", "delay", seconds=0.15)
    started = time.perf_counter()
    assert emulator.report().json()["code"] == 0
    assert time.perf_counter() - started >= 0.15


def test_a_drop_before_has_no_effect(emulator: Client) -> None:
    fault(emulator, "records.batch_create", "drop_before")
    with pytest.raises(requests.ConnectionError):
        write(emulator)
    assert rows(emulator) == 1


def test_a_drop_after_has_its_effect(emulator: Client) -> None:
    fault(emulator, "records.batch_create", "drop_after")
    with pytest.raises(requests.ConnectionError):
        write(emulator)
    assert rows(emulator) == 2


def test_a_held_answer_comes_after_its_effect(emulator: Client) -> None:
    fault(emulator, "records.batch_create", "hold", seconds=0.3)
    thread = threading.Thread(target=write, args=[emulator])
    thread.start()
    time.sleep(0.15)
    assert (rows(emulator), thread.is_alive()) == (2, True)
    thread.join()


def test_a_late_effect_comes_after_the_connection_is_gone(emulator: Client) -> None:
    fault(emulator, "records.batch_create", "late", seconds=0.1)
    with pytest.raises(requests.ConnectionError):
        write(emulator)
    assert write(emulator).json()["code"] == 0
    assert rows(emulator) == 2
    time.sleep(0.15)
    assert rows(emulator) == 3


def test_a_late_effect_does_not_outlive_a_reset(emulator: Client) -> None:
    fault(emulator, "records.batch_create", "late", seconds=0.05)
    with pytest.raises(requests.ConnectionError):
        write(emulator)
    emulator.control("reset")
    time.sleep(0.1)
    assert rows(emulator) == 1


def test_garbage_is_no_json(emulator: Client) -> None:
    fault(emulator, "feishu.token", "garbage")
    answer = emulator.send("POST", "/open-apis/auth/v3/tenant_access_token/internal", json={})
    assert answer.status_code == 200
    with pytest.raises(requests.JSONDecodeError):
        answer.json()


def test_a_truncated_answer_breaks_off(emulator: Client) -> None:
    fault(emulator, "report.promotion", "truncate")
    with pytest.raises((requests.exceptions.ChunkedEncodingError, requests.ConnectionError)):
        emulator.report()


def test_a_patch_removes_and_sets_parts_of_the_true_answer(emulator: Client) -> None:
    fault(emulator, "report.promotion", "patch", path=["data", "page_info"], remove=True)
    fault(emulator, "report.promotion", "patch", call=2, patch={"data": {"page_info": {"total_number": 99}}})
    fault(
        emulator,
        "report.promotion",
        "patch",
        call=3,
        changes=[
            {"path": ["data", "promotion_list", 0, "promotion_id"], "remove": True},
            {"path": ["data", "promotion_list", 1, "stat_cost"], "set": "1,5"},
        ],
    )
    assert "page_info" not in emulator.report().json()["data"]
    assert emulator.report().json()["data"]["page_info"]["total_number"] == 99
    patched = emulator.report().json()["data"]["promotion_list"]
    assert "promotion_id" not in patched[0]
    assert patched[1]["stat_cost"] == "1,5"


def test_a_patch_can_repeat_a_page(emulator: Client) -> None:
    large = next(known for known, name in emulator.facts["accounts"].items() if name == "月满楼饭店")
    first = emulator.report(local_account_id=large).json()["data"]["promotion_list"]
    change = {"path": ["data", "page_info", "page"], "set": 2}
    fault(emulator, "report.promotion", "patch", match={"page": "2"}, query={"page": 1}, changes=[change])
    repeated = emulator.report(local_account_id=large, page=2).json()["data"]
    assert (repeated["promotion_list"], repeated["page_info"]["page"]) == (first, 2)


@pytest.mark.parametrize(
    "wrong",
    [
        {"endpoint": "nothing", "kind": "garbage"},
        {"endpoint": "base.meta", "kind": "nothing"},
        {"endpoint": "base.meta", "kind": "status"},
        {"endpoint": "base.meta", "kind": "status", "status": 99},
        {"endpoint": "base.meta", "kind": "code", "code": 0},
        {"endpoint": "base.meta", "kind": "delay", "seconds": -1},
        {"endpoint": "base.meta", "kind": "garbage", "seconds": 1},
        {"endpoint": "base.meta", "kind": "garbage", "call": 0},
        {"endpoint": "base.meta", "kind": "garbage", "times": "often"},
        {"endpoint": "base.meta", "kind": "patch", "path": ["data"]},
        "garbage",
    ],
    ids=json.dumps,
)
def test_a_fault_that_makes_no_sense_is_refused(emulator: Client, wrong: object) -> None:
    answer = emulator.send("POST", "/_control/faults", json=[wrong])
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert emulator.look("state")["faults"] == []


def together(*calls: Any) -> list[float]:  # noqa: ANN401 - functions
    """Seconds that each call took, all started at once."""
    took: dict[int, float] = {}

    def timed(number: int) -> None:
        started = time.perf_counter()
        calls[number]()
        took[number] = time.perf_counter() - started

    threads = [threading.Thread(target=timed, args=(number,)) for number in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [took[number] for number in range(len(calls))]


def test_a_slow_endpoint_does_not_hold_up_the_others(emulator: Client) -> None:
    emulator.control("latency", {"report.promotion": 0.3})
    with Client(emulator.facts) as other:
        slow, quick = together(emulator.report, lambda: other.report("account"))
    assert slow >= 0.3
    assert quick < 0.2


def test_a_second_write_on_the_base_meanwhile_is_a_conflict(emulator: Client) -> None:
    emulator.control("latency", {"records.batch_create": 1})
    codes = []

    def on(client: Client, wait: float) -> None:
        time.sleep(wait)
        codes.append(client.table("POST", "/records/batch_create", "text_table_id", json=ROW).json()["code"])

    with Client(emulator.facts) as other:
        together(lambda: on(emulator, 0), lambda: on(other, 0.3))
    assert sorted(codes) == [0, 1254291]


def test_view_and_field_changes_are_writes_too(emulator: Client) -> None:
    emulator.control("latency", {"records.batch_create": 1})
    codes = []

    def change(client: Client, path: str, body: dict[str, Any]) -> None:
        time.sleep(0.3)
        codes.append(client.table("POST", path, json=body).json()["code"])

    with Client(emulator.facts) as second, Client(emulator.facts) as third:
        together(
            lambda: write(emulator),
            lambda: change(second, "/views", {"view_name": "甲"}),
            lambda: change(third, "/fields", {"field_name": "甲", "type": 1}),
        )
    assert codes == [1254291, 1254291]


def test_reads_go_on_during_a_write(emulator: Client) -> None:
    emulator.control("latency", {"records.batch_create": 1})
    with Client(emulator.facts) as other:
        written, read = together(lambda: write(emulator), lambda: other.table("POST", "/records/search", json={}))
    assert read < written


def test_a_gateway_refusal_says_how_long_to_wait(emulator: Client) -> None:
    emulator.control("settings", {"rate_limits": True})
    token = {"Authorization": f"Bearer {emulator.tenant()}"}
    answers = [emulator.table("GET", "/fields", headers=token) for _ in range(60)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    assert refused[0].json()["code"] == 99991400
    assert refused[0].headers["x-ogw-ratelimit-limit"] == "20"
    assert int(refused[0].headers["x-ogw-ratelimit-reset"]) >= 1


def test_reports_beyond_the_rate_are_too_frequent(emulator: Client) -> None:
    emulator.control("settings", {"rate_limits": True, "oceanengine_rate": 3})
    codes = [emulator.report().json()["code"] for _ in range(15)]
    assert codes[:3] == [0, 0, 0]
    assert 40100 in codes
    assert emulator.report("account").json()["code"] == 0  # a bucket of its own
    time.sleep(0.4)
    assert emulator.report().json()["code"] == 0


def test_the_webhook_has_a_rate_and_a_code_of_its_own(emulator: Client) -> None:
    emulator.control("settings", {"rate_limits": True})
    body = {"msg_type": "text", "content": {"text": "x"}}
    codes = [emulator.send("POST", emulator.facts["webhook_path"], json=body).json()["code"] for _ in range(25)]
    assert codes[:5] == [0] * 5
    assert 11232 in codes


def test_rates_do_not_matter_unless_switched_on(emulator: Client) -> None:
    assert {emulator.report().json()["code"] for _ in range(40)} == {0}


def test_the_quota_counts_answered_calls_but_not_tokens_or_refusals_by_status(emulator: Client) -> None:
    token = {"Authorization": f"Bearer {emulator.tenant()}"}
    emulator.table("GET", "/fields", headers=token)
    emulator.table("GET", "/fields", "tblNone", headers=token)  # HTTP 200 with a code: counted
    emulator.table("GET", "/views/vewNone", headers=token)  # HTTP 404: not counted
    emulator.report()
    assert emulator.look("calls")["quota"] == 2


def test_the_log_tells_calls_without_secrets(emulator: Client) -> None:
    emulator.report()
    emulator.oauth()
    write(emulator)
    shown = emulator.look("calls")
    entry = next(known for known in shown["calls"] if known["endpoint"] == "report.promotion")
    assert (entry["method"], entry["status"], entry["code"], entry["n"]) == ("GET", 200, 0, 1)
    assert shown["counts"]["oauth.refresh_token"] == 1
    assert next(known["rows"] for known in shown["calls"] if known["endpoint"] == "records.batch_create") == 1
    secrets = [emulator.facts[name] for name in ("secret", "access_token", "refresh_token", "feishu_app_secret")]
    assert not any(secret in json.dumps(shown) for secret in secrets)
