"""Query parameters, parsed strictly: unknown, repeated and quoted ones are refused."""

import re
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from emulator.oceanengine import envelope, filtering
from emulator.oceanengine.filtering import Filter
from emulator.oceanengine.kinds import Kind
from emulator.oceanengine.metrics import METRICS
from emulator.oceanengine.state import OceanEngine
from emulator.shared.parsing import json_of
from emulator.shared.wire import Call, Refusal

# The request of the page 获取广告数据
REQUIRED = ("local_account_id", "start_date", "end_date", "metrics")
OPTIONAL = ("time_granularity", "order_type", "order_field", "filtering", "page", "page_size")
PAGE_SIZES = ("10", "20", "50", "100")
DEFAULT_PAGE_SIZE = "10"
LONGEST_SPAN = timedelta(days=365)
LONGEST_HOURLY = timedelta(days=7)
OLDEST = timedelta(days=365)
DAILY, HOURLY, TOTAL = (f"TIME_GRANULARITY_{name}" for name in ("DAILY", "HOURLY", "TOTAL"))


@dataclass(frozen=True)
class Query:
    """A valid report request."""

    account_id: int
    start: date
    end: date
    metrics: list[str]
    filtering: Filter
    order_field: str | None = None
    descending: bool = False
    page: int = 1
    page_size: int = 10
    whole_span: bool = False  # no granularity requested, and the default is the total


def parse(ocean: OceanEngine, call: Call, kind: Kind) -> Query:
    """Parse the request of a report, or refuse it."""
    given = single(call, REQUIRED, OPTIONAL)
    metrics = _metrics(ocean, given["metrics"], kind)
    start, end = _days(given, ocean.clock.today())
    _granularity(given.get("time_granularity", DAILY), end - start)
    return Query(
        account_id=_account(given["local_account_id"], ocean),
        start=start,
        end=end,
        metrics=metrics,
        filtering=filtering.parse(given.get("filtering", "{}"), kind),
        order_field=_one_of("order_field", given.get("order_field"), (None, *metrics)),
        descending=_one_of("order_type", given.get("order_type", kind.order), ("ASC", "DESC")) == "DESC",
        page=page_number(given.get("page", "1")),
        page_size=int(str(_one_of("page_size", given.get("page_size", DEFAULT_PAGE_SIZE), PAGE_SIZES))),
        whole_span="time_granularity" not in given and ocean.unsure.holds("default_granularity", "total"),
    )


def check_page(ocean: OceanEngine, page: int, size: int, total: int) -> None:
    """Refuse a page after the last one, by choice."""
    if ocean.unsure.holds("page_beyond_end", "refused") and page > max(1, -(-total // size)):
        raise _refused("page", "超出总页数")


def page_info(page: int, size: int, total: int) -> dict[str, int]:
    """The `page_info` of a page."""
    return {"page": page, "page_size": size, "total_number": total, "total_page": -(-total // size)}


def _refused(name: str, why: str) -> Refusal:
    return Refusal(envelope.NOT_ACCEPTABLE, f"{name}: {why}")


def single(call: Call, required: tuple[str, ...], optional: tuple[str, ...] = ()) -> dict[str, str]:
    """The query parameters by name. Refuses missing, unknown and repeated ones."""
    for name, times in Counter(name for name, _ in call.query).items():
        if name not in required and name not in optional:
            raise _refused(name, "未知参数")
        if times > 1:
            raise _refused(name, "参数重复；列表须为一个 JSON 文本")
    given = dict(call.query)
    for name in required:
        if not given.get(name):
            raise _refused(name, "缺少必填参数")
    return given


def _one_of(name: str, value: str | None, allowed: tuple[str | None, ...]) -> str | None:
    if value not in allowed:
        raise _refused(name, f"取值不合法 {value}")
    return value


def _account(text: str, ocean: OceanEngine) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,18}", text):
        raise _refused("local_account_id", "必须为大于 0 的整数")
    if int(text) not in ocean.source.accounts or not ocean.selection.reaches(int(text)):
        raise Refusal(envelope.NO_PERMISSION, "没有权限进行相关操作")
    return int(text)


def page_number(text: str) -> int:
    """Parse a page number, counted from 1."""
    if not re.fullmatch(r"[1-9][0-9]{0,8}", text):
        raise _refused("page", "必须为大于等于 1 的整数")
    return int(text)


def _day(name: str, text: str) -> date:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise _refused(name, "格式须为 YYYY-MM-DD")
    try:
        return date.fromisoformat(text)
    except ValueError as problem:
        raise _refused(name, "日期不存在") from problem


def _days(given: dict[str, str], today: date) -> tuple[date, date]:
    start, end = _day("start_date", given["start_date"]), _day("end_date", given["end_date"])
    if end < start:
        raise _refused("end_date", "早于 start_date")
    if end > today:
        raise _refused("end_date", "晚于今天")
    if end - start > LONGEST_SPAN:
        raise _refused("end_date", "时间跨度超过 365 天")
    if start < today - OLDEST:
        raise _refused("start_date", "早于 365 天前")
    return start, end


def _granularity(value: str, span: timedelta) -> None:
    _one_of("time_granularity", value, (DAILY, HOURLY, TOTAL))
    if value == HOURLY and span >= LONGEST_HOURLY:
        raise _refused("time_granularity", "按小时查询的时间跨度超过 7 天")
    if value != DAILY:
        raise _refused("time_granularity", f"本模拟器只实现 {DAILY}")


def json_list(name: str, text: str) -> list[Any]:
    """Parse a list parameter: one JSON text."""
    try:
        value = json_of(text)
    except ValueError as problem:
        raise _refused(name, "不是合法的 JSON") from problem
    if not isinstance(value, list):
        raise _refused(name, "必须为 JSON 列表")
    return value


def _metrics(ocean: OceanEngine, text: str, kind: Kind) -> list[str]:
    names = json_list("metrics", text)
    if not names:
        raise _refused("metrics", "至少一个指标")
    omitted = METRICS - kind.metrics if ocean.unsure.holds("metric_of_no_material", "omitted") else frozenset()
    for name in names:
        if not isinstance(name, str) or name not in kind.metrics | omitted:
            raise Refusal(envelope.BAD_METRIC, f"metrics: 不存在的指标 {name}")
    return [name for name in names if name not in omitted]
