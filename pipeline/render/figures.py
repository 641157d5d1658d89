"""The figures on a run's card: of the day, against the day before and a week ago, and the 消耗 of two weeks."""

from collections.abc import Callable, Collection
from datetime import date, timedelta
from decimal import Decimal

from pipeline.core.coverage.history import Comparison, Figures, History, compare, cost_per_conversion, together
from pipeline.core.model import AccountDay, DayRange
from pipeline.render.elements import Element, Value, bar_chart, column, markdown, table
from pipeline.render.markdown import Markdown

CHART_DAYS = 14
DAYS_NAMED = 4
UNKNOWN = "无对比"
NONE = "-"
LEVEL = Decimal("0.0005")  # smaller changes would be shown as 0.0 %
_BASES = ((1, "前一日"), (7, "上周同日"))
_MEASURES: tuple[tuple[str, Callable[[Figures], Decimal | None], str], ...] = (
    ("消耗（元）", lambda one: one.cost, ",.2f"),
    ("转化", lambda one: one.conversions, ",.0f"),
    ("转化成本（元）", cost_per_conversion, ",.2f"),
    ("行数", lambda one: Decimal(one.rows), ",.0f"),
)


def figures(history: History, account_ids: Collection[str], day: date) -> list[Element]:
    """A day against earlier ones, as a table; nothing where nothing of it was loaded."""
    now = together(history, account_ids, day)
    if now is None:
        return []
    against = {ago: compare(history, account_ids, day, day - timedelta(days=ago)) for ago, _ in _BASES}
    rows = [
        {"what": what, "now": _shown(measure(now), form), **_changes(measure, against)}
        for what, measure, form in _MEASURES
    ]
    columns = [column("what", "指标"), column("now", f"{day:%m-%d}")]
    columns += [column(_name(ago), f"较{word}", "markdown") for ago, word in _BASES]
    return [table(columns, rows, len(rows)), *_notes(history, account_ids, day, against)]


def change(now: Decimal | None, then: Decimal | None) -> str:
    """A figure against an earlier one: ▲ or ▼ with percent, `无对比` where one of them is unknown."""
    if now is None or then is None:
        return UNKNOWN
    if then == 0:
        return "▲（前为 0）" if now else "持平"
    share = (now - then) / then
    if abs(share) < LEVEL:
        return "持平"
    return f"{'▲' if share > 0 else '▼'} {abs(share):.1%}"


def coloured(words: str) -> Markdown:
    """A change with red for up and green for down, as figures are read in China, whether that is good or bad."""
    if words.startswith("▲"):
        return Markdown("<font color='red'>{}</font>", words)
    return Markdown("<font color='green'>{}</font>", words) if words.startswith("▼") else Markdown("{}", words)


def cost_chart(history: History, account_ids: Collection[str], day: date) -> list[Element]:
    """消耗 of the two weeks up to a day, and which bars lack accounts; at least two days must be known."""
    days = DayRange(day - timedelta(days=CHART_DAYS - 1), day)
    courses = [(one, together(history, account_ids, one)) for one in days]
    if sum(one is not None for _, one in courses) < 2:  # noqa: PLR2004 one bar is no course
        return []
    values: list[dict[str, Value]] = [
        {"day": f"{one:%m-%d}", "cost": float(its.cost) if its else None} for one, its in courses
    ]
    short = [f"{one:%m-%d}" for one, its in courses if its and _lacks(history, account_ids, days.first, one)]
    more = f" 等 {len(short)} 天" if len(short) > DAYS_NAMED else ""
    note = [markdown(Markdown("图中 {}{} 缺少部分账户的数据", "、".join(short[:DAYS_NAMED]), more))] if short else []
    return [bar_chart(f"近 {CHART_DAYS} 天消耗（元）", values, "day", "cost"), *note]


def _lacks(history: History, account_ids: Collection[str], first: date, day: date) -> bool:
    """Whether a day is unknown of an account that has an earlier one."""
    before = [day - timedelta(days=ago) for ago in range(1, (day - first).days + 1)]
    missing = (account_id for account_id in account_ids if AccountDay(account_id, day) not in history)
    return any(AccountDay(account_id, one) in history for account_id in missing for one in before)


def _changes(measure: Callable[[Figures], Decimal | None], against: dict[int, Comparison | None]) -> dict[str, Value]:
    said = {ago: change(measure(one.now), measure(one.then)) if one else UNKNOWN for ago, one in against.items()}
    return {_name(ago): coloured(words) for ago, words in said.items()}


def _notes(
    history: History, account_ids: Collection[str], day: date, against: dict[int, Comparison | None]
) -> list[Element]:
    """How many accounts are compared, where the earlier day is unknown of some."""
    loaded = sum(together(history, [account_id], day) is not None for account_id in account_ids)
    notes = [
        f"较{word}只比较两日都有数据的 {one.accounts} 个账户（共 {loaded} 个）"
        for ago, word in _BASES
        if (one := against[ago]) and one.accounts < loaded
    ]
    return [markdown(Markdown("{}", "；".join(notes)))] if notes else []


def _shown(figure: Decimal | None, form: str) -> str:
    return NONE if figure is None else format(figure, form)


def _name(ago: int) -> str:
    return f"ago{ago}"
