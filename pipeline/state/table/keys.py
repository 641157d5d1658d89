"""Redis keys of a table's history: type, TTL, and the cost of losing each.

| key | type | TTL | if it is lost |
|---|---|---|---|
| laike:v1:table:<id>:revisions | hash by time and batch | 90 days | the page of changes is empty; no more |
"""

from pipeline.state.keys import PREFIX


def revisions(table_id: str) -> str:
    """What each batch changed after it was first loaded."""
    return f"{PREFIX}table:{table_id}:revisions"
