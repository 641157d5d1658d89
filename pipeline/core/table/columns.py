"""The columns that we write: what fills each, what it holds, and how the settings describe it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from difflib import get_close_matches
from enum import StrEnum
from typing import cast

from pipeline.core.model import Cell
from pipeline.core.reports import ACCOUNT_ID, ACCOUNT_NAME, PROMOTION, Report
from pipeline.core.table.formula import Formula


class Kind(StrEnum):
    """What a column holds, whatever the field's type."""

    TEXT = "text"
    ID = "id"
    DAY = "day"
    MONEY = "money"
    COUNT = "count"
    RATIO = "ratio"


TEXT, NUMBER, SINGLE_SELECT, DATE = 1, 2, 3, 5
TYPE_NAMES: Mapping[int, str] = {
    1: "文本", 2: "数字", 3: "单选", 4: "多选", 5: "日期", 7: "复选框", 11: "人员", 13: "电话号码", 15: "超链接",
    17: "附件", 18: "单向关联", 19: "查找引用", 20: "公式", 21: "双向关联", 22: "地理位置", 23: "群组", 24: "流程",
    1001: "创建时间", 1002: "最后更新时间", 1003: "创建人", 1004: "修改人", 1005: "自动编号", 3001: "按钮",
}  # fmt: skip
# field types that hold a kind without loss; an id in a number field would lose digits
FIELD_TYPES = {
    Kind.TEXT: (TEXT, SINGLE_SELECT),
    Kind.ID: (TEXT,),
    Kind.DAY: (TEXT, DATE),
    Kind.MONEY: (TEXT, NUMBER),
    Kind.COUNT: (TEXT, NUMBER),
    Kind.RATIO: (TEXT, NUMBER),
}
SHOWN_DIGITS_MAX = 4  # 数字 fields, formatter: 0 to 0.0000
DIGITS = {Kind.MONEY: 2, Kind.COUNT: 0, Kind.RATIO: 4}  # after the point, unless a column sets its own
DIGITS_MAX = 8
LAST_DIGITS = tuple(Decimal(1).scaleb(-digits) for digits in range(DIGITS_MAX + 1))
FIGURE_DIGITS_MAX = 15  # no float holds more digits before the point
FIGURE_DIGITS_MIN = -30  # a figure nearer to 0 might fill the memory when written out
# 巨量引擎, 获取广告数据 (local/report/promotion/get): the row's fields, the official SDK's names
AMOUNTS = (  # 元
    "stat_cost", "oto_pay_order_amount", "live_oto_pay_order_stat_amount", "video_oto_pay_order_stat_amount",
    "video_oto_pay_order_stat_amount_7d",
)  # fmt: skip
COSTS = (  # 元 for each of something
    "cpc_platform", "cpm_platform", "conversion_cost", "attribution_convert_cost",
    "attribution_intention_message_clue_cost", "attribution_clue_confirm_cost",
    "attribution_clue_high_intention_cost", "attribution_conversion_class_cost", "cost_per_video_oto_pay_order_7d",
)  # fmt: skip
RATIOS = (
    "ctr", "conversion_rate", "attribution_conversion_rate", "oto_pay_order_roi", "live_oto_pay_order_roi",
    "video_oto_pay_order_roi", "video_oto_pay_order_roi_7d", "dy_like_rate", "play_duration_5s_show_cnt_rate",
    "play_over_rate",
)  # fmt: skip
COUNTS = (
    "show_cnt", "click_cnt", "convert_cnt", "clue_pay_order_cnt", "form_cnt", "clue_message_count",
    "message_action_cnt", "phone_confirm_cnt", "phone_connect_cnt", "intention_form_cnt", "intention_phone_cnt",
    "intention_message_clue_cnt", "attribution_convert_cnt", "attribution_clue_pay_order_cnt",
    "attribution_form_cnt", "attribution_clue_message_cnt", "attribution_message_action_cnt",
    "attribution_phone_confirm_cnt", "attribution_phone_connect_cnt", "attribution_intention_form_cnt",
    "attribution_intention_phone_cnt", "attribution_intention_message_clue_cnt", "attribution_clue_confirm",
    "attribution_clue_high_intention", "attribution_conversion_class_count", "oto_pay_order_count",
    "live_oto_pay_order_count", "video_oto_pay_order_count", "video_oto_pay_order_count_7d",
    "live_groupon_product_click_count", "poi_recommend_count", "dy_home_visited", "dy_like", "dy_comment",
    "dy_share", "dy_collect", "dy_follow", "total_play", "play_duration_3s", "play_duration_5s",
    "play_25_feed_break", "play_50_feed_break", "play_75_feed_break", "play_over", "luban_live_enter_cnt",
    "live_watch_one_minute_count", "luban_live_comment_cnt", "luban_live_share_cnt",
)  # fmt: skip
METRICS: Mapping[str, Kind] = {
    **dict.fromkeys((*AMOUNTS, *COSTS), Kind.MONEY),
    **dict.fromkeys(RATIOS, Kind.RATIO),
    **dict.fromkeys(COUNTS, Kind.COUNT),
}
_ENTRY_KEYS = ("name", "metric", "formula", "round")


def dimensions(report: Report) -> dict[str, Kind]:
    """What a row of a report says of what it is about, by field."""
    own = {report.id_field: Kind.ID, report.name_field: Kind.TEXT}
    return {ACCOUNT_NAME: Kind.TEXT, ACCOUNT_ID: Kind.ID, "day": Kind.DAY, **own}


def compulsory(report: Report) -> tuple[str, ...]:
    """What fills the columns that are needed to find and compare rows."""
    return tuple(dict.fromkeys((*report.key_sources, ACCOUNT_NAME, "stat_cost")))


def metrics_in(report: Report) -> tuple[str, ...]:
    """The metrics that a report has."""
    return tuple(name for name in METRICS if name not in report.lacks)


def plain_figure(text: str) -> Decimal | None:
    """The figure in a text; not Python's `1_000` nor digits of other scripts."""
    try:
        return Decimal(text) if text.isascii() and "_" not in text else None
    except InvalidOperation:
        return None


def holdable(figure: Decimal) -> bool:
    """Whether a cell can hold a figure."""
    return figure.is_finite() and FIGURE_DIGITS_MIN < figure.adjusted() < FIGURE_DIGITS_MAX


def rounded(figure: Decimal, last_digit: Decimal) -> Decimal:
    """A holdable figure, rounded to its last digit."""
    return figure if figure.same_quantum(last_digit) else figure.quantize(last_digit, ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Column:
    """One column that we write: its name in the table, what fills it, what it holds."""

    name: str
    source: str  # account_name, account_id, day, a field of the report's item, a metric, or the text of `formula`
    kind: Kind
    digits: int | None = None  # after the point; `None`: as usual for its kind
    formula: Formula | None = None

    @property
    def metrics(self) -> tuple[str, ...]:
        """The metrics of the report that fill it."""
        if self.formula:
            return self.formula.names
        return (self.source,) if self.source in METRICS else ()

    def figure(self, metrics: Mapping[str, Decimal]) -> Decimal | None:
        """The column's figure for a row of the report."""
        return self.formula.value(metrics) if self.formula else metrics.get(self.source)

    def canonical(self, value: Cell) -> Cell:
        """The value as it is compared: a holdable figure is rounded to the column's precision."""
        if not isinstance(value, Decimal) or self.kind not in DIGITS or not holdable(value):
            return value
        return rounded(value, self.last_digit)

    @property
    def last_digit(self) -> Decimal:
        """One unit of the last digit of its figures."""
        return LAST_DIGITS[self.precision]

    @property
    def new_field(self) -> dict[str, object]:
        """The column as a field to create."""
        if self.kind == Kind.DAY:
            return {"field_name": self.name, "type": DATE, "property": {"date_formatter": "yyyy/MM/dd"}}
        if self.kind not in DIGITS:
            return {"field_name": self.name, "type": TEXT}
        formatter = f"{0:.{min(self.precision, SHOWN_DIGITS_MAX)}f}"
        return {"field_name": self.name, "type": NUMBER, "property": {"formatter": formatter}}

    @property
    def type_name(self) -> str:
        """The name of `new_field`'s type in the table."""
        return TYPE_NAMES[cast("int", self.new_field["type"])]

    @property
    def precision(self) -> int:
        """Digits after the point of its figures."""
        return DIGITS[self.kind] if self.digits is None else self.digits


_FIGURES = (
    Column("消耗(元)", "stat_cost", Kind.MONEY),
    Column("转化数", "convert_cnt", Kind.COUNT),
    Column("转化成本(元)", "conversion_cost", Kind.MONEY),
    Column("团购线索数", "clue_pay_order_cnt", Kind.COUNT),
)


def usual_columns(report: Report) -> tuple[Column, ...]:
    """The columns of a report's table, unless the settings say otherwise."""
    kinds = dimensions(report)
    names = {ACCOUNT_NAME: "账户名称", "day": "时间", ACCOUNT_ID: "账户ID"}
    names |= {report.id_field: f"{report.item}ID", report.name_field: f"{report.item}名称"}
    left_out = kinds.keys() - {ACCOUNT_NAME, report.name_field, *report.key_sources}
    return (
        *(Column(name, source, kinds[source]) for source, name in names.items() if source not in left_out),
        *_FIGURES,
    )


DEFAULT_COLUMNS = usual_columns(PROMOTION)


def metrics_of(columns: Sequence[Column]) -> tuple[str, ...]:
    """The metrics to fetch for these columns, each once."""
    return tuple(dict.fromkeys(name for column in columns for name in column.metrics))


def name_column(columns: Sequence[Column]) -> str | None:
    """The column that names what a row is about, if there is one besides the account's."""
    return next((one.name for one in columns if one.kind == Kind.TEXT and one.source != ACCOUNT_NAME), None)


def columns_of(entries: object, report: Report = PROMOTION) -> tuple[Column, ...]:
    """Columns of settings: `{"name", "metric" | "formula", "round"?}` each; `ValueError` lists all problems."""
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ValueError("is no list of columns, each with a name and a metric or a formula")
    problems = [
        f"{_title(place, entry)}: {words}" for place, entry in enumerate(entries, 1) for words in _wrong(entry, report)
    ]
    problems += _wrong_together(entries, report)
    if problems:
        raise ValueError("\n".join(problems))
    return tuple(_column(entry, report) for entry in entries)


def _title(place: int, entry: Mapping[str, object]) -> str:
    return f"column {place} ({entry['name']})" if entry.get("name") else f"column {place}"


def _wrong(entry: Mapping[str, object], report: Report) -> Iterator[str]:
    """What is wrong with one column."""
    for key in entry.keys() - set(_ENTRY_KEYS):
        yield f"{key!r} is not known{_nearest(key, _ENTRY_KEYS)}"
    if not isinstance(entry.get("name"), str) or not str(entry["name"]).strip():
        yield "has no name"
    given = [key for key in ("metric", "formula") if key in entry]
    if len(given) != 1:
        yield "needs a metric or a formula" if not given else "has both a metric and a formula"
        return
    yield from _wrong_source(given[0], entry[given[0]], report)
    digits = entry.get("round", 0)
    if type(digits) is not int or not 0 <= digits <= DIGITS_MAX:
        yield f"round is {digits!r}, not a number of digits from 0 to {DIGITS_MAX}"
    if "round" in entry and entry.get("metric") in dimensions(report):
        yield f"{entry['metric']} is no figure that could be rounded"


def _wrong_source(key: str, source: object, report: Report) -> Iterator[str]:
    if not isinstance(source, str):
        yield f"{key} is not a text"
        return
    known = [*metrics_in(report), *(dimensions(report) if key == "metric" else ())]
    try:
        names = [source] if key == "metric" else Formula(source).names
    except ValueError as error:
        yield str(error)
        return
    for name in names:
        if name not in known:
            yield f"the report has no {name!r}{_nearest(name, known)}"
    if not names:
        yield f"{source!r} has no metric in it"


def _wrong_together(entries: Sequence[Mapping[str, object]], report: Report) -> Iterator[str]:
    """What is wrong with the columns together."""
    names = [str(entry.get("name")).strip() for entry in entries]
    for name in dict.fromkeys(name for name in names if names.count(name) > 1):
        yield f"{name} stands there {names.count(name)} times"
    sources = {entry.get("metric") for entry in entries}
    for source in compulsory(report):
        if source not in sources:
            default = next(column.name for column in usual_columns(report) if column.source == source)
            yield f"no column has the metric {source} (such as {default}), which is needed"


def _nearest(name: str, known: Sequence[str]) -> str:
    near = get_close_matches(name, known, n=1, cutoff=0.4)
    return f"; the nearest is {near[0]!r}" if near else ""


def _column(entry: Mapping[str, object], report: Report) -> Column:
    name, digits = str(entry["name"]).strip(), entry.get("round")
    rounded = digits if isinstance(digits, int) else None
    if "formula" in entry:
        formula = Formula(str(entry["formula"]))
        return Column(name, formula.text, Kind.RATIO, rounded, formula)
    source = str(entry["metric"])
    return Column(name, source, {**dimensions(report), **METRICS}[source], rounded)
