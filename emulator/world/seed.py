"""The seeded world of every start and reset: seven accounts and a base with two tables."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time

from emulator.feishu.bitable.fields import add_field
from emulator.feishu.bitable.model import PERSON, Base, Table
from emulator.feishu.bitable.tables import make_table
from emulator.feishu.bitable.values import TYPE
from emulator.feishu.bitable.views import add_view
from emulator.feishu.bitable.writing import insert_rows
from emulator.feishu.state import Feishu
from emulator.oceanengine.figures import Promotion
from emulator.oceanengine.source import Account
from emulator.shared.clock import MILLISECONDS, SHANGHAI

DAY = "yyyy/MM/dd"
TYPED_TABLE, TEXT_TABLE = ("广告日报", "tblTyped7c2e0001"), ("广告日报（文本）", "tblText7c2e0002")
FIRST_ACCOUNT = 1_834_207_156_320_263
_ACCOUNT_STEP = 73_000_018_421
_FIRST_PROMOTION = 7_612_340_000_000_001_001  # 19 digits, beyond 2^53: as floats, neighbours would be equal
_PROMOTION_STEP = 1_000_003_000_001
_PER_PROJECT = 4

# name, number of promotions, rhythm
ACCOUNTS = (
    ("蜀香小馆", 4, "daily"),
    ("南门烤鱼", 12, "daily"),
    ("阿婆糖水铺", 2, "quiet"),
    ("月满楼饭店", 230, "daily"),
    ("一品煲仔饭", 7, "daily"),
    ("拾光咖啡", 2, "daily"),
    ("老码头火锅", 9, "daily"),
)
# names of promotions, each with its number
NAMES = (
    "双人套餐-{n}", "周末特惠-{n}", "新客立减-{n}", "招牌单品-{n}", "到店引流-{n}", "直播间专享-{n}", "午市团购-{n}",
    "老客召回-{n}",
)  # fmt: skip

# column: type, property
Columns = dict[str, tuple[str, dict[str, object] | None]]
_FIGURES: Columns = {
    "消耗(元)": ("number", {"formatter": "0.00"}),
    "转化数": ("number", {"formatter": "0"}),
    "转化成本(元)": ("number", {"formatter": "0.00"}),
    "团购线索数": ("number", {"formatter": "0"}),
}
_TYPED: Columns = {
    "单元ID": ("text", None),
    "账户名称": ("select", {"options": []}),
    "时间": ("date", {"date_formatter": DAY, "auto_fill": False}),
    "单元名称": ("text", None),
    **_FIGURES,
    "备注": ("text", None),
}
_TEXT: Columns = dict.fromkeys(("账户名称", "时间", "单元ID", "单元名称", *_FIGURES, "备注"), ("text", None))


def accounts(names: Sequence[str]) -> list[Account]:
    """The seven accounts of the marketing team."""
    return [make_account(place, *described, names) for place, described in enumerate(ACCOUNTS)]


def next_place(account_ids: Iterable[int]) -> int:
    """The first place after those of these accounts: ids there are free."""
    return max(((account_id - FIRST_ACCOUNT) // _ACCOUNT_STEP for account_id in account_ids), default=-1) + 1


def make_account(place: int, name: str, promotions: int, rhythm: str, names: Sequence[str]) -> Account:
    """An account with the ids of its place."""
    first = _FIRST_PROMOTION + place * _PROMOTION_STEP
    return Account(
        FIRST_ACCOUNT + place * _ACCOUNT_STEP,
        name,
        [_promotion(first, one, names) for one in range(promotions)],
        rhythm,
        names,
    )


def fill_base(feishu: Feishu, day: date) -> None:
    """Make both tables, each with a person's view and row."""
    typed = _table(feishu.base, *TYPED_TABLE, _TYPED)
    text = _table(feishu.base, *TEXT_TABLE, _TEXT)
    midnight = datetime.combine(day, time(), SHANGHAI)
    _manual_row(feishu, typed, int(midnight.timestamp()) * MILLISECONDS)
    _manual_row(feishu, text, day.isoformat())


def _promotion(first: int, place: int, names: Sequence[str]) -> Promotion:
    project = place // _PER_PROJECT
    name = names[place % len(names)].format(n=place + 1)
    return Promotion(first + place * 3, name, first - 1000 + project, f"项目{project + 1}")


def _table(base: Base, name: str, table_id: str, columns: Columns) -> Table:
    table = make_table(base, name, table_id)
    for column, (kind, properties) in columns.items():
        add_field(base, table, column, TYPE[kind], properties)
    add_view(base, table, "表格")
    mine = add_view(base, table, "重点关注")
    note = table.field_named("备注")
    mine.conjunction = "and"
    mine.conditions = [base.condition(note, "isNotEmpty", [])] if note else []
    return table


def _manual_row(feishu: Feishu, table: Table, when: object) -> None:
    fields = {"时间": when, "单元名称": "手工记录", "备注": "门店活动，手工补录"}
    insert_rows(feishu, table, [fields], PERSON)
