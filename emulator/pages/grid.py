"""A table through one of its views, as the pages show it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation

from emulator.feishu.bitable.model import Field, Record, Table, View
from emulator.feishu.bitable.search import rows_of_view
from emulator.feishu.bitable.values import display
from emulator.feishu.state import Feishu

PAGE_ROWS = 200
COST = "消耗"
DAY_COLUMNS = ("时间", "日期")
STATE_COLUMN = "状态"
STATUS_TABLE = "同步状态"
STATUS_ROWS = 30
_FIGURE = re.compile(r"-?\d{1,12}(\.\d+)?")  # but no long id
_LATE = "9999"
# The first word found in a state gives its colour.
TONES = (
    (("失败", "缺失", "failed", "missing"), "bad"),
    (("不完整", "部分", "中断", "停用", "partial", "incomplete", "interrupted", "parked"), "warn"),
    (("无数据", "为空", "无投放", "empty"), "calm"),
    (("进行", "未结束", "今日", "running", "open"), "live"),
    (("成功", "完成", "已同步", "已入", "完整", "loaded", "success"), "good"),
)


@dataclass(frozen=True)
class Row:
    """A row as text, with the colour of its state."""

    record_id: str
    cells: list[str]
    tone: str


@dataclass(frozen=True)
class Grid:
    """A page of a table and view."""

    table: Table
    view: View
    columns: list[str]
    figures: list[bool]  # by column: whether it holds figures
    rows: list[Row]
    total: int
    cost: Decimal | None
    page: int
    pages: int


def grid_of(feishu: Feishu, table: Table, view: View, page: int = 1, size: int = PAGE_ROWS) -> Grid:
    """The rows of the view, newest day first."""
    columns = [column for column in table.fields.values() if column.field_id not in view.hidden]
    show = _shower(feishu, table)
    matching = rows_of_view(feishu, table, view)
    matching.sort(key=_day_key(table, show), reverse=True)
    pages = max(1, -(-len(matching) // size))
    page = min(max(1, page), pages)
    state = table.field_named(STATE_COLUMN)
    rows = [
        Row(record.record_id, [show(column, record) for column in columns], tone(show(state, record)) if state else "")
        for record in matching[(page - 1) * size : page * size]
    ]
    return Grid(
        table=table,
        view=view,
        columns=[column.name for column in columns],
        figures=[_are_figures([row.cells[place] for row in rows]) for place in range(len(columns))],
        rows=rows,
        total=len(matching),
        cost=_cost(table, matching, show),
        page=page,
        pages=pages,
    )


def status_of(feishu: Feishu) -> Grid | None:
    """The newest rows of the status table, if it exists."""
    table = next((one for one in feishu.tables if one.name == STATUS_TABLE), None)
    if table is None:
        return None
    return grid_of(feishu, table, View("", ""), size=STATUS_ROWS)


def tone(state: str) -> str:
    """The colour of a state, by the words in it."""
    lowered = state.lower()
    return next((name for words, name in TONES if any(word in lowered for word in words)), "")


Shower = Callable[[Field, Record], str]


def _shower(feishu: Feishu, table: Table) -> Shower:
    zone = feishu.zone(table)

    def local(ms: int) -> datetime:
        return datetime.fromtimestamp(ms / 1000, zone)

    return lambda column, record: display(column, record, local)


def _day_key(table: Table, show: Shower) -> Callable[[Record], str]:
    column = next((found for name in DAY_COLUMNS if (found := table.field_named(name))), None)
    if column is None:
        return lambda record: record.record_id
    return lambda record: show(column, record).replace("-", "/") or _LATE


def _are_figures(cells: list[str]) -> bool:
    filled = [cell for cell in cells if cell]
    return bool(filled) and all(_FIGURE.fullmatch(cell) for cell in filled)


def _cost(table: Table, records: list[Record], show: Shower) -> Decimal | None:
    column = next((one for one in table.fields.values() if one.name.startswith(COST)), None)
    if column is None:
        return None
    return sum((_decimal(show(column, record)) for record in records), Decimal("0.00"))


def _decimal(text: str) -> Decimal:
    try:
        value = Decimal(text.replace(",", ""))
    except InvalidOperation:
        return Decimal(0)
    return value if value.is_finite() else Decimal(0)
