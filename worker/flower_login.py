"""Flower's login, throttled: after each failure an address waits longer, and the failure is logged.

Attempts of one address are checked one after the other. What was typed is not logged: either half may be a password.
"""

import asyncio
import hmac
import logging
import time
from base64 import b64decode
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from flower.api import BaseApiHandler
from flower.views import BaseHandler
from tornado.web import HTTPError

FIRST_S, LONGEST_S = 0.5, 10.0  # the pause after one failure, and after many
PATIENCE_S = 30.0  # an attempt that would wait longer is refused at once
FORGOTTEN_S = 600.0  # without an attempt, until failures are forgotten
ADDRESSES = 1_000  # whose failures are remembered
WRONG, TOO_MANY = 401, 429  # HTTP

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Failures:
    count: int = 0
    free_at: float = 0.0


@dataclass(slots=True)
class Throttle:
    """Lets attempts of an address pass one by one, the slower the more of them failed."""

    now: Callable[[], float] = time.monotonic
    _failures: dict[str, _Failures] = field(default_factory=dict)

    def wait_s(self, who: str) -> float | None:
        """Seconds until an attempt may be checked; `None` if too many wait before it."""
        failures = self._failures.get(who)
        if failures is None or self.now() > failures.free_at + FORGOTTEN_S:
            self._failures.pop(who, None)
            return 0.0
        turn = max(self.now(), failures.free_at)
        if turn - self.now() > PATIENCE_S:
            return None
        failures.free_at = turn + _pause(failures.count)
        return turn - self.now()

    def failed(self, who: str) -> int:
        """Count a failed attempt; return how many have failed."""
        failures = self._failures.setdefault(who, _Failures())
        failures.count += 1
        failures.free_at = max(failures.free_at, self.now() + _pause(failures.count))
        if len(self._failures) > ADDRESSES:
            self._failures.pop(min(self._failures, key=lambda one: self._failures[one].free_at))
        return failures.count

    def passed(self, who: str) -> None:
        """Forget the failures of an address."""
        self._failures.pop(who, None)


def is_login(header: str, logins: Sequence[str]) -> bool:
    """Whether an `Authorization` header holds one of these logins, whose comparison takes constant time."""
    kind, _, packed = header.strip().partition(" ")
    try:
        given = b64decode(packed.strip(), validate=True)
    except ValueError:
        return False
    return kind.lower() == "basic" and True in [hmac.compare_digest(given, one.encode()) for one in logins]


def install(throttle: Throttle) -> None:
    """Check the login of each request before Flower does."""

    async def prepare(handler: Any) -> None:  # noqa: ANN401 Flower has no types
        header, logins = handler.request.headers.get("Authorization"), handler.application.options.basic_auth
        if header is None or not logins:
            return
        who = handler.request.remote_ip
        wait = throttle.wait_s(who)
        if wait is None:
            raise HTTPError(TOO_MANY)
        if wait:
            await asyncio.sleep(wait)
        if is_login(header, logins):
            throttle.passed(who)
            return
        log.warning("login failed: %s, for the %d. time", who, throttle.failed(who))
        raise HTTPError(WRONG)

    for handler in (BaseHandler, BaseApiHandler):  # the latter's own `prepare` only matters without a login
        handler.prepare = prepare


def _pause(failures: int) -> float:
    return min(LONGEST_S, FIRST_S * 2.0 ** min(failures - 1, 10))
