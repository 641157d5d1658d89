"""Hash fields that keep the value read last, in whatever order values are recorded."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import redis

from pipeline.core.model import AccountDay
from pipeline.core.runs.reading import believed
from pipeline.state.store import clock

# ARGV: field, value when compared, new value, and so on, then a field that is only read, and what `then` wants;
# returns the fields that others changed since
_SWAP = """
local names, put, lost = {}, {}, {}
for i = 1, #ARGV, 3 do names[#names + 1] = ARGV[i] end
local there = redis.call('hmget', KEYS[1], unpack(names))
for n = 1, math.floor(#ARGV / 3) do
  if (there[n] or '') == ARGV[3 * n - 1] then
    put[#put + 1] = names[n]
    put[#put + 1] = ARGV[3 * n]
  else
    lost[#lost + 1] = names[n]
  end
end
if #put > 0 then redis.call('hset', KEYS[1], unpack(put)) end
--[[ then ]]
return lost
"""


@dataclass(frozen=True, slots=True)
class Dated:
    """A value and when it was read at the source; `None`: unknown, older than any other."""

    value: bytes
    read_at: datetime | None


Fields = Mapping[str, Dated]


class InOrder:
    """Replaces a field unless the new value was read earlier.

    Args:
        read_at: When a stored value was read at the source, by its bytes, key and field; `None` if unknown.
        then: Lua that runs in the same script after `put` is stored; `there` is what `names` held before.
    """

    def __init__(
        self, client: redis.Redis, read_at: Callable[[bytes, str, str], datetime | None], then: str = ""
    ) -> None:
        self._client, self._read_at = client, read_at
        self._swap = client.register_script(_SWAP.replace("--[[ then ]]", then))

    def put(
        self,
        values: Mapping[str, Fields],
        now: datetime | None,
        *,
        beside: Mapping[str, str] | None = None,
        more: Sequence[str | int] = (),
    ) -> None:
        """Put each value, by key and field, unless a newer one is there.

        Args:
            now: The clock that dates readings; a later time counts as the oldest. Default: Redis' clock.
            beside: The further key that `then` is about, by key.
            more: A field that is only read, and what else `then` wants: one or two.
        """
        if not values:
            return
        left, moment = values, now or clock(self._client)
        while left:
            there = self._there(left)
            due = {key: dict(self._due(key, fields, there[key], moment)) for key, fields in left.items()}
            left = self._lost({key: fields for key, fields in due.items() if fields}, there, beside or {}, more)

    def _due(self, key: str, fields: Fields, there: Mapping[str, bytes], now: datetime) -> Iterator[tuple[str, Dated]]:
        for field, new in fields.items():
            stored = there.get(field)
            if stored is None or believed(self._read_at(stored, key, field), now) <= believed(
                new.read_at, new.read_at or now
            ):
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

    def _lost(
        self,
        due: Mapping[str, Fields],
        there: Mapping[str, Mapping[str, bytes]],
        beside: Mapping[str, str],
        more: Sequence[str | int],
    ) -> dict[str, dict[str, Dated]]:
        """Put what is due; returns fields that others changed meanwhile, to be compared again."""
        pipe: Any = self._client.pipeline(transaction=False)
        for key, fields in due.items():
            args = [part for field, new in fields.items() for part in (field, there[key].get(field, b""), new.value)]
            self._swap(keys=[key, beside.get(key, key)], args=[*args, *more], client=pipe)
        answers = zip(due.items(), pipe.execute() if due else (), strict=True)
        return {
            key: {name: fields[name] for name in (one.decode() for one in lost)}
            for (key, fields), lost in answers
            if lost
        }


def by_key(values: Mapping[AccountDay, Dated], key: Callable[[AccountDay], str]) -> dict[str, Fields]:
    """A hash for each account and table, with a field for each of its days (ISO)."""
    found: dict[str, dict[str, Dated]] = {}
    for at, one in values.items():
        found.setdefault(key(at), {})[at.day.isoformat()] = one
    return dict(found)
