"""Feishu's tenant token, shared by all processes: encrypted in Redis until shortly before it expires."""

from collections.abc import Sequence
from typing import Any

import redis
import structlog
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from pipeline.core.unreadable import Unreadable
from pipeline.state import keys
from pipeline.state.tokens.credentials import digest

log = structlog.get_logger()


class SharedTenantToken:
    """The token of one app. While Redis is unreachable each process has its own.

    Args:
        fernet_keys: Newest first; the first encrypts, all decrypt.
        secret: The app's secret; a token that was obtained with another one is not used.
        address: The service's address, likewise.
    """

    def __init__(
        self, client: redis.Redis, fernet_keys: Sequence[str], app_id: str, secret: str = "", address: str = ""
    ) -> None:
        credentials = digest(fernet_keys[0], app_id, secret, address)
        self._client, self._key = client, keys.tenant_token(app_id, credentials)
        self._fernet = MultiFernet([Fernet(key) for key in fernet_keys])

    def get(self) -> tuple[str, float] | None:
        """The shared token and its remaining seconds, if there is one."""
        pipe: Any = self._client.pipeline(transaction=False)
        pipe.get(self._key)
        pipe.pttl(self._key)
        try:
            sealed, left_ms = pipe.execute()
            return (self._fernet.decrypt(sealed).decode(), left_ms / 1000) if sealed and left_ms > 0 else None
        except (redis.RedisError, Unreadable) as error:
            log.warning("tenant_token_not_shared", error=type(error).__name__)
        except InvalidToken:
            log.info("tenant_token_not_readable")  # the keys were changed; the next token replaces it
        return None

    def share(self, token: str, seconds: float) -> None:
        """Share a token for this many seconds."""
        try:
            self._client.set(self._key, self._fernet.encrypt(token.encode()), px=int(seconds * 1000))
        except (redis.RedisError, Unreadable) as error:
            log.warning("tenant_token_not_shared", error=type(error).__name__)
