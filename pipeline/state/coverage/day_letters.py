"""One letter for each day of an account in a table, so that the days of a thousand accounts are read at once.

They are two lines beside the account's last outcomes, in the same hash: `letters` sums up how the last readings ended,
`loaded` what is loaded. A line is written by the script that writes what it sums up, so the two always agree; one that
is lost or torn, or that an older release did not keep, is made again from the days. A line is its first month, then 31
letters a month, blank where nothing is known.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import islice
from typing import Any

import redis

from pipeline.core.chain import Chain
from pipeline.core.coverage.letters import Line, Lines
from pipeline.core.coverage.states import LETTERS
from pipeline.state import keys

MADE_AT_ONCE = 20  # 400 days of an account take Redis about a millisecond, and it does nothing else meanwhile
READ_AT_ONCE = 1000
LAST, LOADED = keys.LINES
Place = tuple[str, str]  # table and account

_LETTERS = ", ".join(f"{state.value} = '{letter}'" for state, letter in LETTERS.items())
_LINES = (
    f"local LETTERS = {{ {_LETTERS} }}"
    + """
local function of_last(value) return LETTERS[value:match('"state":"(%a+)"')] or ' ' end
local function of_loaded(value) return value:match('"rows":(%d+)') == '0' and LETTERS.empty or LETTERS.loaded end
local function month(day) return tonumber(day:sub(1, 4)) * 12 + tonumber(day:sub(6, 7)) - 1 end
local function place(line, day) return (month(day) - month(line)) * 31 + tonumber(day:sub(9, 10)) + 7 end
local function iso(line, at)
  local months, day = month(line) + math.floor((at - 8) / 31), (at - 8) % 31 + 1
  return string.format('%04d-%02d-%02d', math.floor(months / 12), months % 12 + 1, day)
end
local function sound(line) return line and (line == '' or line:find('^[12]%d%d%d%-[01]%d[%w%- ]*$')) and line end
local function said(line, day)
  local at = line == '' and 0 or place(line, day)
  return at > 7 and at <= #line and line:sub(at, at) or ' '
end
local function noted(line, day, letter)
  if line == '' then line = day:sub(1, 7) end
  local before = month(line) - month(day)
  if before > 0 then line = day:sub(1, 7) .. (' '):rep(31 * before) .. line:sub(8) end
  local at = place(line, day)
  if at > #line then line = line .. (' '):rep(math.ceil((at - #line) / 31) * 31) end
  return line:sub(1, at - 1) .. letter .. line:sub(at + 1)
end
local function made(key, letter)
  local line, found = '', redis.call('hgetall', key)
  for i = 1, #found, 2 do
    if found[i]:find('^%d%d%d%d%-%d%d%-%d%d$') then line = noted(line, found[i], letter(found[i + 1])) end
  end
  return line
end
"""
)
# made again if it did not say what was there before: then an older release wrote, or a key was lost
_AFTER = (
    _LINES
    + """
local function after(line, letter)
  for n = 1, math.floor(#ARGV / 3) do
    local before = there[n] and letter(there[n]) or ' '
    if not sound(line) or said(line, names[n]) ~= before then return made(KEYS[1], letter) end
  end
  for i = 1, #put, 2 do line = noted(line, put[i], letter(put[i + 1])) end
  return line
end
"""
)
AFTER_LOADED = (
    _AFTER
    + f"""
local line = redis.call('hget', KEYS[2], '{LOADED}')
local new = after(line, of_loaded)
if new ~= line then redis.call('hset', KEYS[2], '{LOADED}', new) end
"""
)
# the arguments end with the field of the line, which is read with the others, and the oldest day that is kept
AFTER_LAST = (
    _AFTER
    + f"""
local line, oldest = there[#names], ARGV[#ARGV]
local new, gone = after(line, of_last), {{}}
local first = new == '' and 8 or place(new, oldest)
for at = 8, math.min(first - 1, #new) do
  if new:sub(at, at) ~= ' ' then gone[#gone + 1] = iso(new, at) end
end
if first > 8 then
  new = first > #new and '' or oldest:sub(1, 7) .. (' '):rep((first - 8) % 31) .. new:sub(first)
end
if #gone > 0 then redis.call('hdel', KEYS[1], unpack(gone)) end
if new ~= line then redis.call('hset', KEYS[1], '{LAST}', new) end
redis.call('expire', KEYS[1], {keys.HISTORY_TTL_S})
"""
)
_MAKE = (
    _LINES
    + f"""
local last, loaded = made(KEYS[1], of_last), made(KEYS[2], of_loaded)
if last ~= '' or loaded ~= '' then redis.call('hset', KEYS[1], '{LAST}', last, '{LOADED}', loaded) end
return {{ last, loaded }}
"""
)
# one text for all, since thousands of small answers take Python longer than Redis
_READ = (
    _LINES
    + f"""
local found = {{}}
for n, key in ipairs(KEYS) do
  local lines = redis.call('hmget', key, '{LAST}', '{LOADED}')
  local some = sound(lines[1]) and sound(lines[2]) and (lines[1] .. lines[2]) ~= ''
  found[n] = some and lines[1] .. '\\t' .. lines[2] or ''
end
return table.concat(found, '\\n')
"""
)


class DayLetters:
    """The lines of the tables of a chain, in Redis."""

    def __init__(self, client: redis.Redis, chain: Callable[[], Chain]) -> None:
        self._client, self._chain = client, chain
        self._make, self._read = client.register_script(_MAKE), client.register_script(_READ)

    def of(self, account_ids: Collection[str]) -> dict[str, tuple[Lines, ...]]:
        """The lines of each account in each table, the oldest table first."""
        tables = self._chain().ids
        places = [(table_id, account_id) for account_id in account_ids for table_id in tables]
        kept = {place: lines for some in _some(places, READ_AT_ONCE) for place, lines in self._kept(some)}
        found = kept | self._made([place for place in places if place not in kept])
        return {
            account_id: tuple(Lines(*map(Line.read, found[table_id, account_id])) for table_id in tables)
            for account_id in account_ids
        }

    def _kept(self, places: Sequence[Place]) -> Iterator[tuple[Place, list[bytes]]]:
        """Lines that are there; none of a place that lacks one of its two."""
        said: Any = self._read(keys=[keys.day_states(*place) for place in places])
        return ((place, both.split(b"\t")) for place, both in zip(places, said.split(b"\n"), strict=True) if both)

    def _made(self, places: Collection[Place]) -> dict[Place, list[bytes]]:
        """Make lines again, those of some accounts at a time, and keep them; nothing is kept of an unknown account."""
        return {
            place: lines
            for some in _some(places, MADE_AT_ONCE)
            for place, lines in zip(some, self._run(some), strict=True)
        }

    def _run(self, places: Collection[Place]) -> list[list[bytes]]:
        pipe: Any = self._client.pipeline(transaction=False)
        for place in places:
            self._make(keys=[keys.day_states(*place), keys.coverage(*place)], client=pipe)
        made: list[list[bytes]] = pipe.execute()
        return made


def _some(places: Collection[Place], most: int) -> Iterator[list[Place]]:
    left = iter(places)
    while some := list(islice(left, most)):
        yield some
