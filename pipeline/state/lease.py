"""Leases: held by whoever set the key, renewed by a thread, gone soon after their holder is.

The base's writer lock is one, since Feishu takes one write at a time per base: a request is sent only if the lease
outlives the request's timeout. Each step of a run is another, so that a second delivery meets the first.
"""

import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import redis

from pipeline.core.errors import Busy, DeadlinePassed, Retryable

LEASE_S = 20.0  # longer than a write's timeout of 15 s, short enough to wait for after a kill
LONGEST_LEASE_S = 600.0  # of any that the settings allow
RENEW_S = 2.0
POLL_S = 0.05

# A lease that ends later than anybody's was left by a dead holder, before the clock of Redis stepped back. Whoever has
# it finds itself when it asks again: the client repeats a command whose answer was lost.
_TAKE_OVER = """
if redis.call('pttl', KEYS[1]) > tonumber(ARGV[3]) then redis.call('set', KEYS[1], ARGV[1], 'PX', ARGV[2]) end
return redis.call('get', KEYS[1]) == ARGV[1] and 1 or 0
"""
_RENEW = """
if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('pexpire', KEYS[1], ARGV[2]) end
return 0
"""
_RELEASE = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0"


class Lease:
    """A lock that is ours until `ensure` says otherwise."""

    def __init__(
        self, client: redis.Redis, key: str, seconds: float = LEASE_S, on_renew: Callable[[], None] = lambda: None
    ) -> None:
        self.key, self.mine = key, secrets.token_hex(8)
        self._seconds, self._on_renew = seconds, on_renew
        self._client = client
        self._take_over = client.register_script(_TAKE_OVER)
        self._renew = client.register_script(_RENEW)
        self._release = client.register_script(_RELEASE)
        self._until = 0.0
        self._stop = threading.Event()

    def ensure(self, seconds: float) -> None:
        """Return only if the lease is ours for at least so long.

        Raises:
            Retryable: It was lost to another holder.
        """
        if self._until - time.monotonic() < seconds:
            self._extend()
        if self._until - time.monotonic() < seconds:
            raise Retryable(f"the lease {self.key} was lost to another holder")

    def take(self) -> bool:
        """Take the lease if nobody has it."""
        asked = time.monotonic()
        ms = int(self._seconds * 1000)
        if not self._client.set(self.key, self.mine, nx=True, px=ms):
            args: list[str | int] = [self.mine, ms, int(LONGEST_LEASE_S * 1000)]
            if not self._take_over(keys=[self.key], args=args):
                return False
        self._until = asked + self._seconds
        return True

    def keep(self) -> None:
        """Renew until `release`; runs in a thread of its own."""
        while not self._stop.wait(min(RENEW_S, self._seconds / 4)):
            try:
                self._extend()
                self._on_renew()
            except redis.RedisError:
                continue  # `ensure` counts the seconds itself and stops the writer in time

    def release(self) -> None:
        """Give the lease back, unless it is somebody else's by now."""
        self._stop.set()
        self._release(keys=[self.key], args=[self.mine])

    def _extend(self) -> None:
        asked = time.monotonic()
        renewed = self._renew(keys=[self.key], args=[self.mine, int(self._seconds * 1000)])
        self._until = asked + self._seconds if renewed else 0.0  # what is lost is not ours to its end


def held(client: redis.Redis, key: str) -> bool:
    """Whether somebody has the lease just now."""
    return bool(client.exists(key))


@contextmanager
def hold(client: redis.Redis, key: str, time_left: Callable[[], float], seconds: float = LEASE_S) -> Iterator[Lease]:
    """Wait for the lease and hold it for the block.

    Raises:
        DeadlinePassed: Somebody else kept it until there was no time left.
    """
    lease = Lease(client, key, seconds)
    while not lease.take():
        if time_left() <= 0:
            raise DeadlinePassed(f"somebody else kept {key} until there was no time left")
        time.sleep(POLL_S)
    with _kept(lease):
        yield lease


@contextmanager
def claim(client: redis.Redis, key: str, seconds: float, on_renew: Callable[[], None]) -> Iterator[Lease]:
    """Hold a step's lease for the block; `on_renew` is called as long as it lives.

    Raises:
        Busy: A living process holds it.
    """
    lease = Lease(client, key, seconds, on_renew)
    if not lease.take():
        raise Busy(f"{key} is held by a living process")
    with _kept(lease):
        yield lease


@contextmanager
def _kept(lease: Lease) -> Iterator[None]:
    threading.Thread(target=lease.keep, name="lease", daemon=True).start()
    try:
        yield
    finally:
        lease.release()
