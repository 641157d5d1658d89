"""The shared rate limiter: one per endpoint, for all workers, handing out slots (GCRA) by Redis' own clock."""

import time

import redis

from pipeline.core.bounds import LONGEST_WAIT_S
from pipeline.core.errors import Throttled
from pipeline.state import keys

SHARE = 0.99  # of the rate: clocks and networks jitter
LONGEST_SLEEP_S = 15.0  # a longer wait is a retry at its slot, not a sleeping thread

# KEYS[1] holds the time (µs) of the next free slot. One further ahead than ARGV[1] (µs) was set by nobody: the clock
# stepped back since, and it counts as none.
_FREE = """
local t = redis.call('time')
local now = t[1] * 1000000 + t[2]
local free = tonumber(redis.call('get', KEYS[1]) or '0') or 0
if not (free >= now and free - now <= tonumber(ARGV[1])) then free = now end
local function keep(slot)
  redis.call('set', KEYS[1], string.format('%.0f', slot), 'PX', math.ceil((slot - now) / 1000) + 1000)
end
"""
# a slot is taken only if it is near enough to sleep for
_SLOT = f"""{_FREE}
local wait = free - now
if wait <= tonumber(ARGV[3]) then keep(free + ARGV[2]) end
return wait
"""
_PAUSE = f"""{_FREE}
keep(math.max(free, now + ARGV[2]))
return 1
"""


class Limiter:
    """Keeps calls below `rate` a second and endpoint."""

    def __init__(self, client: redis.Redis, rate: float, scale: float = 1) -> None:
        self._gap_us = int(1_000_000 * scale / (rate * SHARE))
        self._scale = scale
        # nobody sets a slot further ahead: a pause, behind it the longest queue, and one gap
        self._bound_us = int((LONGEST_WAIT_S + LONGEST_SLEEP_S) * 1_000_000) + self._gap_us
        self._slot = client.register_script(_SLOT)
        self._pause = client.register_script(_PAUSE)

    def wait(self, endpoint: str) -> None:
        """Return when a call to `endpoint` may be sent.

        Raises:
            Throttled: Its slot is too far away; `retry_after` says how far.
        """
        longest = int(LONGEST_SLEEP_S * 1_000_000)
        args = [self._bound_us, self._gap_us, longest]
        wait_s = int(self._slot(keys=[keys.limit(endpoint)], args=args)) / 1_000_000
        if wait_s > LONGEST_SLEEP_S:
            raise Throttled(f"{endpoint}: the next free slot is {wait_s:.0f} s away", retry_after=wait_s)
        time.sleep(wait_s)

    def pause(self, endpoint: str, seconds: float) -> None:
        """Let nobody call `endpoint` for so long, at most `LONGEST_WAIT_S`: the service asked for it."""
        pause_us = int(min(seconds, LONGEST_WAIT_S) * self._scale * 1_000_000)
        self._pause(keys=[keys.limit(endpoint)], args=[self._bound_us, pause_us])
