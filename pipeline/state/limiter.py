"""The rate limiter that all workers share: slots per endpoint (GCRA) by Redis' clock."""

import time

import redis

from pipeline.core.bounds import LONGEST_WAIT_S
from pipeline.core.errors import Throttled
from pipeline.state import keys

SHARE = 0.99  # of the rate: clocks and networks jitter
LONGEST_SLEEP_S = 15.0  # for a longer wait the task retries at its slot

# KEYS[1] holds the time (µs) of the next free slot. If it is further ahead than ARGV[1] (µs), the clock stepped back
# since: start anew.
_FREE = """
local t = redis.call('time')
local now = t[1] * 1000000 + t[2]
local free = tonumber(redis.call('get', KEYS[1]) or '0') or 0
if not (free >= now and free - now <= tonumber(ARGV[1])) then free = now end
local function keep(slot)
  redis.call('set', KEYS[1], string.format('%.0f', slot), 'PX', math.ceil((slot - now) / 1000) + 1000)
end
"""
# take a slot only if it is near enough to sleep until then
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
    """Keeps calls below `rate` per second and endpoint."""

    def __init__(self, client: redis.Redis, rate: float, scale: float = 1) -> None:
        self._gap_us = int(1_000_000 * scale / (rate * SHARE))
        self._scale = scale
        # the furthest slot: a pause, the longest queue behind it, and one gap
        self._bound_us = int((LONGEST_WAIT_S + LONGEST_SLEEP_S) * 1_000_000) + self._gap_us
        self._slot = client.register_script(_SLOT)
        self._pause = client.register_script(_PAUSE)

    def wait(self, endpoint: str) -> None:
        """Return when a call to `endpoint` may be sent; `Throttled` if that is too far away, by `retry_after` s."""
        longest = int(LONGEST_SLEEP_S * 1_000_000)
        args = [self._bound_us, self._gap_us, longest]
        wait_s = int(self._slot(keys=[keys.limit(endpoint)], args=args)) / 1_000_000
        if wait_s > LONGEST_SLEEP_S:
            raise Throttled(f"{endpoint}: the next free slot is {wait_s:.0f} s away", retry_after=wait_s)
        time.sleep(wait_s)

    def pause(self, endpoint: str, seconds: float) -> None:
        """Stop calls to `endpoint` for this long, at most `LONGEST_WAIT_S`, as the service asked."""
        pause_us = int(min(seconds, LONGEST_WAIT_S) * self._scale * 1_000_000)
        self._pause(keys=[keys.limit(endpoint)], args=[self._bound_us, pause_us])
