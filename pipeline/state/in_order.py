"""Fields of hashes that keep what was read last, in whatever order it is recorded, and by whom."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import redis

from pipeline.core.reading import believed
from pipeline.state.store import clock

# only what was there when it was compared may be replaced
_SWAP = """
if (redis.call('hget', KEYS[1], ARGV[1]) or '') ~= ARGV[2] then return 0 end
redis.call('hset', KEYS[1], ARGV[1], ARGV[3])
return 1
"""
Place = tuple[str, str]  # a key, and a field of its hash


@dataclass(frozen=True, slots=True)
class Dated:
    """A value, and when what it tells was read."""

    value: bytes
    read_at: datetime | None


class InOrder:
    """Replaces a field only by what was not read earlier.

    Args:
        read_at: When what a stored value tells was read.
    """

    def __init__(self, client: redis.Redis, read_at: Callable[[bytes], datetime | None]) -> None:
        self._client, self._read_at = client, read_at
        self._swap = client.register_script(_SWAP)

    def put(self, values: Mapping[Place, Dated], now: datetime | None) -> None:
        """Put each value where nothing newer stands.

        Args:
            now: The clock by which values are dated: what is later counts as the oldest. Redis' own when omitted.
        """
        left = dict(values)
        moment = now or (clock(self._client) if left else None)
        while left and moment:
            there = self._there(left)
            due = {at: one for at, one in left.items() if self._replaces(one, there[at], moment)}
            swapped = self._swapped(due, there)
            left = {at: one for at, one in due.items() if at not in swapped}  # somebody else was faster: look again

    def _replaces(self, new: Dated, there: bytes | None, now: datetime) -> bool:
        return there is None or believed(self._read_at(there), now) <= believed(new.read_at, new.read_at or now)

    def _there(self, places: Mapping[Place, Dated]) -> dict[Place, bytes | None]:
        pipe = self._client.pipeline(transaction=False)
        for key, field in places:
            pipe.hget(key, field)
        return dict(zip(places, pipe.execute(), strict=True))

    def _swapped(self, due: Mapping[Place, Dated], there: Mapping[Place, bytes | None]) -> set[Place]:
        pipe: Any = self._client.pipeline(transaction=False)
        for (key, field), one in due.items():
            self._swap(keys=[key], args=[field, there[key, field] or b"", one.value], client=pipe)
        return {at for at, done in zip(due, pipe.execute(), strict=True) if done}
