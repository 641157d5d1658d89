"""How often the services were called and called again, by endpoint, over all workers."""

from collections.abc import Mapping

import redis

from pipeline.state import unread
from pipeline.state.vitals import keys


class Calls:
    """Counts that only grow, in Redis."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    def add(self, calls: Mapping[str, int], retries: Mapping[str, int]) -> None:
        """Add calls and retries by endpoint, together or not at all."""
        pipe = self._client.pipeline()
        for key, counts in ((keys.CALLS, calls), (keys.RETRIES, retries)):
            for endpoint, count in counts.items():
                pipe.hincrby(key, endpoint, count)
        pipe.execute()

    def calls(self) -> dict[str, int]:
        """Calls so far, by endpoint."""
        return self._counts(keys.CALLS)

    def retries(self) -> dict[str, int]:
        """Repeated calls so far, by endpoint; they are among the calls, too."""
        return self._counts(keys.RETRIES)

    def _counts(self, key: str) -> dict[str, int]:
        return unread.fields(self._client, key, unread.number_of)
