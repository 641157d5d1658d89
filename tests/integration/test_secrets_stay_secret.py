"""Promise 6: no secret in a log, a result, an error, a card or Redis."""

import base64
import json
import re
import secrets
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import redis

from tests.crew import SHORT, crew, wait_until
from tests.lab import TOKEN_KEY, Lab


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
