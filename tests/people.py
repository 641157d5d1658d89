"""The people of the console in tests, whose passwords are hashed once in a process and never in a fork of it."""

import functools

from console.who.logins import Logins

ACTOR, VIEWER = "wang:a long password 1", "li:a long password 2"


@functools.cache
def logins() -> Logins:
    """Who may act and who may only look."""
    return Logins([(ACTOR, True), (VIEWER, False)])
