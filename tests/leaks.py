"""Where a secret could come out: what to look for, and everything that was kept or sent."""

import base64
import re
import secrets
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import redis

from tests.lab import TOKEN_KEY, Lab


def secrets_of(lab: Lab) -> list[str]:
    """Every secret that the product is told or gets."""
    facts = lab.facts
    named = [facts[name] for name in ("secret", "access_token", "refresh_token", "feishu_app_secret", "webhook_path")]
    tenant = lab.look("state").get("tenant_token")
    return [*named, TOKEN_KEY, *([tenant] if tenant else [])]


@contextmanager
def everything_sent_to(url: str) -> Iterator[list[str]]:
    """Every command that Redis gets during the block: messages, events, results, keys."""
    client, sent, over = redis.Redis.from_url(url, socket_timeout=None), [], secrets.token_hex(8)
    with client.monitor() as monitor:  # type: ignore[no-untyped-call]

        def listen() -> None:
            for command in monitor.listen():
                if over in command["command"]:
                    return
                sent.append(command["command"])

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        try:
            yield sent
        finally:
            client.echo(over)
            thread.join()
    client.close()


def unpacked_message(command: str) -> str:
    """A command and, where it carries a message of Celery, the message's body."""
    plain = command.replace("\\", "")
    bodies = re.findall(r'"body": "([A-Za-z0-9+/=]+)"', plain)
    return "\n".join([plain, *(base64.b64decode(body).decode() for body in bodies)])


def everything_in(url: str, at_least: int = 11) -> str:
    """Every key and value of Redis as text, compressed ones unpacked; there must be some."""
    client = redis.Redis.from_url(url)
    parts = []
    for key in client.scan_iter():
        kind: Any = client.type(key)
        read: dict[bytes, Callable[[bytes], object]] = {
            b"string": client.get,
            b"hash": client.hgetall,
            b"set": client.smembers,
            b"stream": client.xrange,
            b"list": lambda name: client.lrange(name, 0, -1),
            b"zset": lambda name: client.zrange(name, 0, -1),
        }
        if kind == b"none":  # a lease that ended meanwhile
            continue
        value = read[kind](key)
        parts.append(f"{key!r} {unpacked(value)!r}")
    client.close()
    assert len(parts) >= at_least
    return re.sub(r"\\x[0-9a-f]{2}", "", "\n".join(parts))


def unpacked(value: object) -> object:
    """A compressed value's text."""
    if isinstance(value, bytes) and value[:1] == b"\x78":
        return zlib.decompress(value).decode()
    return value
