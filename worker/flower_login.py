"""The login of Flower: who fails waits before the next look, longer each time, and it is logged. Flower does neither.

The wait is per address, and so is the queue before it: attempts at the same time are looked at one after the other.
What was tried is in no log: a mistyped password may be in either half of it.
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
PATIENCE_S = 30.0  # whose turn is later is sent away at once
FORGOTTEN_S = 600.0  # after so long without an attempt
ADDRESSES = 1_000  # whose failures are remembered
WRONG, TOO_MANY = 401, 429  # HTTP

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Failures:
    count: int = 0
    free_at: float = 0.0


@dataclass(slots=True)
class Throttle:
    """Lets attempts through one by one and address, the slower the more of them failed."""

    now: Callable[[], float] = time.monotonic
    _known: dict[str, _Failures] = field(default_factory=dict)

    def wait_s(self, who: str) -> float | None:
        """In how many seconds it is an attempt's turn; `None`: too many wait before it."""
        known = self._known.get(who)
        if known is None or self.now() > known.free_at + FORGOTTEN_S:
            self._known.pop(who, None)
            return 0.0
        turn = max(self.now(), known.free_at)
        if turn - self.now() > PATIENCE_S:
            return None
        known.free_at = turn + _pause(known.count)
        return turn - self.now()

    def failed(self, who: str) -> int:
        """Note that an attempt failed; how many did by now."""
        known = self._known.setdefault(who, _Failures())
        known.count += 1
        known.free_at = max(known.free_at, self.now() + _pause(known.count))
        if len(self._known) > ADDRESSES:
            self._known.pop(min(self._known, key=lambda one: self._known[one].free_at))
        return known.count

    def passed(self, who: str) -> None:
        """Forget the failures of an address."""
        self._known.pop(who, None)


def is_login(header: str, logins: Sequence[str]) -> bool:
    """Whether an `Authorization` header holds one of some logins; how long that takes does not tell how near it is."""
    kind, _, packed = header.strip().partition(" ")
    try:
        given = b64decode(packed.strip(), validate=True)
    except ValueError:
        return False
    return kind.lower() == "basic" and True in [hmac.compare_digest(given, one.encode()) for one in logins]


def install(throttle: Throttle) -> None:
    """Look at the login of each request before Flower does."""

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

    for handler in (
        BaseHandler,
        BaseApiHandler,
    ):  # the latter has one of its own, which matters without a login
        handler.prepare = prepare


def _pause(failures: int) -> float:
    return min(LONGEST_S, FIRST_S * 2.0 ** min(failures - 1, 10))
