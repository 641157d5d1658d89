"""Leases: locks that a thread renews and that expire soon after their holder dies.

A base has a writer lease, since Feishu takes one write at a time per base; a request is sent only if the lease
outlasts the request's timeout. Each step of a run has a lease, so that a second delivery waits for the first.
"""

import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import redis

from pipeline.core.errors import Busy, DeadlinePassed, Retryable
from pipeline.core.unreadable import Unreadable

LEASE_S = 20.0  # longer than a write's timeout of 15 s, short enough to wait for after a kill
LONGEST_LEASE_S = 600.0  # the most that settings allow
RENEW_S = 2.0
POLL_S = 0.05

# A lease longer than any setting allows was left by a dead holder before Redis' clock stepped back: take it over. The
# client repeats a command whose answer was lost, so the holder itself may ask again.
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
    """A lock that is ours until `ensure` raises."""

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
        """Return only if the lease is ours for at least this long; `Retryable` if it was lost to another holder."""
        if self._until - time.monotonic() < seconds:
            self._extend()
        if self._until - time.monotonic() < seconds:
            raise Retryable(f"the lease {self.key} was lost to another holder")

    def take(self) -> bool:
        """Take the lease if it is free; whether it is ours."""
        asked = time.monotonic()
        ms = int(self._seconds * 1000)
        if not self._client.set(self.key, self.mine, nx=True, px=ms):
            args: list[str | int] = [self.mine, ms, int(LONGEST_LEASE_S * 1000)]
            if not self._take_over(keys=[self.key], args=args):
                return False
        self._until = asked + self._seconds
        return True

    def keep(self) -> None:
        """Renew until `release`; runs in a thread."""
        while not self._stop.wait(min(RENEW_S, self._seconds / 4)):
            try:
                self._extend()
                self._on_renew()
            except (redis.RedisError, Unreadable):
                continue  # `ensure` counts the seconds and stops the writer in time

    def release(self) -> None:
        """Give the lease back if it is still ours."""
        self._stop.set()
        self._release(keys=[self.key], args=[self.mine])

    def _extend(self) -> None:
        asked = time.monotonic()
        renewed = self._renew(keys=[self.key], args=[self.mine, int(self._seconds * 1000)])
        self._until = asked + self._seconds if renewed else 0.0  # lost: it ends now


def held(client: redis.Redis, key: str) -> bool:
    """Whether the lease is taken."""
    return bool(client.exists(key))


@contextmanager
def hold(
    client: redis.Redis,
    key: str,
    time_left: Callable[[], float],
    seconds: float = LEASE_S,
    *,
    on_wait: Callable[[], object] = lambda: None,
    give_way: Callable[[], bool] = lambda: False,
) -> Iterator[Lease]:
    """Wait for the lease and hold it for the block.

    Args:
        on_wait: Called at each look while another holds it.
        give_way: Whether to leave it to others although it is free.

    Raises:
        DeadlinePassed: Another holder kept it too long.
    """
    lease = Lease(client, key, seconds)
    while give_way() or not lease.take():
        if time_left() <= 0:
            raise DeadlinePassed(f"another holder kept {key} until no time was left")
        on_wait()
        time.sleep(POLL_S)
    with _kept(lease):
        yield lease


@contextmanager
def claim(client: redis.Redis, key: str, seconds: float, on_renew: Callable[[], None]) -> Iterator[Lease]:
    """Hold a step's lease for the block; `on_renew` is called at each renewal. `Busy` if a living process has it."""
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
