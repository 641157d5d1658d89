"""What of a run was sent to the workers, and whether the group was told."""

from typing import Any

import redis

from pipeline.state import keys

TOLD, SENT = "told", "sent:"


class Marks:
    """Marks that let each message and each card be sent once."""

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

    def tell(self, run_id: str) -> bool:
        """Mark a run as told; `False` if it was before."""
        return bool(self._client.hsetnx(keys.run(run_id), TOLD, "1"))

    def told(self, run_id: str) -> bool:
        """Whether the group was told of a run."""
        return bool(self._client.hexists(keys.run(run_id), TOLD))

    def untell(self, run_id: str) -> None:
        """Remove the mark of a run whose card was certainly not delivered."""
        self._client.hdel(keys.run(run_id), TOLD)
