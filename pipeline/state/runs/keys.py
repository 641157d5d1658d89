"""Redis keys of what tables of a run share, and what ended runs still owe: type, TTL, and the cost of losing each.

| key | type | TTL | if it is lost |
|---|---|---|---|
| laike:v1:owed | set | none | views are left to the next run of their accounts |
| laike:v1:run:<run>:status | string, zlib JSON | 600 s | one more search before the rows of 同步状态 are written |
| laike:v1:run:<run>:status:later | string, zlib JSON | 3 days | the next run brings older rows of 同步状态 up to date |
| laike:v1:run:<run>:report:<digest> | string, zlib JSON | 60 s | a report is read once more |
| laike:v1:run:<run>:views | hash by account | 3 days | views made before a kill are not told as made |
"""

from pipeline.state.keys import PREFIX, run

VIEWS_OWED = PREFIX + "owed"


def status_look(run_id: str) -> str:
    """Which rows of 同步状态 a run lacked when its rows were read back."""
    return f"{run(run_id)}:status"


def status_later(run_id: str) -> str:
    """What a run has to say in rows of 同步状态 once it has ended."""
    return f"{status_look(run_id)}:later"


def shared_report(run_id: str, digest: str) -> str:
    """The answer to a request for a report that several tables of a run need."""
    return f"{run(run_id)}:report:{digest}"


def made_views(run_id: str) -> str:
    """What a run made of its accounts' views so far."""
    return f"{run(run_id)}:views"
