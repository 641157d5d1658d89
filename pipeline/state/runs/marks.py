"""What of a run was sent to the workers."""

from typing import Any

import redis

from pipeline.state import keys

SENT = "sent:"


class Marks:
    """Batches and steps that were sent to the workers, each once, in Redis."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    def send(self, run_id: str, what: str) -> bool:
        """Mark a batch or a step as sent to the workers; `False` if it was before."""
        return bool(self._client.hsetnx(keys.run(run_id), SENT + what, "1"))

    def was_sent(self, run_id: str, what: str) -> bool:
        """Whether a batch or a step was sent to the workers."""
        return bool(self._client.hexists(keys.run(run_id), SENT + what))

    def sent(self, run_id: str) -> set[str]:
        """What of a run was sent to the workers."""
        fields: Any = self._client.hkeys(keys.run(run_id))
        return {name.decode().removeprefix(SENT) for name in fields if name.startswith(SENT.encode())}
