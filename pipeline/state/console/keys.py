"""Every Redis key of the console: its type, its TTL, and the cost of losing it.

| key | type | TTL | if it is lost |
|---|---|---|---|
| laike:v1:console:session:<digest> | hash | 12 h without a visit, at most 7 days | that visitor logs in again |
| laike:v1:console:acts | sorted set by time, of 1,000 | 400 days | history: who did what |
| laike:v1:console:acts:<run> | list of 100 | 400 days | the run does not say who began it |
| laike:v1:console:state:<digest> | string | 600 s | an authorization that has begun is begun again |
| laike:v1:console:refused:<session> | string | 600 s | the page does not say why an authorization failed |
| laike:v1:console:authorized | string | 400 days | the page does not say what the last authorization changed |

A session's key is the SHA-256 of the cookie, so nobody who reads Redis can act as the visitor; a state's likewise.
"""

from pipeline.state.keys import DAY_S, HOUR_S, PREFIX

CONSOLE = PREFIX + "console:"
IDLE_S, LONGEST_S = 12 * HOUR_S, 7 * DAY_S  # until a session ends without a visit, and at the latest
ACTS = CONSOLE + "acts"
ACTS_MAX, ACTS_OF_RUN_MAX = 1_000, 100
STATE_TTL_S, AUTHORIZED_TTL_S = 600, 400 * DAY_S  # an auth_code lives as long as a state
AUTHORIZED = CONSOLE + "authorized"


def session(digest: str) -> str:
    """A visitor's session, by the digest of the cookie."""
    return f"{CONSOLE}session:{digest}"


def acts_of_run(run_id: str) -> str:
    """What people did about a run."""
    return f"{ACTS}:{run_id}"


def authorization_state(digest: str) -> str:
    """An authorization that a person began, by the digest of its state."""
    return f"{CONSOLE}state:{digest}"


def refused_authorization(session_digest: str) -> str:
    """Why the last authorization of a session failed."""
    return f"{CONSOLE}refused:{session_digest}"
