"""Words about a table's successor, in Chinese, for the group."""

from collections.abc import Collection, Sequence
from datetime import date

from pipeline.core.rollover.tables import BASE_TABLES_MAX
from pipeline.core.table.limits import nearly_full
from pipeline.core.text import plain

DETAILS_BEFORE = (14, 7, 1)  # so many days before the first day, the details are told again
COLUMNS_NAMED = 5


def foretold_line(first: date, name: str, today: date) -> str:
    """The line of a day's card about an announced successor, where no details are due."""
    return f"{first} 起的数据将写入新表“{plain(name)}”（{_left(first, today)}），新表由系统自动创建。"


def details_due(first: date, today: date, *, new: bool) -> bool:
    """Whether the details are told today: when the day is new or moved, then 14, 7 and 1 days before it."""
    return new or (first - today).days in DETAILS_BEFORE


def foretold_details(
    first: date, name: str, old_name: str, today: date, *, columns: Sequence[str] = (), linked: Collection[str] = ()
) -> list[str]:
    """What people must know and do about an announced successor, as sentences.

    Args:
        columns: The names of people's columns, which the new table does not get.
        linked: Those of them that are computed from, or linked to, others.
    """
    return [
        f"{first} 起的数据将写入新表“{plain(name)}”（{_left(first, today)}），以免“{plain(old_name)}”写满。",
        "此前的数据留在原表，其中的修正照常更新。新表由系统自动创建，自带同步的列、格式、选项和账户视图。",
        *_left_behind(columns, linked),
        f"以下内容不会自动转到新表：引用“{plain(old_name)}”的公式和查找引用、自动化流程、仪表盘、高级权限角色，"
        "以及个人创建的视图。请各自的创建人在新表创建后改用新表或重新设置。",
        "若不希望换新表，请在此日期前联系维护人员关闭；关闭后，表格写满时将停止写入。",
    ]


def made_line(name: str, first: date, old_name: str) -> str:
    """A successor was made."""
    return (
        f"新表“{plain(name)}”已创建，{first} 起的数据写入新表，此前的数据仍在“{plain(old_name)}”；"
        "请检查引用原表的公式、自动化流程、仪表盘和高级权限角色。"
    )


def withdrawn_line(name: str, first: date) -> str:
    """An announced successor is not needed any more."""
    return f"原定 {first} 换用的新表“{plain(name)}”已取消，数据继续写入现有表格，无需准备。"


def not_made_line(name: str, first: date, what_to_do: str) -> str:
    """An announced successor could not be made.

    Args:
        what_to_do: The cure, as a sentence.
    """
    return f"原定 {first} 换用的新表“{plain(name)}”未能创建，数据暂时继续写入现有表格：{what_to_do}"


def not_foretold_line(what_to_do: str) -> str:
    """A successor is due and could not be announced.

    Args:
        what_to_do: The cure, as a sentence.
    """
    return f"表格将满，换用新表的安排未能登记，下次运行会再试：{what_to_do}"


def tables_warning(count: int) -> str | None:
    """A warning about the tables and dashboards of a base, if due."""
    if not nearly_full(count, BASE_TABLES_MAX):
        return None
    says = f"多维表格的数据表和仪表盘已用 {count:,} 个（上限 {BASE_TABLES_MAX} 个）"
    if count >= BASE_TABLES_MAX:
        return f"{says}，无法再创建新表；请删除不用的数据表或仪表盘。"
    return f"{says}，用完后无法再创建新表；请删除不用的数据表或仪表盘。"


def _left_behind(columns: Sequence[str], linked: Collection[str]) -> list[str]:
    if not columns:
        return []
    computed = [name for name in columns if name in set(linked)]
    more = f"（其中 {_named(computed)} 是公式、查找引用或关联列）" if computed else ""
    return [f"新表不含手动添加的列：{_named(columns)}{more}。需要时请创建人在新表中重新添加。"]


def _named(columns: Sequence[str]) -> str:
    listed = "、".join(f"“{plain(name)}”" for name in columns[:COLUMNS_NAMED])
    return f"{listed}等 {len(columns)} 列" if len(columns) > COLUMNS_NAMED else listed


def _left(first: date, today: date) -> str:
    days = (first - today).days
    if days > 1:
        return f"还有 {days} 天"
    return "明天" if days == 1 else "今天" if days == 0 else "已到期"
