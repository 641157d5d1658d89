"""What is there before a case begins: accounts, an old script's rows, what people did in the table."""

from datetime import date, datetime, time, timedelta
from typing import Any

from emulator.control.actions import act
from emulator.feishu.bitable.fields import add_field
from emulator.feishu.bitable.tables import make_table
from emulator.feishu.bitable.views import add_view
from emulator.world.world import World
from pipeline.core.model import CHINA, Key
from pipeline.core.reports import REPORTS
from pipeline.core.table.columns import usual_columns
from tests.further import NAMES
from tests.lab import FIGURES, Lab

KEPT = (0, 5)  # the seeded accounts that stay, by their place: one of four promotions, one of two
LIFE = {"account_id": "7100000000000000001", "account_name": "城南餐饮", "account_type": "PLATFORM_ROLE_LIFE"}
BENCH = {"account_id": "1790000000000009", "account_name": "总部工作台", "account_type": "CUSTOMER_ADMIN"}
EBP = {"account_id": "1790000000000021", "account_name": "新总部", "account_type": "PLATFORM_ROLE_ENTERPRISE_BP_ADMIN"}
AGENT = {"account_id": "1790000000000031", "account_name": "代理", "account_type": "PLATFORM_ROLE_LOCAL_AGENT"}
CHILD_AGENT = "1790000000000032"
LARGE = "潮汕 <at id=all></at> **:cd:** {} %s"  # its report of the window has two pages
NOTE, BUDGET = "备注", "预算"
CHANGED_VIEWS = ("蜀香小馆", "拾光咖啡", LARGE)  # we made them, and a person filters them otherwise since
NUMBER = 2  # the type of a column
Plain = dict[str, Any]


def furnish(world: World, lab: Lab) -> None:
    """Three accounts: a small one, one in a workbench, one of two pages; a column of a person.

    Two of them also lie under an upgraded workbench and under an agent and its second-level agent.
    """
    ids = list(world.oceanengine.source.accounts)
    for place, account_id in enumerate(ids):
        if place not in KEPT:
            act(world, "accounts/remove", {"account_id": account_id})
    act(world, "accounts/add", {"name": LARGE, "promotions": 51, "rhythm": "full"})
    first, second = (str(ids[place]) for place in KEPT)
    above = {
        first: [LIFE["account_id"], AGENT["account_id"]],
        second: [BENCH["account_id"], EBP["account_id"], CHILD_AGENT],
    }
    children = {AGENT["account_id"]: [CHILD_AGENT]}
    act(world, "authorized", {"ticked": [LIFE, BENCH, EBP, AGENT], "parents": above, "children": children})
    act(world, "columns/add", {"table_id": lab.table_id, "name": BUDGET, "type": NUMBER})
    # without cost no sum of money misses it
    last = max(lab.source().values(), key=lambda row: int(row["promotion_id"]))
    _restate(world, last, lab.day, stat_cost=0, convert_cnt=3)


def further_table(world: World, report: str) -> None:
    """An empty table of a report with its usual columns, whose id is always the same."""
    table = make_table(world.feishu.base, NAMES[report], further_id(report))
    for column in usual_columns(REPORTS[report]):
        new: Plain = dict(column.new_field)
        add_field(world.feishu.base, table, new["field_name"], new["type"], new.get("property"))
    add_view(world.feishu.base, table, "表格")


def further_id(report: str) -> str:
    """The id of the table of a report."""
    return f"tbl{report.title()}0001"


def old_rows(world: World, lab: Lab) -> None:
    """Two rows of an old script, one of them out of date; a person wrote beside both."""
    (first, _), (second, _), *_ = lab.source().items()
    rows = [written(lab, first), written(lab, second) | {"单元名称": "旧名", NOTE: "已沟通", BUDGET: 300}]
    act(world, "rows/insert", {"table_id": lab.table_id, "rows": rows, "by": "app"})


def a_night_passes(world: World, lab: Lab) -> None:
    """A figure of a loaded day moves, an account is opened, a person works in the table and in one of our views."""
    before = lab.day - timedelta(days=1)
    restated, noted, *_ = lab.source(before)
    _restate(world, lab.source(before)[restated], before, clue_pay_order_cnt=987)
    act(world, "accounts/add", {"name": "新店", "promotions": 1, "rhythm": "full"})
    place = {"table_id": lab.table_id, "unit_id": noted.item_id, "day": before.isoformat()}
    act(world, "rows/edit", {**place, "fields": {NOTE: "已沟通", BUDGET: 300}, "by": "person"})
    for name in CHANGED_VIEWS:
        act(world, "views/filter", {"table_id": lab.table_id, "view_name": name, "filter_info": _own_filter(lab)})


def a_late_twin(world: World, lab: Lab) -> Key:
    """Let a second row of ours land right before the read-back, as by a write that was on its way for long; its key."""
    key = list(lab.source())[2]
    body = {"table_id": lab.table_id, "fields": written(lab, key), "by": "app"}
    # the first search reads the table for the load, the second reads it back
    act(world, "script", {"before": "records.search", "call": 2, "do": "rows/insert", "body": body})
    return key


def written(lab: Lab, key: Key) -> Plain:
    """A row of the source as our app writes it into the table at hand."""
    row = lab.source(key.day)[key]
    typed = lab.table == "typed_table_id"
    cells: Plain = {
        "单元ID": key.item_id,
        "账户名称": lab.facts["accounts"][str(row["local_account_id"])],
        "时间": _midnight_ms(key.day) if typed else key.day.isoformat(),
        "单元名称": row["promotion_name"],
    }
    return cells | {column: row[metric] if typed else str(row[metric]) for column, metric in FIGURES.items()}


def _own_filter(lab: Lab) -> Plain:
    table = next(table for table in lab.look("state")["tables"] if table["table_id"] == lab.table_id)
    note = next(column for column in table["fields"] if column["field_name"] == NOTE)
    return {"conjunction": "and", "conditions": [{"field_id": note["field_id"], "operator": "isNotEmpty"}]}


def _restate(world: World, row: Plain, day: date, **figures: object) -> None:
    place = {"account_id": str(row["local_account_id"]), "promotion_id": str(row["promotion_id"])}
    act(world, "figures", {**place, "day": day.isoformat(), **figures})


def _midnight_ms(day: date) -> int:
    return int(datetime.combine(day, time(), CHINA).timestamp()) * 1000
