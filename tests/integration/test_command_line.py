"""What a person at a terminal gets: data on stdout, sentences on stderr, exit codes that mean something."""

import json
from datetime import datetime, time
from pathlib import Path

import pytest

from lab.processes import free_port
from tests.lab import WRITES, Lab

DOCUMENTED = {
    "run_id",
    "state",
    "day",
    "days",
    "accounts",
    "created",
    "updated",
    "unchanged",
    "gone",
    "foreign",
    "duplicates",
    "verified",
    "warnings",
}


@pytest.fixture
def ready(lab: Lab) -> Lab:
    """A lab whose token was taken over by the command."""
    assert lab.laike("token", "import", str(lab.token_cache())).returncode == 0
    return lab


def test_sync_prints_one_json_document_and_progress_beside_it(ready: Lab) -> None:
    ended = ready.laike("sync", "--local", "--day", ready.day.isoformat(), "--json")
    assert ended.returncode == 0, ended.stderr
    document = json.loads(ended.stdout)
    assert document.keys() >= DOCUMENTED
    assert (document["state"], document["verified"]) == ("success", True)
    assert document["days"] == [document["day"]] == [ready.day.isoformat()]
    account = document["accounts"][0]
    assert account.keys() >= {"id", "name", "state", "rows", "cost", "reason", "what_to_do", "window"}
    assert isinstance(account["id"], str)
    assert isinstance(account["cost"], str)
    assert sum(one["rows"] for one in document["accounts"]) == len(ready.source())
    assert "7/7" in ended.stderr


@pytest.mark.parametrize(("minute", "told"), [(0, True), (5, False)])
def test_a_run_whose_card_has_to_wait_says_so(ready: Lab, minute: int, told: bool) -> None:  # noqa: FBT001
    ready.at(time(12, minute))
    ready.control("latency", {"bot.webhook": 1.5})  # a card that is slow does not wait for the crowd to be over
    done = ready.laike("sync", "--local", "--tell", LAIKE_WAIT_SCALE="0.3")
    assert done.returncode == 0, done.stderr
    assert ("the card to the group waits" in done.stderr) == told
    assert ready.calls("bot.webhook") == 1


def test_runs_and_show_tell_what_was(ready: Lab) -> None:
    ready.laike("sync", "--local", "--day", ready.day.isoformat())
    listed = json.loads(ready.laike("runs", "--json").stdout)
    assert [run["state"] for run in listed] == ["success"]
    shown = ready.laike("show", listed[0]["run_id"], "--json")
    document = json.loads(shown.stdout)
    happened = [event["event"] for event in document.pop("events")]
    views = document.pop("views")
    assert document == listed[0]
    assert (happened[0], happened[-2:]) == ("planned", ["finished", "views_checked"])
    assert {"table_read", "fetched", "loaded", "verified", "views_checked"} <= set(happened)
    for_people = ready.laike("show", "last").stdout
    assert views
    assert all(note in for_people for note in views)
    assert "read back and verified" in for_people
    assert "report/account 1, report/promotion 1" in for_people
    assert all(name in for_people for name in ready.facts["accounts"].values())


def test_a_name_with_brackets_is_shown_as_it_is(ready: Lab) -> None:
    names = dict(ready.facts["accounts"]) | {ready.accounts[0]: "[/x]店", ready.accounts[1]: "[red]店"}
    ended = ready.laike("sync", "--local", "--day", ready.day.isoformat(), LAIKE_ACCOUNTS=json.dumps(names))
    assert ended.returncode == 0, ended.stderr
    for name in ("[/x]店", "[red]店"):
        assert name in ended.stdout
        assert name in ended.stderr


def test_a_dry_run_says_what_it_would_do_and_that_it_does_not(ready: Lab) -> None:
    ended = ready.laike("sync", "--local", "--dry-run", "--day", ready.day.isoformat())
    assert ended.returncode == 0, ended.stderr
    assert "comparing; nothing is written" in ended.stderr
    assert f"would create {len(ready.source())}" in ended.stderr
    assert ready.calls(*WRITES) == 0


def test_a_partial_run_exits_1_and_names_the_account(ready: Lab) -> None:
    ready.fault("report.promotion", "code", code=40002, times="always", match={"local_account_id": ready.big})
    ended = ready.laike("sync", "--local", "--day", ready.day.isoformat())
    assert ended.returncode == 1
    assert "40002" in ended.stdout
    assert ready.facts["accounts"][ready.big] in ended.stdout


def test_a_dead_token_exits_4_and_says_what_to_do(ready: Lab) -> None:
    ready.control("rotate", {})
    ended = ready.laike("sync", "--local", "--day", ready.day.isoformat())
    assert ended.returncode == 4
    assert "重新授权" in ended.stdout


def test_no_token_at_all_exits_4(lab: Lab) -> None:
    ended = lab.laike("token", "status")
    assert ended.returncode == 4
    assert "laike token import" in ended.stderr


def test_token_status_tells_both_lifetimes(ready: Lab) -> None:
    told = json.loads(ready.laike("token", "status", "--json").stdout)
    assert told["needs_person"] is False
    now = ready.context().now()
    for token, ends in (("access_token_s", "expires_at"), ("refresh_token_s", "refresh_expires_at")):
        left = (datetime.fromisoformat(ready.facts[ends]) - now).total_seconds()
        assert left - 1 <= told["left"][token] <= left + 30


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["sync", "--local", "--day", "yesterday"], "write it as 2026-02-11"),
        (["sync", "--local", "--day", "2999-01-01"], "allowed are"),
        (["sync", "--local", "--account", "1799"], "unknown account 1799; known are"),
        (["sync", "--local", "--all"], "No such option"),
        (["synk"], "No such command"),
        (["show", "daily-1999-01-01"], "there is no run daily-1999-01-01"),
        (["token", "import", "nowhere.json"], "nowhere.json cannot be read"),
    ],
)
def test_wrong_usage_exits_2_and_says_what_is_allowed(lab: Lab, words: list[str], said: str) -> None:
    ended = lab.laike(*words)
    assert ended.returncode == 2, ended.stderr
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr


def test_an_account_is_meant_by_its_name_by_every_command_that_takes_one(ready: Lab, tmp_path: Path) -> None:
    (number, name), *_ = ready.facts["accounts"].items()
    day = ready.day.isoformat()
    ended = ready.laike("sync", "--local", "--json", "--day", day, "--account", name)
    assert [one["id"] for one in json.loads(ended.stdout)["accounts"]] == [number]
    made = ready.laike("export", day, day, "--json", "--output", str(tmp_path / "rows.csv"), "--account", name)
    assert [one["name"] for one in json.loads(made.stdout)["accounts"]] == [name]
    report = ready.laike("report", day, day, "--output", str(tmp_path / "page.html"), "--account", name)
    assert report.returncode in (0, 1), report.stderr
    stopped = ready.laike("backfill", day, day, "--stop", "--account", name)
    assert "no backfill of" in stopped.stderr
    for words in (["sync", "--local"], ["export", day, day], ["report", day, day], ["backfill", day, day, "--stop"]):
        wrong = ready.laike(*words, "--account", f"{name}x")
        assert (wrong.returncode, f"unknown account {name}x; nearest are {number} ({name})" in wrong.stderr) == (
            2,
            True,
        )


def test_every_wrong_setting_is_named_at_once(lab: Lab) -> None:
    wrong = {"LAIKE_ACCOUNTS": "[]", "LAIKE_TOKEN_KEYS": "nonsense", "LAIKE_BITABLE_TABLE_ID": ""}
    ended = lab.laike("sync", "--local", **wrong)
    assert ended.returncode == 2
    assert all(name in ended.stderr for name in wrong)
    assert "nonsense" not in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_missing_column_is_named_with_the_nearest_and_nothing_is_written(ready: Lab) -> None:
    rename = {"table_id": ready.table_id, "field_name": "消耗(元)", "name": "消耗（元）"}
    ready.control("columns/rename", rename)
    before = len(ready.records())
    ended = ready.laike("sync", "--local", "--day", ready.day.isoformat())
    assert ended.returncode == 3
    assert "no column '消耗(元)'; the nearest is '消耗（元）'" in ended.stdout
    assert "改名为" in ended.stdout
    assert len(ready.records()) == before


def test_a_number_column_for_ids_is_refused_because_it_would_lose_digits(ready: Lab) -> None:
    before = len(ready.records())
    ready.control("columns/rename", {"table_id": ready.table_id, "field_name": "单元ID", "name": "旧单元ID"})
    ready.control("columns/add", {"table_id": ready.table_id, "name": "单元ID", "type": 2})
    ended = ready.laike("sync", "--local", "--day", ready.day.isoformat())
    assert ended.returncode == 3
    assert "单元ID" in ended.stdout
    assert len(ready.records()) == before


def test_redis_out_of_reach_exits_3_and_names_the_address_without_its_password(lab: Lab) -> None:
    port = free_port()
    ended = lab.laike("runs", LAIKE_REDIS_URL=f"redis://:canary-password@127.0.0.1:{port}/0")
    assert ended.returncode == 3
    assert f"127.0.0.1:{port}" in ended.stderr
    assert "tried 8 times in about 4 s" in ended.stderr
    assert "canary-password" not in ended.stderr
    assert "Traceback" not in ended.stderr


def test_an_api_out_of_reach_exits_3_and_names_the_address(ready: Lab) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    ended = ready.laike("sync", "--local", "--day", ready.day.isoformat(), LAIKE_OCEANENGINE_BASE_URL=nowhere)
    assert ended.returncode == 3
    assert nowhere in ended.stdout
    feishu = ready.laike("sync", "--local", "--day", ready.day.isoformat(), LAIKE_FEISHU_BASE_URL=nowhere)
    assert feishu.returncode == 3
    assert nowhere in feishu.stdout


def test_each_command_explains_itself(lab: Lab) -> None:
    top = lab.laike("--help").stdout
    assert "Exit codes" in top
    for command in ("sync", "runs", "show", "views", "demo", "token"):
        assert command in top
        assert lab.laike(command, "--help").returncode == 0
