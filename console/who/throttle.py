"""Attempts to log in: slower after each failure, for the address and for the name; other pages notice nothing.

    attempts = Attempts()                                                                # once, when the site is built
    person = await attempts.one(address, name, lambda: logins.check(name, password))     # TooMany: answer 429

It waits without a thread. An address is a visitor's own only if the proxy's word is believed: `console.who.proxies`.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address

import structlog

from console.who.logins import Person
from worker.throttle import PATIENCE_S, Throttle

WAITING = 64  # attempts that may wait at a time
FAMILIAR = 256  # pairs of address and name that are remembered
_NETWORK_BITS = 64  # whoever has one IPv6 address has its whole network

log = structlog.get_logger()


class TooMany(Exception):
    """Too many attempts wait already: answer 429 at once."""

    retry_after_s = int(PATIENCE_S)


@dataclass(slots=True)
class Attempts:
    """Slows guesses by one address at any name, and guesses by many addresses at one name.

    Where a name once came in from, only that address's own failures count: strangers' guesses at it lock nobody out.
    """

    addresses: Throttle = field(default_factory=Throttle)
    names: Throttle = field(default_factory=Throttle)
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    _waiting: int = 0
    _familiar: dict[tuple[str, str], None] = field(default_factory=dict)

    async def one(self, address: str, name: str, check: Callable[[], Awaitable[Person | None]]) -> Person | None:
        """Who it is, after the wait; `None` if the login is wrong.

        Raises:
            TooMany: Too many wait before it.
        """
        origin = _origin(address)
        wait = None if self._waiting >= WAITING else self._wait_s(origin, name)
        if wait is None:
            raise TooMany
        self._waiting += 1
        try:
            # counted before it is checked: of a thousand at once, the second one waits already
            failures = self.addresses.failed(origin, wait), self.names.failed(name, wait)
            await self.sleep(wait)
            person = await check()
        finally:
            self._waiting -= 1
        if person is None:
            log.warning("console_login_failed", address=origin, failures=max(failures))  # a name may be a password
        else:
            self._passed(origin, name)
        return person

    def _wait_s(self, origin: str, name: str) -> float | None:
        by_address = self.addresses.wait_s(origin)
        if by_address is None or (origin, name) in self._familiar:
            return by_address
        by_name = self.names.wait_s(name)
        return None if by_name is None else max(by_address, by_name)

    def _passed(self, origin: str, name: str) -> None:
        self.addresses.passed(origin)
        self.names.passed(name)
        self._familiar.pop((origin, name), None)
        self._familiar[origin, name] = None
        if len(self._familiar) > FAMILIAR:
            self._familiar.pop(next(iter(self._familiar)))


def _origin(address: str) -> str:
    """The address, of IPv6 only its network."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(IPv6Address(int(parsed) >> _NETWORK_BITS << _NETWORK_BITS))
