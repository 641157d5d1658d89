"""Promise 6: no secret in a log, a result, an error, a card or Redis."""

import base64
import json
import re
import secrets
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import redis
import requests

from cli.lab import flower, free_port
from tests.crew import SHORT, crew, wait_until
from tests.lab import TOKEN_KEY, Lab, agree

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


def secrets_of(lab: Lab) -> list[str]:
    """Every secret that the product is told or gets."""
    facts = lab.facts
    named = [facts[name] for name in ("secret", "access_token", "refresh_token", "feishu_app_secret", "webhook_path")]
    tenant = lab.look("state").get("tenant_token")
    return [*named, TOKEN_KEY, *([tenant] if tenant else [])]


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
    with crew(lab) as team, everything_sent_to(lab.redis_url) as sent:
        team.worker(LAIKE_LOG_LEVEL="debug")
        team.beat()
        team.ended(team.result(team.send("laike.daily"))["result"]["run_id"])
        assert wait_until(lambda: team.results("laike.finish"))
        logged = "\n".join(member.words() for member in team.members)
    left = "\n".join(map(unpacked_message, sent)) + logged
    for word in ("laike.fetch_account", "task-succeeded", "RunFailed", '"account_id": "' + broken):
        assert word in left  # arguments, events, results and exceptions were really seen
    assert [secret for secret in {*before, *secrets_of(lab)} if secret in left] == []


def test_no_command_tells_a_secret_in_good_times_and_in_bad(guarded: Lab) -> None:
    lab, known = guarded, canaries(guarded)
    assert lab.laike("token", "import", str(lab.token_cache())).returncode == 0
    debug = {"LAIKE_LOG_LEVEL": "debug"}
    callback = agree(lab.context().tokens.link)
    code = parse_qs(urlsplit(callback).query)["auth_code"][0]
    commands = [
        ["token", "refresh"],
        ["token", "status", "--json"],
        ["token", "url"],
        ["token", "rotate-key"],
        ["token", "exchange", callback],
        ["token", "exchange", callback],  # used up
        ["doctor", "--json"],
        ["doctor", "--notify"],
        ["doctor", "--probe"],
        ["sync", "--local", "--json"],
        ["runs", "--json"],
        ["views", "--json"],
        ["status", "--json"],
    ]
    said = []
    for words in commands:
        said.append(lab.laike(*words, **debug))
        known |= canaries(lab)  # a refresh makes new ones
    lab.control("rotate", {})  # from here on nothing works
    known |= canaries(lab)
    said += [lab.laike(*words, **debug) for words in commands if words[:2] != ["token", "exchange"]]
    elsewhere = lab.redis_url.rsplit(":", 1)[0] + f":{free_port()}/0"
    said += [
        lab.laike("sync", "--local", LAIKE_REDIS_URL=elsewhere, **debug),
        lab.laike("doctor", LAIKE_REDIS_URL=elsewhere),
    ]
    said += [lab.laike("sync", "--local", "--no-redis", "--json", LAIKE_REDIS_URL=elsewhere, **debug)]
    assert {ended.returncode for ended in said} >= {0, 3, 4}
    left = "\n".join(f"{ended.stdout}\n{ended.stderr}" for ended in said)
    left += everything_in(lab.redis_url) + json.dumps(lab.look("state")["messages"], ensure_ascii=False)
    assert [secret for secret in {*known, code} if secret in left] == []


def test_flower_shows_no_secret(guarded: Lab) -> None:
    lab, port = guarded, free_port()
    lab.extra |= SHORT
    lab.fault("report.account", "code", code=40002, times="always", match={"local_account_id": lab.accounts[1]})
    with crew(lab) as team:
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


@contextmanager
def everything_sent_to(url: str) -> Iterator[list[str]]:
    """Every command that Redis gets during the block: messages, events, results, keys."""
    client, sent, over = redis.Redis.from_url(url), [], secrets.token_hex(8)
    with client.monitor() as monitor:  # type: ignore[no-untyped-call]

        def listen() -> None:
            for command in monitor.listen():
                if over in command["command"]:
                    return
                sent.append(command["command"])

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        yield sent
        client.echo(over)
        thread.join()
    client.close()


def unpacked_message(command: str) -> str:
    """A command and, where it carries a message of Celery, the message's body."""
    plain = command.replace("\\", "")
    bodies = re.findall(r'"body": "([A-Za-z0-9+/=]+)"', plain)
    return "\n".join([plain, *(base64.b64decode(body).decode() for body in bodies)])


def everything_in(url: str) -> str:
    """Every key and value of Redis as text, compressed ones unpacked by the product's own reader."""
    client = redis.Redis.from_url(url)
    parts = []
    for key in client.scan_iter():
        kind: Any = client.type(key)
        read: dict[bytes, Callable[[bytes], object]] = {
            b"string": client.get,
            b"hash": client.hgetall,
            b"stream": client.xrange,
            b"list": lambda name: client.lrange(name, 0, -1),
            b"zset": lambda name: client.zrange(name, 0, -1),
        }
        value = read[kind](key)
        parts.append(f"{key!r} {unpacked(value)!r}")
    client.close()
    assert len(parts) > 10
    return re.sub(r"\\x[0-9a-f]{2}", "", "\n".join(parts))


def unpacked(value: object) -> object:
    """A compressed value's text."""
    if isinstance(value, bytes) and value[:1] == b"\x78":
        return zlib.decompress(value).decode()
    return value
