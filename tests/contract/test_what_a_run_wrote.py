"""A program made with the official SDK reads the table that a run filled: every row, every figure."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from pipeline.core.model import CHINA, Key
from tests.contract.sdk import Sdk, done, every_page
from tests.lab import Lab

FIGURES = {
    "消耗(元)": "stat_cost",
    "转化数": "convert_cnt",
    "转化成本(元)": "conversion_cost",
    "团购线索数": "clue_pay_order_cnt",
}


def text(cell: Any) -> str:  # noqa: ANN401 - a cell in read shape
    """A text cell comes in segments, a select as its option's name."""
    return "".join(part["text"] for part in cell) if isinstance(cell, list) else str(cell or "")


def day(cell: Any) -> date:  # noqa: ANN401
    """A day as a date cell or as text."""
    return (
        datetime.fromtimestamp(cell / 1000, CHINA).date() if isinstance(cell, int) else date.fromisoformat(text(cell))
    )


def test_every_row_is_read_back_once_with_the_sources_figures(either: Lab) -> None:
    summary = either.sync()
    found: dict[Key, list[Any]] = {}
    for record in every_page(Sdk(either.facts), either.table_id, {"automatic_fields": True}, size=100):
        if unit := text(record.fields.get("单元ID")):
            found.setdefault(Key(day(record.fields["时间"]), unit), []).append(record)
    source = either.source(summary.days.first, summary.days.last)
    assert source
    assert found.keys() == source.keys()
    names = either.facts["accounts"]
    for key, row in source.items():
        (record,) = found[key]
        figures = record.fields
        if either.table == "text_table_id":
            figures = {name: text(cell) for name, cell in figures.items()}
        assert text(record.fields["账户名称"]) == names[str(row["local_account_id"])]
        assert text(record.fields["单元名称"]) == row["promotion_name"]
        for column, metric in FIGURES.items():
            assert Decimal(str(figures[column])) == Decimal(str(row[metric] or 0)), (key, column)
    assert len({record.created_by.id for records in found.values() for record in records}) == 1


def test_an_accounts_view_shows_the_accounts_rows_and_no_others(either: Lab) -> None:
    either.sync(either.day)
    sdk = Sdk(either.facts)
    views = {view.view_name: view.view_id for view in done(sdk.views(either.table_id, page_size=100)).items}
    wanted: dict[str, set[str]] = {}
    for key, row in either.source().items():
        wanted.setdefault(either.facts["accounts"][str(row["local_account_id"])], set()).add(key.item_id)
    assert len(wanted) > 1
    for name, promotions in wanted.items():
        rows = list(every_page(sdk, either.table_id, {"view_id": views[name]}, size=100))
        assert {text(row.fields["单元ID"]) for row in rows} == promotions, name


@pytest.mark.parametrize("column", ["账户", "状态", "行数", "消耗", "数据截至", "日期"])
def test_the_status_table_is_read_in_the_types_that_its_columns_say(lab: Lab, column: str) -> None:
    summary = lab.sync(lab.day)
    sdk = Sdk(lab.facts)
    table_id = next(table.table_id for table in done(sdk.tables()).items if table.name == "同步状态")
    kind = next(field.type for field in done(sdk.fields(table_id)).items if field.field_name == column)
    cells = [record.fields[column] for record in every_page(sdk, table_id, {})]
    shapes = {1: list, 2: int | float, 3: str, 5: int}
    assert len(cells) == len(summary.accounts)
    assert all(isinstance(cell, shapes[kind]) for cell in cells)
