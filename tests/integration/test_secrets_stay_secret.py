"""Promise 6: no secret in a log, a result, an error, a card or Redis."""

import json
import subprocess
from collections.abc import Iterator
from functools import partial
from urllib.parse import parse_qs, urlsplit

import pytest
import redis
import requests

from lab.processes import flower, free_port
from tests.lab import Lab, agree
from tests.leaks import everything_in, everything_sent_to, secrets_of, unpacked_message
from tests.workers import SHORT, wait_until, workers

CANARY = {  # every secret that a person types, where a value of our own will do
    "LAIKE_FEISHU_WEBHOOK_SECRET": "canary-of-the-webhook",
    "LAIKE_FLOWER_LOGIN": "flora:canary-of-flower",
}
REDIS_PASSWORD = "canary-of-redis"
HEARTBEAT = "canary-of-heartbeat"  # the address of a check is its secret


@pytest.fixture
def guarded(lab: Lab) -> Iterator[Lab]:
    """A lab with a canary in every setting that is secret, the password of Redis included."""
    address, client = lab.redis_url, redis.Redis.from_url(lab.redis_url)
    client.execute_command("ACL", "SETUSER", "laike", "on", f">{REDIS_PASSWORD}", "~*", "&*", "+@all")  # type: ignore[no-untyped-call]
    lab.redis_url = address.replace("//", f"//laike:{REDIS_PASSWORD}@")
    lab.control("settings", {"webhook_secret": CANARY["LAIKE_FEISHU_WEBHOOK_SECRET"]})
    lab.extra |= {**CANARY, "LAIKE_HEARTBEAT_URL": f"{lab.server.url}/{HEARTBEAT}"}
    yield lab
    client.execute_command("ACL", "DELUSER", "laike")  # type: ignore[no-untyped-call]
    client.close()


def canaries(lab: Lab) -> set[str]:
    """Every secret that a guarded lab knows by now, those of both tokens that were issued included."""
    return {*secrets_of(lab), CANARY["LAIKE_FEISHU_WEBHOOK_SECRET"], "canary-of-flower", REDIS_PASSWORD, HEARTBEAT}


def test_nothing_that_a_run_leaves_holds_a_secret(lab: Lab) -> None:
    before = secrets_of(lab)
    assert lab.laike("token", "import", str(lab.token_cache())).returncode == 0
    lab.fault("report.promotion", "code", code=40102, times=1)
    lab.fault("report.promotion", "drop_after", call=3, times=1)
    lab.fault("records.batch_create", "garbage", times=1)
    lab.fault("bot.webhook", "code", code=19021, times=1)
    said = [lab.laike("sync", "--local", "--json", LAIKE_LOG_LEVEL="debug")]
    said += [lab.laike(*words) for words in (["runs", "--json"], ["token", "status", "--json"], ["views", "--json"])]
    said += [lab.laike(*words, LAIKE_LOG_LEVEL="debug") for words in (["doctor", "--notify"], ["doctor", "--probe"])]
    said += [lab.laike("init", "--yes", LAIKE_LOG_LEVEL="debug")]
    left = "\n".join(f"{ended.stdout}\n{ended.stderr}" for ended in said) + everything_in(lab.redis_url)
    left += json.dumps(lab.look("state")["messages"], ensure_ascii=False)
    assert "path=" in said[0].stderr  # the log was really at debug level
    found = [secret for secret in {*before, *secrets_of(lab)} if secret in left]
    assert found == []


def test_nothing_that_a_run_on_workers_sends_through_redis_holds_a_secret(lab: Lab) -> None:
    lab.extra |= SHORT
    before = secrets_of(lab)
    broken = lab.accounts[1]
    lab.fault("report.promotion", "code", code=40002, times="always", match={"local_account_id": broken})
    lab.fault("report.account", "code", code=40102, times=1)
    lab.fault("records.batch_create", "garbage", times=1)
    with workers(lab) as team, everything_sent_to(lab.redis_url) as sent:
        team.worker(LAIKE_LOG_LEVEL="debug")
        team.beat()
        team.ended(team.result(team.send("laike.daily"))["result"]["run_id"])
        assert wait_until(lambda: team.results("laike.finish"))
        logged = "\n".join(member.words() for member in team.members)
    left = "\n".join(map(unpacked_message, sent)) + logged
    for word in ("laike.fetch_account", "task-succeeded", "RunFailed", '"account_id": "' + broken):
        assert word in left  # arguments, events, results and exceptions were really seen
    assert [secret for secret in {*before, *secrets_of(lab)} if secret in left] == []


COMMANDS = (
    ("token", "refresh"),
    ("token", "status", "--json"),
    ("token", "url"),
    ("token", "rotate-key"),
    ("doctor", "--json"),
    ("doctor", "--notify"),
    ("doctor", "--probe"),
    ("sync", "--local", "--json"),
    ("runs", "--json"),
    ("views", "--json"),
    ("status", "--json"),
)
Ended = list["subprocess.CompletedProcess[str]"]


@pytest.fixture
def imported(guarded: Lab) -> Lab:
    """A guarded lab that has taken the old script's token over, and logs all that it can."""
    guarded.extra["LAIKE_LOG_LEVEL"] = "debug"
    assert guarded.laike("token", "import", str(guarded.token_cache())).returncode == 0
    return guarded


def told_of(lab: Lab, secrets: set[str], said: Ended, keys: int = 11) -> list[str]:
    """The secrets that are in what was said, in Redis or on a card; Redis has so many keys at least."""
    left = "\n".join(f"{ended.stdout}\n{ended.stderr}" for ended in said)
    left += everything_in(lab.redis_url, keys) + json.dumps(lab.look("state")["messages"], ensure_ascii=False)
    return [secret for secret in secrets if secret in left]


def test_no_command_tells_a_secret_in_good_times(imported: Lab) -> None:
    lab, secrets = imported, canaries(imported)
    callback = agree(lab.context().tokens.link)
    secrets.add(parse_qs(urlsplit(callback).query)["auth_code"][0])
    exchange = ("token", "exchange", callback)
    said = []
    for words in (*COMMANDS, exchange, exchange):  # the second time it is used up
        said.append(lab.laike(*words))
        secrets |= canaries(lab)  # a refresh makes new ones
    assert {ended.returncode for ended in said} >= {0, 4}
    assert told_of(lab, secrets, said) == []


def test_no_command_tells_a_secret_where_nothing_works(imported: Lab) -> None:
    lab, secrets = imported, canaries(imported)
    lab.control("rotate", {})
    said = [lab.laike(*words) for words in COMMANDS]
    assert {ended.returncode for ended in said} >= {3, 4}
    assert told_of(lab, secrets | canaries(lab), said) == []


@pytest.mark.parametrize("words", [("sync", "--local"), ("doctor",), ("sync", "--local", "--no-redis", "--json")])
def test_no_command_tells_a_secret_where_redis_is_out_of_reach(imported: Lab, words: tuple[str, ...]) -> None:
    elsewhere = imported.redis_url.rsplit(":", 1)[0] + f":{free_port()}/0"
    said = [imported.laike(*words, LAIKE_REDIS_URL=elsewhere)]
    assert said[0].returncode == (0 if "--no-redis" in words else 3)
    assert told_of(imported, canaries(imported), said, keys=1) == []


def test_flower_shows_no_secret(guarded: Lab) -> None:
    lab, port = guarded, free_port()
    lab.extra |= SHORT
    lab.fault("report.account", "code", code=40002, times="always", match={"local_account_id": lab.accounts[1]})
    with workers(lab) as team:
        team.worker()
        team.stay(flower(port))
        api = partial(requests.get, timeout=10, auth=("flora", "canary-of-flower"))
        url = f"http://127.0.0.1:{port}"
        assert wait_until(lambda: answers(f"{url}/login"))
        team.ended(team.result(team.send("laike.daily"))["result"]["run_id"])
        assert wait_until(lambda: "laike.finish" in api(f"{url}/api/tasks").text)
        pages = ("api/tasks", "api/workers?refresh=1", "tasks", "broker", "workers", "metrics")
        shown = "\n".join(api(f"{url}/{page}").text for page in pages)
        for task in json.loads(api(f"{url}/api/tasks").text):
            shown += api(f"{url}/api/task/info/{task}").text + api(f"{url}/task/{task}").text
    assert lab.accounts[1] in shown
    assert [secret for secret in canaries(lab) if secret in shown] == []


def answers(url: str) -> bool:
    """Whether a page is there by now."""
    try:
        return bool(requests.get(url, timeout=5).status_code)
    except requests.ConnectionError:
        return False
