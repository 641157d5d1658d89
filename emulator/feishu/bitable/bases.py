"""Further bases, as a person makes them: with one table, whose default columns wait for something."""

from emulator.feishu.bitable.fields import add_field
from emulator.feishu.bitable.model import PERSON, Base
from emulator.feishu.bitable.tables import BLANK_ROWS, DEFAULT_VIEW, make_table
from emulator.feishu.bitable.views import add_view
from emulator.feishu.bitable.writing import insert_rows
from emulator.feishu.state import Feishu

MOST_BASES = 1000  # their app_tokens, and with them all ids, differ in the last four digits
DEFAULT_TABLE = "数据表"
DEFAULT_COLUMNS = {"多行文本": 1, "单选": 3, "日期": 5}  # 附件 is a type that is not implemented here


def add_base(feishu: Feishu, name: str = "", time_zone: str | None = None) -> Base:
    """Make a base. Raises ValueError."""
    place = len(feishu.bases)
    if place >= MOST_BASES:
        raise ValueError(f"there are {MOST_BASES} bases")
    stem, mark = feishu.base.app_token[:-4], int(feishu.base.app_token[-4:], 16)
    base = Base(f"{stem}{mark + place:04x}", name or f"多维表格{place + 1}", time_zone)
    feishu.bases[base.app_token] = base
    table = make_table(base, DEFAULT_TABLE)
    for column, kind in DEFAULT_COLUMNS.items():
        add_field(base, table, column, kind)
    add_view(base, table, DEFAULT_VIEW)
    if feishu.unsure.holds("new_table_rows", "ten_blank"):
        insert_rows(feishu, table, [{} for _ in range(BLANK_ROWS)], PERSON)
    return base


def address_of(base: Base) -> str:
    """The base's page in the browser."""
    return f"https://demo.feishu.cn/base/{base.app_token}"
