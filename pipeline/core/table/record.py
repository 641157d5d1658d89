"""One record of a table, parsed where it arrives. Follows Bitable: 查询记录 (automatic_fields)."""

from collections.abc import Mapping
from dataclasses import dataclass

MS_DIGITS_MAX = 15  # of ms since the epoch, up to the end of the calendar


@dataclass(frozen=True, slots=True)
class Record:
    """A record as the table has it.

    `cells` has its filled cells by field name, in read shape. `creator` is `None` and a time (ms since the epoch) 0
    where the service does not tell.
    """

    record_id: str
    cells: Mapping[str, object]
    creator: str | None = None
    created_ms: int = 0
    modified_ms: int = 0


def from_wire(item: Mapping[str, object]) -> Record:
    """Parse a record as the API sends it; `ValueError` if it has no id, or its cells are no object."""
    record_id, cells = item.get("record_id"), item.get("fields") or {}
    if not isinstance(record_id, str):
        raise ValueError("record_id")
    if not isinstance(cells, dict):
        raise ValueError("fields")
    created_ms, modified_ms = (_ms(item.get(name)) for name in ("created_time", "last_modified_time"))
    return Record(record_id, cells, _creator(item.get("created_by")), created_ms, modified_ms)


def to_wire(record: Record) -> dict[str, object]:
    """The shape that `from_wire` reads."""
    return {
        "record_id": record.record_id,
        "fields": record.cells,
        "created_by": {"id": record.creator} if record.creator else None,
        "created_time": record.created_ms,
        "last_modified_time": record.modified_ms,
    }


def _creator(found: object) -> str | None:
    """The id of a person, who may come alone or in a list of one as in a cell of persons."""
    if isinstance(found, list) and len(found) == 1:
        found = found[0]
    user_id = found.get("id") if isinstance(found, dict) else None
    return user_id if isinstance(user_id, str) else None


def _ms(found: object) -> int:
    text = str(found) if isinstance(found, int | str) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MS_DIGITS_MAX else 0
