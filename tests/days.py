"""Business days that pass, morning by morning: the clocks of the emulator, the product and Redis go on together.

A small world, so that a morning takes a tenth of a second: two accounts, a few rows a day, and a table that takes about
80 days of them. Figures are restated for 25 days, as in life. What the base then holds is judged from outside, by
`tests/rolled.py`.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import redis

from emulator.control.inspection import VIEWS
from emulator.server import EmulatorServer
from pipeline.core.model import CHINA
from tests.chaos.campaign.rig import Ended, NearLab, Saved, daily, restore, save
from tests.hostile import PROMOTIONS
from tests.lab import WRITES, Plain, empty

NEWEST = date(2025, 3, 31)  # figures exist up to this day; a clock before it sees only days that are over
FIRST = date(2024, 1, 1)  # a February with 29 days is near
HISTORY_DAYS = 600
SMALL = (0, 5)  # places of two accounts with 4.5 rows a day
CAP = 360  # rows of a table
SEVEN, SETTLED = time(7, 1), time(10, 35)
# lets ARGV[1] ms pass for the keys that end: each has so much less time left, and those without any are gone
AGE = """
local cursor = '0'
repeat
  local found = redis.call('SCAN', cursor, 'COUNT', 1000)
  cursor = found[1]
  for _, key in ipairs(found[2]) do
    local left = redis.call('PTTL', key)
    if left >= 0 and left <= tonumber(ARGV[1]) then
      redis.call('DEL', key)
    elseif left >= 0 then
      redis.call('PEXPIRE', key, left - tonumber(ARGV[1]))
    end
  end
until cursor == '0'
"""


@dataclass
class Days(NearLab):
    """A lab whose days pass; `day` is the newest business day that is over."""

    def __post_init__(self) -> None:
        """Go on where the emulator's clock stands."""
        self.extra["LAIKE_CLOCK_OFFSET_S"] = str(self.server.world.clock.offset_s)

    @property
    def day(self) -> date:
        """The newest business day with figures."""
        return self.server.world.oceanengine.source.last_day()

    def at(self, clock: time, days_later: int = 0) -> None:
        """Let it be so late, today or some days later. Keys of Redis that end come as much nearer to their end."""
        before = self.server.world.clock.now()
        moment = datetime.combine(self.day + timedelta(days=1 + days_later), clock, CHINA)
        self._set_clock(moment)
        passed = self.server.world.clock.now() - before
        if passed > timedelta():
            with redis.Redis.from_url(self.redis_url) as client:
                client.eval(AGE, 0, str(int(passed.total_seconds() * 1000)))

    def look(self, what: str, **params: str) -> Plain:
        """Look into the emulator, without a copy: what is found may change when the emulator does."""
        with self.server.world.lock:
            return VIEWS[what](self.server.world, params)

    def begin(self, day: date, clock: time = SEVEN) -> None:
        """Let it be the morning after a day, with a token that is good for that day."""
        self._set_clock(datetime.combine(day + timedelta(days=1), clock, CHINA))
        self.control("oauth", {"access_expires_in": 86_400, "refresh_expires_in": 30 * 86_400})

    def next_morning(self) -> Ended:
        """Let the next day's daily run come and end."""
        self.at(SEVEN, 1)
        return daily(self.bare_context())

    def mornings(self, until: date) -> Iterator[Ended]:
        """One daily run after the other, until that of a day."""
        while self.day < until:
            yield self.next_morning()

    def writes_since(self, before: Plain) -> dict[str, int]:
        """Calls that write, by endpoint, since `look("calls")["counts"]` was `before`."""
        now = self.look("calls")["counts"]
        made = {name: now.get(name, 0) - before.get(name, 0) for name in (*WRITES, "fields.create")}
        return {name: calls for name, calls in made.items() if calls}

    def _set_clock(self, moment: datetime) -> None:
        clock = self.server.world.clock
        offset_s = (moment - clock.now()).total_seconds() + clock.offset_s
        self.control("settings", {"clock_offset_s": offset_s})
        self.extra["LAIKE_CLOCK_OFFSET_S"] = str(offset_s)


@contextmanager
def calendar() -> Iterator[EmulatorServer]:
    """An emulator that has figures for the days of tests."""
    with EmulatorServer(day=NEWEST, names=PROMOTIONS) as server:
        yield server


def first_days(
    server: EmulatorServer,
    redis_url: str,
    home: Path,
    day: date = FIRST,
    cap: int = CAP,
    *,
    kept: tuple[int, ...] = SMALL,
) -> Days:
    """A fresh small world on the morning after a day, with the accounts at some places; nothing is loaded."""
    server.world.reset()
    empty(redis_url)
    days = Days(server, redis_url, home)
    for place, account_id in enumerate(days.accounts):
        if place not in kept:
            days.control("accounts/remove", {"account_id": account_id})
    days.control("settings", {"history_days": HISTORY_DAYS, "restating": True, "row_cap": cap})
    days.extra |= settings(cap)
    days.begin(day)
    days.context()  # takes the token over
    return days


def settings(cap: int = CAP) -> dict[str, str]:
    """The product's settings in a small world."""
    return {"LAIKE_LOOKBACK_DAYS": "3", "LAIKE_TABLE_MAX_ROWS": str(cap), "LAIKE_TABLE_SPLIT": "auto"}


@dataclass(frozen=True)
class Eve:
    """A world and a Redis, to come back to."""

    saved: Saved
    extra: str

    @classmethod
    def of(cls, days: Days) -> "Eve":
        """Keep a world as it is now."""
        return cls(save(days.server.world, days.redis_url, days.home), json.dumps(days.extra))

    def again(self, server: EmulatorServer, redis_url: str, home: Path) -> Days:
        """The world as it was kept."""
        restore(self.saved, server.world, redis_url, home)
        extra: dict[str, Any] = json.loads(self.extra)
        return Days(server, redis_url, home, extra=extra)
