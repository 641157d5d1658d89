"""Our calls to Feishu, which count against the tenant's monthly quota."""

import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

import redis
import structlog

from pipeline.core.model import CHINA
from pipeline.core.unreadable import Unreadable
from pipeline.state import keys, unread

log = structlog.get_logger()


class Quota:
    """Counts calls by calendar month (Asia/Shanghai), in Redis.

    While Redis is away calls are counted here and saved with the next one.
    """

    def __init__(self, client: redis.Redis, now: Callable[[], datetime]) -> None:
        self._client, self._now = client, now
        self._lock, self._unsaved = threading.Lock(), 0

    def count(self) -> None:
        """Count one call."""
        with self._lock:
            calls, self._unsaved = self._unsaved + 1, 0
        try:
            self._save(calls)
        except (redis.RedisError, Unreadable) as error:
            log.warning("calls_not_counted_yet", calls=calls, error=type(error).__name__)
            with self._lock:
                self._unsaved += calls

    def used(self) -> int:
        """Calls of this month."""
        key = self._key()
        with unread.sparing():
            said: Any = self._client.get(key)
            return 0 if said is None else unread.number_of(said, key)
        return 0

    def _save(self, calls: int) -> None:
        pipe: Any = self._client.pipeline()
        pipe.incrby(self._key(), calls)
        pipe.expire(self._key(), keys.QUOTA_TTL_S)
        pipe.execute()

    def _key(self) -> str:
        return keys.quota(f"{self._now().astimezone(CHINA):%Y-%m}")
