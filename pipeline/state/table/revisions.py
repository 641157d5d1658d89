"""The log of revisions of one table: what each batch of a run changed after it was first loaded.

A field holds one batch: a line about it, then its revisions, compressed. The oldest batches are dropped when they are
90 days old, or when all together are too large; the field `cut` has the time of the newest batch dropped for its size.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import redis

from pipeline.core.table.revisions import Batch, Head
from pipeline.state import codec, unread
from pipeline.state.table import keys

KEPT = timedelta(days=90)
SIZE_MAX = 3 * 1024 * 1024  # of a table's fields
READ_AT_ONCE = 8  # batches
CUT = "cut"

# A batch that is written again keeps its place. Returns nothing.
_PUT = """
local names, mine = {}, ARGV[1] .. ' ' .. ARGV[2]
for _, name in ipairs(redis.call('hkeys', KEYS[1])) do
  if string.sub(name, 12) == ARGV[2] then
    mine = name
  elseif name ~= 'cut' then
    names[#names + 1] = name
  end
end
if ARGV[3] == '' then
  redis.call('hdel', KEYS[1], mine)
else
  redis.call('hset', KEYS[1], mine, ARGV[3])
  names[#names + 1] = mine
end
table.sort(names, function(one, other) return one > other end)
local size, dropped = 0, false
for _, name in ipairs(names) do
  size = size + redis.call('hstrlen', KEYS[1], name)
  if name < ARGV[4] then
    redis.call('hdel', KEYS[1], name)
  elseif size > tonumber(ARGV[5]) then
    if not dropped then redis.call('hset', KEYS[1], 'cut', string.sub(name, 1, 10)) end
    dropped = true
    redis.call('hdel', KEYS[1], name)
  end
end
redis.call('expire', KEYS[1], ARGV[6])
"""


class Revisions:
    """The log of one table, in Redis."""

    def __init__(self, client: redis.Redis, table_id: str, size_max: int = SIZE_MAX) -> None:
        self._client, self._key, self._size_max = client, keys.revisions(table_id), size_max
        self._put = client.register_script(_PUT)

    def put(self, batch_id: str, head: Head, lines: Sequence[str]) -> None:
        """Record a batch, or record it anew; without lines it is forgotten."""
        data = codec.dump(head, Head) + b"\n" + Batch.of(head, lines).packed if lines else b""
        oldest, kept_s = _place(head.at - KEPT), int(KEPT.total_seconds())
        self._put(keys=[self._key], args=[_place(head.at), batch_id, data, oldest, self._size_max, kept_s])

    def batches(self, now: datetime) -> Iterator[Batch]:
        """The batches, the newest first, read a few at a time."""
        found: Any = ()
        with unread.sparing():
            found = self._client.hkeys(self._key)
        oldest = _place(now - KEPT).encode()
        left = iter(sorted((name for name in found if name != CUT.encode() and name >= oldest), reverse=True))
        while some := list(islice(left, READ_AT_ONCE)):
            values: Any = self._client.hmget(self._key, some)
            there = {name: data for name, data in zip(some, values, strict=True) if data is not None}
            yield from (batch for _, batch in unread.readable(there, self._key, _batch))

    def cut_at(self, now: datetime) -> datetime | None:
        """The time up to which batches were dropped for their size; `None` if none of the last 90 days were."""
        with unread.sparing():
            said: Any = self._client.hget(self._key, CUT)
            when = unread.parsed(_moment, said, self._key, CUT) if said else None
            return when if when and when >= now - KEPT else None
        return None


def _place(moment: datetime) -> str:
    """A time so that fields sort by it."""
    return f"{int(moment.timestamp()):010d}"


def _moment(said: str) -> datetime:
    return datetime.fromtimestamp(int(said), UTC)


def _batch(data: bytes, key: str, name: str) -> Batch:
    head, _, packed = data.partition(b"\n")
    return Batch(codec.load(Head, head, key, name), packed)
