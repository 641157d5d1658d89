"""Small things known of the base, so that a daily run need not ask again. Losing them costs a few calls."""

import redis

from pipeline.state import keys


class BaseFacts:
    """What is known of one base.

    Args:
        base: The base's token as it was set: its own, or that of a wiki node.
        app_id: The app at Feishu by which we write.
    """

    def __init__(self, client: redis.Redis, base: str, app_id: str = "") -> None:
        self._client, self._given, self._app_id = client, base, app_id
        self._app_token: str | None = None

    @property
    def base(self) -> str:
        """What the base is remembered by: its own token, or the one that was set while that is not known."""
        return self.app_token() or self._given

    def app_token(self) -> str | None:
        """The base's own token, once it was found; it never changes."""
        if self._app_token is None:
            self._app_token = _text(self._client.get(keys.app_token(self._given)))
        return self._app_token

    def learn_app_token(self, app_token: str) -> None:
        """Remember the base's own token."""
        self._client.set(keys.app_token(self._given), app_token)
        self._app_token = app_token

    def creator(self) -> str | None:
        """Who the table says created our rows; another app had another name there, which is not ours."""
        creator, app_id = map(_text, self._client.mget([keys.creator(self.base), keys.creator_app(self.base)]))
        return creator if app_id in (None, self._app_id) else None

    def learn_creator(self, creator: str) -> None:
        """Remember who the table says created a row that we know to be ours."""
        self._client.mset({keys.creator(self.base): creator, keys.creator_app(self.base): self._app_id})

    def zone(self) -> str | None:
        """The base's time zone, as of the last day."""
        return _text(self._client.get(keys.zone(self.base)))

    def learn_zone(self, zone: str) -> None:
        """Remember the base's time zone for a day."""
        self._client.set(keys.zone(self.base), zone, ex=keys.DAY_S)


def _text(value: object) -> str | None:
    return value.decode() if isinstance(value, bytes) else None
