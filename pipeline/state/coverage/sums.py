"""Sums of what is loaded, made where the days are: a year of a thousand accounts is 400,000 of them.

Lua counts whole numbers exactly, so figures are added as such, in 1/10,000. An account with a figure that does not fit,
or a day that cannot be read, is added up here.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from decimal import Decimal

import redis

from pipeline.core.chain import Chain
from pipeline.core.coverage.day import Loaded
from pipeline.core.coverage.history import Figures, Sum, added, sum_of
from pipeline.core.model import AccountDay, DayRange
from pipeline.core.unreadable import Unreadable
from pipeline.state import keys

Read = Callable[[Iterable[AccountDay]], Mapping[AccountDay, Loaded]]

DAYS_AT_ONCE = 2_000  # Redis adds up so many in about 5 ms, and does nothing else meanwhile
AN_ACCOUNT = 4  # takes as long as so many days
UNITS = 10_000

# of each account: days, rows, cost, conversions, days with unknown conversions; or nothing, if one is unfit
_SUM = """
local function units(figure)
  if type(figure) ~= 'string' or figure:find('[^%d.]') then return nil end
  local dot = figure:find('.', 1, true) or #figure + 1
  return dot < 10 and #figure - dot < 5 and math.floor(tonumber(figure) * 10000 + 0.5)
end
local function figures(value)
  local read, day = pcall(cjson.decode, value)
  if not read or type(day) ~= 'table' or type(day.rows) ~= 'number' then return nil end
  local said = type(day.totals) == 'table'
  return day.rows, units(day.cost), said and units(day.totals.conversions) or not said and 0,
    (said or day.checksum ~= '') and 0 or 1
end
local function sum(key)
  local days, rows, cost, conversions, unknown = 0, 0, 0, 0, 0
  for _, value in ipairs(redis.call('hmget', key, unpack(ARGV))) do
    if value then
      local of, spent, converted, unsaid = figures(value)
      if not spent or not converted then return '' end
      days, rows, cost = days + 1, rows + of, cost + spent
      conversions, unknown = conversions + converted, unknown + unsaid
    end
  end
  return ('%d %d %.0f %.0f %d'):format(days, rows, cost, conversions, unknown)
end
local sums = {}
for i, key in ipairs(KEYS) do sums[i] = sum(key) end
return sums
"""


class Sums:
    """Adds up what was last loaded into the tables of a chain; `read`: the days one by one."""

    def __init__(self, client: redis.Redis, chain: Callable[[], Chain], read: Read) -> None:
        self._chain, self._read = chain, read
        self._sum = client.register_script(_SUM)

    def of(self, account_ids: Collection[str], days: DayRange) -> dict[str, Sum]:
        """What is loaded of each account in a range; days that never were are left out."""
        ids, parts = list(account_ids), defaultdict[str, list[Sum]](list)
        for table_id, held in self._chain().spans(days):
            size = max(1, DAYS_AT_ONCE // (AN_ACCOUNT + len(held)))
            for some in (ids[at : at + size] for at in range(0, len(ids), size)):
                for account_id, part in zip(some, self._of_table(table_id, some, held), strict=True):
                    parts[account_id].append(part)
        return {account_id: _together(parts[account_id]) for account_id in ids}

    def _of_table(self, table_id: str, account_ids: list[str], days: DayRange) -> list[Sum]:
        """The sums of some accounts: one call, so that others have their turn between two."""
        wanted = [day.isoformat() for day in days]
        try:
            said: list[bytes] = self._sum([keys.coverage(table_id, account_id) for account_id in account_ids], wanted)
        except Unreadable:  # of one of them
            said = [b""] * len(account_ids)
        return [
            _read(one) if one else self._plain(account_id, days)
            for account_id, one in zip(account_ids, said, strict=True)
        ]

    def _plain(self, account_id: str, days: DayRange) -> Sum:
        return sum_of(self._read(AccountDay(account_id, day) for day in days).values())


def _read(said: bytes) -> Sum:
    days, rows, cost, conversions, unknown = map(int, said.split())
    known = None if unknown else Decimal(conversions) / UNITS
    return Sum(Figures(rows, Decimal(cost) / UNITS, known), days)


def _together(parts: list[Sum]) -> Sum:
    if len(parts) == 1:
        return parts[0]
    return Sum(added([one.figures for one in parts]), sum(one.days for one in parts))
