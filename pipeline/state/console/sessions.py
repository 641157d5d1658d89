"""Sessions of the console's visitors: they outlive the process, and end with it in no way."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import redis

from pipeline.state.console import keys

ID_BYTES = 32
ID_LETTERS = 43  # as base64 without padding
_TOUCH_AFTER = timedelta(minutes=1)  # a page that polls writes once a minute
# a session that ended meanwhile must not come back
_TOUCH = """
if redis.call('exists', KEYS[1]) == 0 then return 0 end
redis.call('hset', KEYS[1], 'seen', ARGV[1])
return redis.call('expire', KEYS[1], ARGV[2])
"""


@dataclass(frozen=True, slots=True)
class Session:
    """Who logged in, with which login (a digest of it), when, and when they last came."""

    person: str
    login: str
    created: datetime
    seen: datetime

    def seconds_left(self, now: datetime) -> float:
        """Seconds until it ends if nobody comes any more; zero or less: it ended."""
        idle, whole = (now - self.seen).total_seconds(), (now - self.created).total_seconds()
        return min(keys.IDLE_S - idle, keys.LONGEST_S - whole)


class Sessions:
    """Sessions by the opaque id in the visitor's cookie."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._touch = client.register_script(_TOUCH)

    def begin(self, person: str, login: str, now: datetime) -> str:
        """Begin a session; its id, which only the visitor's cookie keeps."""
        made, at = secrets.token_urlsafe(ID_BYTES), now.isoformat()
        key = _key(made)
        pipe = self._client.pipeline()
        pipe.hset(key, mapping={"person": person, "login": login, "created": at, "seen": at})
        pipe.expire(key, keys.IDLE_S)
        pipe.execute()
        return made

    def find(self, session_id: str, now: datetime) -> Session | None:
        """The session of an id, whose idle time begins anew; `None` if it ended or never was."""
        if len(session_id) != ID_LETTERS:
            return None
        row: Any = self._client.hgetall(_key(session_id))
        found = _read(row) if row else None
        if found is None or found.seconds_left(now) <= 0:
            return None
        if now - found.seen >= _TOUCH_AFTER:
            left = min(keys.IDLE_S, keys.LONGEST_S - int((now - found.created).total_seconds()))
            self._touch(keys=[_key(session_id)], args=[now.isoformat(), left])
        return found

    def has_ended(self, digest: str, now: datetime) -> bool:
        """Whether the session of a digest ended or never was; its idle time goes on."""
        row: Any = self._client.hgetall(keys.session(digest))
        found = _read(row) if row else None
        return found is None or found.seconds_left(now) <= 0

    def end(self, session_id: str) -> None:
        """End a session: its id is worth nothing from now on."""
        self._client.delete(_key(session_id))


def digest_of(session_id: str) -> str:
    """What names a session where its id must not stand."""
    return hashlib.sha256(session_id.encode(errors="replace")).hexdigest()


def _key(session_id: str) -> str:
    return keys.session(digest_of(session_id))


def _read(row: dict[bytes, bytes]) -> Session | None:
    try:
        told = {name.decode(): value.decode() for name, value in row.items()}
        times = datetime.fromisoformat(told["created"]), datetime.fromisoformat(told["seen"])
        return Session(told["person"], told["login"], *times)
    except (KeyError, ValueError):  # of another release: the visitor logs in again
        return None
