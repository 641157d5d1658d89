"""Facts about the base that a daily run need not ask again. Losing them costs a few calls."""

from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import redis

from pipeline.state import keys, unread


class BaseFacts:
    """Facts about one base.

    Args:
        base: The base's token in the settings: its own, or that of a wiki node.
        app_id: The Feishu app that writes.
    """

    def __init__(self, client: redis.Redis, base: str, app_id: str = "") -> None:
        self._client, self._given, self._app_id = client, base, app_id
        self._app_token: str | None = None

    @property
    def base(self) -> str:
        """The base's own token, which names its keys; while unresolved, the token of the settings."""
        return self.app_token() or self._given

    def app_token(self) -> str | None:
        """The base's own token, once it was resolved; it never changes."""
        if self._app_token is None:
            self._app_token = self._get(keys.app_token(self._given))
        return self._app_token

    def learn_app_token(self, app_token: str) -> None:
        """Remember the base's own token."""
        self._client.set(keys.app_token(self._given), app_token)
        self._app_token = app_token

    def creator(self) -> str | None:
        """Who the table says created our rows; `None` if that was learned by another app."""
        names = keys.creator(self.base), keys.creator_app(self.base)
        with unread.sparing():
            creator, app_id = map(_text, self._client.mget(names), names)
            return creator if app_id in (None, self._app_id) else None
        return None

    def learn_creator(self, creator: str) -> None:
        """Remember the creator that the table shows for a row of ours."""
        self._client.mset({keys.creator(self.base): creator, keys.creator_app(self.base): self._app_id})

    def zone(self) -> str | None:
        """The base's time zone, remembered for a day."""
        key = keys.zone(self.base)
        with unread.sparing():
            said: Any = self._client.get(key)
            return None if said is None else unread.parsed(_zone, said, key)
        return None

    def learn_zone(self, zone: str) -> None:
        """Remember the base's time zone for a day."""
        self._client.set(keys.zone(self.base), zone, ex=keys.DAY_S)

    def _get(self, key: str) -> str | None:
        with unread.sparing():
            return _text(self._client.get(key), key)
        return None


def _zone(said: str) -> str:
    try:
        return ZoneInfo(said).key
    except (ZoneInfoNotFoundError, OSError):  # such as the name of a folder
        raise ValueError from None


def _text(value: object, key: str) -> str | None:
    return unread.text_of(value, key) if isinstance(value, bytes) else None
