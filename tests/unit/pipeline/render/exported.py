"""Rows of an export, made up."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from pipeline.core.model import Cell
from pipeline.core.table.columns import DEFAULT_COLUMNS, Column
from pipeline.core.table.export import Line

DAY = date(2026, 2, 1)
COLUMNS = DEFAULT_COLUMNS
NAMES = [column.name for column in COLUMNS]
CENTS = st.integers(-(10**12), 10**12).map(lambda cents: Decimal(cents).scaleb(-2))
TEXTS = st.text(max_size=40) | st.sampled_from(
    ["=1+1", "'=1", "''", "-", "@x", "\t=1", " +1", "\r", "a\nb", '","', "＝1"]
)
CELLS: dict[str, st.SearchStrategy[Cell]] = {
    "account_name": TEXTS | st.none(),
    "day": st.dates(date(2000, 1, 1), date(2099, 12, 31)),
    "promotion_id": st.integers(10**18, 10**19 - 1).map(str) | st.none(),
    "promotion_name": TEXTS | st.none(),
    "stat_cost": CENTS | st.none(),
    "convert_cnt": st.integers(0, 10**14).map(Decimal) | st.none(),
    "conversion_cost": CENTS | st.none(),
    "clue_pay_order_cnt": st.integers(0, 10**14).map(Decimal) | st.none(),
}


def line(cells: Mapping[str, Cell], columns: tuple[Column, ...] = COLUMNS) -> Line:
    """A row with these cells, by the source of their column."""
    named = {column.name: cells.get(column.source) for column in columns}
    cost = cells.get("stat_cost")
    return Line(
        day if isinstance(day := cells.get("day"), date) else None,
        str(cells.get("account_name") or ""),
        str(cells.get("promotion_id") or ""),
        cost if isinstance(cost, Decimal) else Decimal(0),
        named,
    )


LINES = st.lists(st.fixed_dictionaries(CELLS).map(line), max_size=8)


def some(count: int, accounts: int = 7) -> Iterator[Line]:
    """So many different rows, made one by one."""
    for n in range(count):
        yield line(
            {
                "account_name": f"账户{n % accounts}",
                "day": DAY + timedelta(days=n % 30),
                "promotion_id": str(7602345678901000000 + n),
                "promotion_name": f"单元{n}_门店引流",
                "stat_cost": Decimal(n).scaleb(-2),
                "convert_cnt": Decimal(n % 50),
                "conversion_cost": Decimal(n % 977).scaleb(-2),
                "clue_pay_order_cnt": Decimal(n % 5),
            }
        )
