"""Redis keys of which table is which, a table's history, views, and writers: type, TTL, and the cost of losing each.

| key | type | TTL | if it is lost |
|---|---|---|---|
| laike:v1:base:<id>:writer:wanted | string | 1 s, renewed | a load or a status write waits for the making of views |
| laike:v1:table:<id>:views:found | hash by account | 400 days | the next card does not name missing or changed views |
| laike:v1:tables | hash by name | none | further tables without an address are found by their names in the base |
| laike:v1:table:<id>:revisions | hash by time and batch | 90 days | the page of changes is empty; no more |
"""

from pipeline.state.keys import PREFIX, views, writer

FURTHER_TABLES = PREFIX + "tables"


def wanted(base: str) -> str:
    """Set while somebody waits for the lease of a base's writer."""
    return f"{writer(base)}:wanted"


def found_views(table_id: str) -> str:
    """What the last look found of each account's view, where it is not right."""
    return f"{views(table_id)}:found"


def revisions(table_id: str) -> str:
    """What each batch changed after it was first loaded."""
    return f"{PREFIX}table:{table_id}:revisions"
