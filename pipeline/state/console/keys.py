"""Every Redis key of the console: its type, its TTL, and the cost of losing it.

| key | type | TTL | if it is lost |
|---|---|---|---|
| laike:v1:console:state:<digest> | string | 600 s | an authorization that has begun is begun again |
| laike:v1:console:authorized | string | 400 days | the page does not say what the last authorization changed |
"""

from pipeline.state.keys import DAY_S, PREFIX

CONSOLE = PREFIX + "console:"
STATE_TTL_S, AUTHORIZED_TTL_S = 600, 400 * DAY_S  # an auth_code lives as long as a state

AUTHORIZED = CONSOLE + "authorized"


def authorization_state(digest: str) -> str:
    """An authorization that a person began, by the digest of its state."""
    return f"{CONSOLE}state:{digest}"
