"""Our columns in a typed and in an all-text table."""

from collections.abc import Mapping
from datetime import date
from zoneinfo import ZoneInfo

from pipeline.core.model import CHINA
from pipeline.core.table.cells import Field
from pipeline.core.table.columns import DATE, DEFAULT_COLUMNS, NUMBER, SINGLE_SELECT, TEXT
from pipeline.core.table.layout import Layout, match

DAY = date(2026, 2, 1)
ID = "7602345678901234567"  # 19 digits: the last ones do not survive a float
TYPED = (TEXT, DATE, TEXT, TEXT, NUMBER, NUMBER, NUMBER, NUMBER)
NAMES = ["账户名称", "时间", "单元ID", "单元名称", "消耗(元)", "转化数", "转化成本(元)", "团购线索数"]


def fields(types: tuple[int, ...] = TYPED, other: Mapping[str, int] | None = None) -> list[Field]:
    """The default columns as fields of these types, some of another type."""
    pairs = dict(zip(NAMES, types, strict=True)) | dict(other or {})
    return [Field(f"fld{n}", name, kind) for n, (name, kind) in enumerate(pairs.items())]


def layout(*, typed: bool = True, zone: ZoneInfo = CHINA) -> Layout:
    return match(DEFAULT_COLUMNS, fields() if typed else fields((TEXT,) * 8), zone)


def select_layout(options: Mapping[str, str]) -> Layout:
    return match(DEFAULT_COLUMNS, [Field("fldA", "账户名称", SINGLE_SELECT, options), *fields()[1:]], CHINA)
