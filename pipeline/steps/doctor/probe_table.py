"""Ask 飞书, about our table, what its pages leave open about reading tables and views. Takes about ten calls."""

from collections.abc import Callable, Mapping
from datetime import datetime, time
from typing import Any

from pipeline.clients.feishu.records import RECORDS
from pipeline.clients.feishu.views import VIEWS
from pipeline.context import Context
from pipeline.core.coverage.status import AS_OF
from pipeline.core.model import CHINA
from pipeline.core.table.cells import midnight_ms
from pipeline.core.table.columns import TEXT
from pipeline.steps.doctor.probe_reports import shape

ROWS_READ = 50
VIEWS_READ = 8  # until one with a filter and one without are found
NOWHERE = "laike doctor finds nothing"
Data = dict[str, Any]


class Looking:
    """The table and its views as the service sends them."""

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx

    def search(self, size: int, filter_: Mapping[str, object] | None = None, table_id: str | None = None) -> Data:
        """Return one page of records."""
        base = self.ctx.base(None)
        path = RECORDS.format(app_token=base.app_token, table_id=table_id or base.table_id) + "/search"
        body = {"automatic_fields": False, **({"filter": filter_} if filter_ else {})}
        return base.api.read("POST", path, params={"page_size": str(size)}, json=body)

    def cells(self) -> list[Data]:
        """Return the cells of some rows."""
        return [item.get("fields") or {} for item in self.search(ROWS_READ).get("items") or []]

    def names_of(self, type_: int | None = None) -> list[str]:
        """Return names of the table's fields, or of those of one type."""
        base = self.ctx.base(None)
        return [one.name for one in base.tables.fields(base.table_id) if type_ in (None, one.type)]

    def views(self, view_id: str = "") -> Data:
        """Return the list of views, or one of them."""
        base = self.ctx.base(None)
        path = VIEWS.format(app_token=base.app_token, table_id=base.table_id)
        if view_id:
            return base.api.read("GET", f"{path}/{view_id}")
        return base.api.read("GET", path, params={"page_size": "100"})


def _text_cells(table: Looking) -> str:
    names = table.names_of(TEXT)
    seen = {_text_shape(cells[name]) for cells in table.cells() for name in names if cells.get(name)}
    return ", ".join(sorted(seen)) or "no text cell is filled"


def _text_shape(value: object) -> str:
    return f"{len(value)} segment(s)" if isinstance(value, list) else type(value).__name__


def _empty_cells(table: Looking) -> str:
    names = table.names_of()
    seen = {shape(cells, name) for cells in table.cells() for name in names if cells.get(name) in (None, "", [])}
    return ", ".join(sorted(seen)) or "every cell is filled"


def _nothing(table: Looking) -> Data:
    name = table.names_of(TEXT)[0]
    conditions = [{"field_name": name, "operator": "is", "value": [NOWHERE]}]
    return table.search(1, {"conjunction": "and", "conditions": conditions})


def _search_without_rows(table: Looking) -> str:
    data = _nothing(table)
    return f"items {shape(data, 'items')}, total {shape(data, 'total')}"


def _last_token(table: Looking) -> str:
    data = _nothing(table)
    kept = "another text" if data.get("page_token") else shape(data, "page_token")
    return f"has_more {shape(data, 'has_more')}, page_token {kept}"


def _dates(table: Looking) -> str:
    """Ask whether a moment of a day is greater than that day, with 数据截至 in 同步状态."""
    status = table.ctx.status_memory.status_table()
    rows = table.search(ROWS_READ, table_id=status).get("items") or [] if status else []
    moment = next((at for row in rows if isinstance(at := (row.get("fields") or {}).get(AS_OF), int)), None)
    if moment is None:
        return "同步状态 has no row yet"
    zone = table.ctx.base(None).tables.time_zone()
    at = datetime.fromtimestamp(moment / 1000, zone)
    if at.timetz().replace(tzinfo=None) == time():
        return "the first row of 同步状态 is of midnight"
    day = ["ExactDate", str(midnight_ms(at.date(), zone))]
    conditions = [{"field_name": AS_OF, "operator": name, "value": day} for name in ("isGreater", "is")]
    same = table.search(1, {"conjunction": "and", "conditions": conditions}, status).get("total")
    return f"{at.astimezone(CHINA):%H:%M} of a day is {'greater than' if same else 'not greater than'} ExactDate of it"


def _views_total(table: Looking) -> str:
    data = table.views()
    return f"total {shape(data, 'total')}, {len(data.get('items') or [])} shown"


def _filters(table: Looking) -> str:
    """Describe a filter that is read back, and a view without one."""
    with_one, without = "no view has a filter", "every view has a filter"
    for item in (table.views().get("items") or [])[:VIEWS_READ]:
        properties = (table.views(item["view_id"]).get("view") or {}).get("property") or {}
        conditions = (properties.get("filter_info") or {}).get("conditions")
        if conditions:
            with_one = f"value is a {type(conditions[0].get('value')).__name__}"
        else:
            without = f"without a filter filter_info is {shape(properties, 'filter_info')}"
    return f"{with_one}; {without}"


TABLE: Mapping[str, Callable[[Looking], str]] = {
    "text cells of a search": _text_cells,
    "empty cells of a search": _empty_cells,
    "a search that finds nothing": _search_without_rows,
    "page_token of a last page": _last_token,
    "a moment against ExactDate": _dates,
    "total of the list of views": _views_total,
    "filters of views, read back": _filters,
}
