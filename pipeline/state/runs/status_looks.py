"""What runs saw of 同步状态 while their rows were read back, so that their end need not search it first."""

from collections.abc import Collection
from dataclasses import dataclass

import redis

from pipeline.state import codec
from pipeline.state.keys import WRITTEN_TTL_S
from pipeline.state.runs import keys


@dataclass(frozen=True, slots=True)
class StatusLook:
    """The places without a row, and how many writes into the base had begun before the look."""

    writes: int
    absent: frozenset[str]


class StatusLooks:
    """Looks at 同步状态, in Redis."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    def learn(self, run_id: str, writes: int, absent: Collection[str]) -> None:
        """Remember a look for as long as writes after it are remembered."""
        data = codec.squeeze(StatusLook(writes, frozenset(absent)), StatusLook)
        self._client.set(keys.status_look(run_id), data, ex=WRITTEN_TTL_S)

    def look(self, run_id: str) -> StatusLook | None:
        """The look of a run; `None` without one, or after a while."""
        data = self._client.get(key := keys.status_look(run_id))
        return codec.unsqueeze(StatusLook, data, key) if isinstance(data, bytes) else None
