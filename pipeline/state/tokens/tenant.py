"""Feishu's tenant token, asked for by one process and used by all: encrypted in Redis until shortly before its end."""

from collections.abc import Sequence
from typing import Any

import redis
import structlog
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from pipeline.state import keys
from pipeline.state.tokens.credentials import digest

log = structlog.get_logger()


class SharedTenantToken:
    """The token of one app. While Redis is away each process keeps its own.

    Args:
        client: Redis.
        fernet_keys: Newest first; the first encrypts, all decrypt.
        app_id: Whose token it is.
        secret: With which it is asked for: one that was asked for with another is not used.
        address: Of the service, likewise.
    """

    def __init__(
        self, client: redis.Redis, fernet_keys: Sequence[str], app_id: str, secret: str = "", address: str = ""
    ) -> None:
        credentials = digest(fernet_keys[0], app_id, secret, address)
        self._client, self._key = client, keys.tenant_token(app_id, credentials)
        self._fernet = MultiFernet([Fernet(key) for key in fernet_keys])

    def known(self) -> tuple[str, float] | None:
        """The token and for how many seconds it may still be used, if some process has asked for one."""
        pipe: Any = self._client.pipeline(transaction=False)
        pipe.get(self._key)
        pipe.pttl(self._key)
        try:
            sealed, left_ms = pipe.execute()
            return (self._fernet.decrypt(sealed).decode(), left_ms / 1000) if sealed and left_ms > 0 else None
        except redis.RedisError as error:
            log.warning("tenant_token_not_shared", error=type(error).__name__)
        except InvalidToken:
            log.info("tenant_token_not_readable")  # of keys that were changed: the next one replaces it
        return None

    def share(self, token: str, seconds: float) -> None:
        """Let the others use a token for so long."""
        try:
            self._client.set(self._key, self._fernet.encrypt(token.encode()), px=int(seconds * 1000))
        except redis.RedisError as error:
            log.warning("tenant_token_not_shared", error=type(error).__name__)
