"""Fields of hashes that keep what was read last, in whatever order it is recorded, and by whom."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import redis

from pipeline.core.model import AccountDay
from pipeline.core.runs.reading import believed
from pipeline.state.store import clock

# field, what was there when it was compared, what is to be there, and so on; the fields that others changed since
_SWAP = """
local names, put, lost = {}, {}, {}
for i = 1, #ARGV, 3 do names[#names + 1] = ARGV[i] end
for n, there in ipairs(redis.call('hmget', KEYS[1], unpack(names))) do
  if (there or '') == ARGV[3 * n - 1] then
    put[#put + 1] = names[n]
    put[#put + 1] = ARGV[3 * n]
  else
    lost[#lost + 1] = names[n]
  end
end
if #put > 0 then redis.call('hset', KEYS[1], unpack(put)) end
return lost
"""


@dataclass(frozen=True, slots=True)
class Dated:
    """A value, and when what it tells was read; `None`: nobody knows, so that it is older than any other."""

    value: bytes
    read_at: datetime | None


Fields = Mapping[str, Dated]


class InOrder:
    """Replaces a field only by what was not read earlier.

    Args:
        read_at: When what a stored value tells was read.
    """

    def __init__(self, client: redis.Redis, read_at: Callable[[bytes], datetime | None]) -> None:
        self._client, self._read_at = client, read_at
        self._swap = client.register_script(_SWAP)

    def put(self, values: Mapping[str, Fields], now: datetime | None) -> None:
        """Put each value, by key and field, where nothing newer stands.

        Args:
            now: The clock that dates readings: a time that is later counts as the oldest. Redis' own if omitted.
        """
        if not values:
            return
        left, moment = values, now or clock(self._client)
        while left:
            there = self._there(left)
            due = {key: dict(self._due(fields, there[key], moment)) for key, fields in left.items()}
            left = self._lost({key: fields for key, fields in due.items() if fields}, there)

    def _due(self, fields: Fields, there: Mapping[str, bytes], now: datetime) -> Iterator[tuple[str, Dated]]:
        for field, new in fields.items():
            known = there.get(field)
            if known is None or believed(self._read_at(known), now) <= believed(new.read_at, new.read_at or now):
                yield field, new

    def _there(self, values: Mapping[str, Fields]) -> dict[str, dict[str, bytes]]:
        pipe: Any = self._client.pipeline(transaction=False)
        for key, fields in values.items():
            pipe.hmget(key, list(fields))
        answers = zip(values.items(), pipe.execute(), strict=True)
        return {
            key: {field: one for field, one in zip(fields, found, strict=True) if one is not None}
            for (key, fields), found in answers
        }

    def _lost(self, due: Mapping[str, Fields], there: Mapping[str, Mapping[str, bytes]]) -> dict[str, dict[str, Dated]]:
        """Put what is due; what is left since somebody else was faster is to be compared again."""
        pipe: Any = self._client.pipeline(transaction=False)
        for key, fields in due.items():
            args = [part for field, new in fields.items() for part in (field, there[key].get(field, b""), new.value)]
            self._swap(keys=[key], args=args, client=pipe)
        answers = zip(due.items(), pipe.execute() if due else (), strict=True)
        return {
            key: {name: fields[name] for name in (one.decode() for one in lost)}
            for (key, fields), lost in answers
            if lost
        }


def by_account(values: Mapping[AccountDay, Dated], key: Callable[[str], str]) -> dict[str, Fields]:
    """Values of accounts' days as fields: a hash for each account, a field for each of its days (ISO)."""
    found: dict[str, dict[str, Dated]] = {}
    for at, one in values.items():
        found.setdefault(key(at.account_id), {})[at.day.isoformat()] = one
    return dict(found)
