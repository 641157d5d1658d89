"""Flower's login, throttled: after each failure an address waits longer, and the failure is logged.

Attempts of one address are checked one after the other. What was typed is not logged: either half may be a password.
"""

import asyncio
import hmac
import logging
from base64 import b64decode
from collections.abc import Sequence
from typing import Any

from flower.api import BaseApiHandler
from flower.views import BaseHandler
from tornado.web import HTTPError

from worker.throttle import Throttle

WRONG, TOO_MANY = 401, 429  # HTTP

log = logging.getLogger(__name__)


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
