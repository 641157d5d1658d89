"""The states of many accounts' days as letters, without their figures: 1,000 accounts in the time of some pages."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import redis

from pipeline.core.chain import Chain
from pipeline.core.coverage.states import LETTERS
from pipeline.core.model import DayRange
from pipeline.core.outcome import DayState
from pipeline.state import keys

ACCOUNTS_AT_ONCE = 50  # a script keeps everybody else waiting for some milliseconds

# KEYS: coverage and day states of each account in turn; ARGV: days. Of each account its letters, and how many days
# besides these were loaded. How the last reading ended counts before what is loaded.
_STRIPS = f"""
local letters = {{{", ".join(f"{state}='{letter}'" for state, letter in LETTERS.items())}}}
local strips = {{}}
for at = 1, #KEYS, 2 do
  local loaded, last = redis.call('hmget', KEYS[at], unpack(ARGV)), redis.call('hmget', KEYS[at + 1], unpack(ARGV))
  local strip, others = {{}}, redis.call('hlen', KEYS[at])
  for day = 1, #ARGV do
    local letter = '{LETTERS[DayState.MISSING]}'
    if loaded[day] then
      others = others - 1
      local empty = string.find(loaded[day], '^{{"rows":0,')
      letter = empty and '{LETTERS[DayState.EMPTY]}' or '{LETTERS[DayState.LOADED]}'
    end
    if last[day] then
      letter = letters[string.match(last[day], '^{{"state":"(%l+)"')] or '{LETTERS[DayState.FAILED]}'
    end
    strip[day] = letter
  end
  strips[#strips + 1] = table.concat(strip)
  strips[#strips + 1] = others
end
return strips
"""


@dataclass(frozen=True, slots=True)
class Strip:
    """One account's days as letters (`core/coverage/states.py`), the oldest first.

    Attributes:
        older: Whether a day besides these was loaded.
    """

    letters: str
    older: bool


class Strips:
    """Reads the days in the tables of a chain, in Redis."""

    def __init__(self, client: redis.Redis, chain: Callable[[], Chain]) -> None:
        self._chain = chain
        self._client = client
        self._strips = client.register_script(_STRIPS)

    def of(self, account_ids: Sequence[str], days: DayRange) -> dict[str, Strip]:
        """The days of each account."""
        tables = self._chain()
        letters, others = defaultdict[str, str](str), defaultdict[str, int](int)
        for table_id, held in tables.spans(days):
            for account_id, (strip, count) in self._in_table(table_id, account_ids, held).items():
                letters[account_id] += strip
                others[account_id] += count
        before = tables.ids[: tables.ids.index(tables.table_of(days.first))]
        older = self._loaded_in(before, account_ids)
        return {one: Strip(letters[one], bool(others[one]) or one in older) for one in account_ids}

    def _in_table(self, table_id: str, account_ids: Sequence[str], days: DayRange) -> dict[str, tuple[str, int]]:
        asked = [day.isoformat() for day in days]
        found: dict[str, tuple[str, int]] = {}
        for start in range(0, len(account_ids), ACCOUNTS_AT_ONCE):
            some = account_ids[start : start + ACCOUNTS_AT_ONCE]
            names = [key(table_id, one) for one in some for key in (keys.coverage, keys.day_states)]
            answer: Any = self._strips(keys=names, args=asked)
            strips = zip(answer[::2], answer[1::2], strict=True)
            found |= {one: (strip.decode(), count) for one, (strip, count) in zip(some, strips, strict=True)}
        return found

    def _loaded_in(self, table_ids: Sequence[str], account_ids: Sequence[str]) -> set[str]:
        pipe: Any = self._client.pipeline(transaction=False)
        asked = [one for one in account_ids for _ in table_ids]
        for one in account_ids:
            for table_id in table_ids:
                pipe.exists(keys.coverage(table_id, one))
        return {one for one, there in zip(asked, pipe.execute(), strict=True) if there}
