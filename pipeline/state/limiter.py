"""The shared rate limiter: one per endpoint, for all workers, handing out slots (GCRA) by Redis' own clock."""

import time

import redis

from pipeline.core.errors import Throttled
from pipeline.state import keys

SHARE = 0.99  # of the rate: clocks and networks jitter
LONGEST_SLEEP_S = 15.0  # a longer wait is a retry at its slot, not a sleeping thread

# KEYS[1] holds the time (µs) of the next free slot; a slot is taken only if it is near enough to sleep for
_SLOT = """
local t = redis.call('time')
local now = t[1] * 1000000 + t[2]
local slot = math.max(now, tonumber(redis.call('get', KEYS[1]) or '0'))
local wait = slot - now
if wait > tonumber(ARGV[2]) then return wait end
local nxt = slot + tonumber(ARGV[1])
redis.call('set', KEYS[1], string.format('%.0f', nxt), 'PX', math.ceil((nxt - now) / 1000) + 1000)
return wait
"""
_PAUSE = """
local t = redis.call('time')
local now = t[1] * 1000000 + t[2]
local slot = math.max(now + tonumber(ARGV[1]), tonumber(redis.call('get', KEYS[1]) or '0'))
redis.call('set', KEYS[1], string.format('%.0f', slot), 'PX', math.ceil((slot - now) / 1000) + 1000)
return 1
"""


class Limiter:
    """Keeps calls below `rate` a second and endpoint."""

    def __init__(self, client: redis.Redis, rate: float, scale: float = 1) -> None:
        self._gap_us = int(1_000_000 * scale / (rate * SHARE))
        self._scale = scale
        self._slot = client.register_script(_SLOT)
        self._pause = client.register_script(_PAUSE)

    def wait(self, endpoint: str) -> None:
        """Return when a call to `endpoint` may be sent.

        Raises:
            Throttled: Its slot is too far away; `retry_after` says how far.
        """
        longest = int(LONGEST_SLEEP_S * 1_000_000)
        wait_s = int(self._slot(keys=[keys.limit(endpoint)], args=[self._gap_us, longest])) / 1_000_000
        if wait_s > LONGEST_SLEEP_S:
            raise Throttled(f"{endpoint}: the next free slot is {wait_s:.0f} s away", retry_after=wait_s)
        time.sleep(wait_s)

    def pause(self, endpoint: str, seconds: float) -> None:
        """Let nobody call `endpoint` for so long: the service asked for it."""
        self._pause(keys=[keys.limit(endpoint)], args=[int(seconds * self._scale * 1_000_000)])
