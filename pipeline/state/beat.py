"""Signs of life of beat, for doctor."""

from typing import Any

import redis

from pipeline.state import keys


class BeatSigns:
    """When beat last turned its loop, in Redis."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    def give(self) -> None:
        """Say that beat is alive; it counts for a quarter of an hour."""
        self._client.set(keys.BEAT, "1", ex=keys.BEAT_TTL_S)

    def seen(self) -> bool:
        """Whether beat gave a sign within the last quarter of an hour."""
        return bool(self._client.exists(keys.BEAT))

    def silent_s(self) -> float | None:
        """Seconds since beat's last sign of life; `None` if it gave none within a quarter of an hour."""
        left_ms: Any = self._client.pttl(keys.BEAT)
        return None if left_ms < 0 else keys.BEAT_TTL_S - left_ms / 1000
