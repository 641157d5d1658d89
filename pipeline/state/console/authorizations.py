"""Authorizations that begin in the console: their states, and what the last one changed."""

import hashlib
import secrets
from typing import Any, TypeVar

import redis

from pipeline.core.overview.authorization import Authorized, Invitation
from pipeline.core.trouble import Trouble
from pipeline.state import codec, unread
from pipeline.state.console import keys

T = TypeVar("T")


class Authorizations:
    """States that work once within ten minutes, in Redis by their digest, and the last authorization."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    def begin(self, invitation: Invitation) -> str:
        """A new state for the link to the service."""
        state = secrets.token_urlsafe(32)
        self._client.set(_key(state), codec.dump(invitation, Invitation), ex=keys.STATE_TTL_S)
        return state

    def take(self, state: str) -> Invitation | None:
        """Use a state up; `None` if it is unknown, used or too old. Of two that take it, one gets it."""
        key = _key(state)
        with unread.sparing():
            data: Any = self._client.getdel(key)
            return None if data is None else codec.load(Invitation, data, key)
        return None

    def refuse(self, session: str, why: Trouble) -> None:
        """Remember for a session, by its digest, why its authorization failed."""
        self._client.set(keys.refused_authorization(session), codec.dump(why, Trouble), ex=keys.STATE_TTL_S)

    def refusal(self, session: str) -> Trouble | None:
        """Why the last authorization of a session failed, for ten minutes, and until another one succeeds."""
        return self._get(Trouble, keys.refused_authorization(session))

    def accept(self, session: str) -> None:
        """Forget why an earlier authorization of a session failed."""
        self._client.delete(keys.refused_authorization(session))

    def keep(self, authorized: Authorized) -> None:
        """Remember what an authorization changed, in place of the one before."""
        self._client.set(keys.AUTHORIZED, codec.dump(authorized, Authorized), ex=keys.AUTHORIZED_TTL_S)

    def last(self) -> Authorized | None:
        """What the last authorization in the console changed."""
        return self._get(Authorized, keys.AUTHORIZED)

    def _get(self, kind: type[T], key: str) -> T | None:
        with unread.sparing():
            data: Any = self._client.get(key)
            return None if data is None else codec.load(kind, data, key)
        return None


def _key(state: str) -> str:
    return keys.authorization_state(hashlib.sha256(state.encode(errors="surrogatepass")).hexdigest())
