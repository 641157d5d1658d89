"""Further tables: made in the emulator, set in the settings, compared with the source."""

import json
from collections import Counter
from collections.abc import Collection, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from pipeline.clients.feishu.base import Base
from pipeline.core.model import CHINA
from pipeline.core.reports import REPORTS
from pipeline.core.table.columns import usual_columns
from tests.lab import FIGURES, WRITES, Lab

NAMES = {"promotion": "单元分组日报", "project": "项目日报", "material": "素材日报", "account": "账户日报"}
ALL = ("project", "material", "account")


class Line(NamedTuple):
    """What makes a row unique, and its figures."""

    day: date
    account: str
    item_id: str
    figures: tuple[Decimal, ...]


def further(
    lab: Lab,
    *reports: str,
    accounts: Sequence[str] = (),
    at: bool = True,
    app_token: str = "",
    ending: str = "",
    split: str = "",
) -> dict[str, str]:
    """Make a table of each report with its usual columns and set them; ids by report.

    Args:
        at: Whether the settings have their addresses; else they are found by name.
        app_token: Of the base; by default the one of the settings.
        ending: Of the tables' names.
        split: When they get successors.
    """
    ctx, made = lab.context(), {}
    base = ctx.base(None) if not app_token else Base(ctx.feishu(None), app_token, "")
    for report in reports:
        columns = [column.new_field for column in usual_columns(REPORTS[report])]
        made[report] = base.tables.create(NAMES[report] + ending, columns)
    told = [
        {
            "name": NAMES[report] + ending,
            "report": report,
            **({"at": f"https://example.feishu.cn/base/{base.app_token}?table={table_id}"} if at else {}),
            **({"accounts": list(accounts)} if accounts else {}),
            **({"split": split} if split else {}),
        }
        for report, table_id in made.items()
    ]
    before = json.loads(lab.extra.get("LAIKE_TABLES", "[]"))
    lab.extra["LAIKE_TABLES"] = json.dumps([*before, *told])
    return made


def source_of(lab: Lab, report: str, start: date, end: date, accounts: Sequence[str] = ()) -> Counter[Line]:
    """The rows of a report."""
    shown = lab.look("figures", report=report, start=start.isoformat(), end=end.isoformat())["rows"]
    rows = [row for row in shown if not accounts or str(row["local_account_id"]) in accounts]
    id_field = "local_account_id" if report == "account" else REPORTS[report].id_field
    return Counter(
        Line(
            date.fromisoformat(row["stat_time_day"]),
            str(row["local_account_name"]),
            str(row[id_field]),
            tuple(Decimal(str(row[metric] or 0)) for metric in FIGURES.values()),
        )
        for row in rows
    )


def table_of(lab: Lab, report: str, table_id: str) -> Counter[Line]:
    """The rows of a table, without those of people that name no item."""
    item = f"{REPORTS[report].item}ID"
    return Counter(_line(record["fields"], item) for record in lab.records(table_id) if item in record["fields"])


def written(lab: Lab, table_ids: Collection[str]) -> int:
    """How many calls wrote rows of some tables."""
    calls = lab.look("calls")["calls"]
    return sum(call["endpoint"] in WRITES and call["about"].get("table_id") in table_ids for call in calls)


def _line(cells: dict[str, Any], item: str) -> Line:
    day = datetime.fromtimestamp(cells["时间"] / 1000, CHINA).date()
    figures = tuple(Decimal(str(cells.get(column) or 0)) for column in FIGURES)
    return Line(day, cells["账户名称"], cells[item], figures)


def another_base(lab: Lab) -> dict[str, str]:
    """A further base: its address and its token."""
    made = lab.control("bases/add", {"name": "华东客户", "time_zone": "Asia/Shanghai"})
    return {"url": str(made["url"]), "app_token": str(made["app_token"])}
