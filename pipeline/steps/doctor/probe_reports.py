"""Ask 巨量引擎, for one account, what its pages leave open about reports."""

import json
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from pipeline.clients.http import Answer
from pipeline.clients.oceanengine.reports import DENOMINATORS
from pipeline.context import Context
from pipeline.core.reports import ACCOUNT, MATERIAL, PROMOTION
from pipeline.core.table.cells import number_in

PAST_THE_END = 9999
NO_METRIC, FOREIGN_ACCOUNT, BAD_PAGE_SIZE, NO_PROMOTION, NO_MATERIAL = "laike_no_such_metric", "1", 7, 1, 1
(NOT_OF_MATERIALS,) = MATERIAL.lacks
FRACTION = Decimal(10)  # a percentage is a hundred times the quotient, a fraction is the quotient
CENT = Decimal("0.01")
WEEK = timedelta(days=6)
WORDS_SHOWN = 200

Rows = list[dict[str, Any]]


class Reports:
    """Reports of one account as the service sends them, refusals included."""

    def __init__(self, ctx: Context, account_id: str, day: date) -> None:
        self._ctx, self._account_id = ctx, account_id
        self.day, self.week = (day, day), (day - WEEK, day)
        self._token = ctx.tokens.current()
        self.headers: dict[str, str] = {}

    def ask(self, path: str, days: tuple[date, date], **changed: object) -> Answer:
        """Return one report; a parameter that is `None` is left out."""
        params: dict[str, object] = {
            "local_account_id": self._account_id,
            "start_date": days[0],
            "end_date": days[1],
            "metrics": ["stat_cost"],
            "time_granularity": "TIME_GRANULARITY_DAILY",
            **changed,
        }
        sent = {name: sendable(value) for name, value in params.items() if value is not None}
        self._ctx.limiter.wait(path)
        answer = self._ctx.oceanengine_http.call("GET", path, params=sent, headers={"Access-Token": self._token})
        self.headers |= {name.lower(): value for name, value in answer.headers.items() if _is_about_rates(name)}
        return answer


def _unit_of(rate: str, top: str, bottom: str) -> Callable[[Reports], str]:
    def ask(reports: Reports) -> str:
        answer = reports.ask(PROMOTION.path, reports.week, metrics=[rate, top, bottom], page_size=100)
        for row in _rows(answer, "promotion_list"):
            said, dividend, divisor = (number_in(row.get(name)) for name in (rate, top, bottom))
            if said and dividend and divisor:
                times = said / (dividend / divisor)
                unit = "a fraction" if times < FRACTION else "a percentage"
                return f"{unit}: {rate} {row[rate]} with {top} {row[top]} and {bottom} {row[bottom]}"
        return refusal(answer) or f"no row of the last week has {rate}, {top} and {bottom}"

    return ask


def _undivided(reports: Reports) -> str:
    """Say what a cost or rate is if its denominator is zero."""
    metrics = sorted({*DENOMINATORS, *DENOMINATORS.values()})
    answer = reports.ask(PROMOTION.path, reports.week, metrics=metrics, page_size=100)
    seen = {
        shape(row, ratio)
        for row in _rows(answer, "promotion_list")
        for ratio, bottom in DENOMINATORS.items()
        if row.get(bottom) == 0
    }
    return refusal(answer) or ", ".join(sorted(seen)) or "no row of the last week has a denominator of 0"


def _amounts(reports: Reports) -> str:
    answer = reports.ask(PROMOTION.path, reports.week, page_size=100)
    said = (number_in(row.get("stat_cost")) for row in _rows(answer, "promotion_list"))
    costs = [cost for cost in said if cost]
    longer = [cost for cost in costs if cost != cost.quantize(CENT)]
    words = f"more than two digits: {longer[0]}" if longer else f"at most two digits in {len(costs)} row(s)"
    return refusal(answer) or words


def _id_shapes(reports: Reports) -> str:
    answer = reports.ask(PROMOTION.path, reports.week, page_size=100)
    ids = [row.get(PROMOTION.id_field) for row in _rows(answer, "promotion_list")]
    seen = {"text" if isinstance(one, str) else "numbers" for one in ids}
    return refusal(answer) or ", ".join(sorted(seen)) or "no row in the last week"


def _without_rows(reports: Reports) -> str:
    answer = reports.ask(PROMOTION.path, reports.day, filtering={PROMOTION.ids_filter: [NO_PROMOTION]}, page_size=100)
    data = _data(answer)
    return refusal(answer) or f"promotion_list {shape(data, 'promotion_list')}, page_info {shape(data, 'page_info')}"


def _without_materials(reports: Reports) -> str:
    answer = reports.ask(MATERIAL.path, reports.day, filtering={MATERIAL.ids_filter: [NO_MATERIAL]}, page_size=100)
    return refusal(answer) or f"{MATERIAL.rows} {shape(_data(answer), MATERIAL.rows)}"


def _not_of_materials(reports: Reports) -> str:
    answer = reports.ask(MATERIAL.path, reports.week, metrics=["stat_cost", NOT_OF_MATERIALS])
    return refusal(answer) or f"accepted: {_keys_of_first(_rows(answer, MATERIAL.rows))}"


def _default_granularity(reports: Reports) -> str:
    answer = reports.ask(ACCOUNT.path, reports.week, time_granularity=None)
    rows = _rows(answer, "data_list")
    days = sorted({str(row.get("stat_time_day")) for row in rows})
    return refusal(answer) or f"{len(rows)} row(s) over seven days, stat_time_day: {', '.join(days) or 'none'}"


def _total_shape(reports: Reports) -> str:
    answer = reports.ask(PROMOTION.path, reports.week, time_granularity="TIME_GRANULARITY_TOTAL")
    return refusal(answer) or _keys_of_first(_rows(answer, "promotion_list"))


def _hour_format(reports: Reports) -> str:
    answer = reports.ask(PROMOTION.path, reports.day, time_granularity="TIME_GRANULARITY_HOURLY")
    rows = _rows(answer, "promotion_list")
    hours = [f"{row.get('stat_time_hour')!r} (stat_time_day {row.get('stat_time_day')!r})" for row in rows[:1]]
    return refusal(answer) or (hours[0] if hours else "no row yesterday")


def _past_the_end(reports: Reports) -> str:
    answer = reports.ask(PROMOTION.path, reports.day, page=PAST_THE_END)
    data = _data(answer)
    told = json.dumps(data.get("page_info"), ensure_ascii=False, default=str)
    return refusal(answer) or f"code 0, promotion_list {data.get('promotion_list')}, page_info {told}"


def _code_for(**changed: object) -> Callable[[Reports], str]:
    def ask(reports: Reports) -> str:
        answer = reports.ask(PROMOTION.path, reports.day, **changed)
        return refusal(answer) or f"accepted: {_keys_of_first(_rows(answer, 'promotion_list'))}"

    return ask


def _rate_headers(reports: Reports) -> str:
    seen = ", ".join(f"{name}: {value}" for name, value in sorted(reports.headers.items()))
    return seen or "none seen"


REPORTS: Mapping[str, Callable[[Reports], str]] = {
    "unit of ctr": _unit_of("ctr", "click_cnt", "show_cnt"),
    "unit of conversion_rate": _unit_of("conversion_rate", "convert_cnt", "click_cnt"),
    "a cost or rate per nothing": _undivided,
    "amounts": _amounts,
    "ids in a row": _id_shapes,
    "a report without rows": _without_rows,
    "a material report without rows": _without_materials,
    f"metric {NOT_OF_MATERIALS} of materials": _not_of_materials,
    "time_granularity left out, account report": _default_granularity,
    "keys of a TOTAL row": _total_shape,
    "stat_time_hour of an HOURLY row": _hour_format,
    f"page {PAST_THE_END}, past the end": _past_the_end,
    f"metric {NO_METRIC}, which does not exist": _code_for(metrics=[NO_METRIC]),
    f"local_account_id {FOREIGN_ACCOUNT}, which is not ours": _code_for(local_account_id=FOREIGN_ACCOUNT),
    f"page_size {BAD_PAGE_SIZE}": _code_for(page_size=BAD_PAGE_SIZE),
    "headers about rates": _rate_headers,  # last: it looks at the answers to the others
}


def sendable(value: object) -> str:
    """Encode a query parameter as the service wants it."""
    return json.dumps(value) if isinstance(value, list | dict) else str(value)


def shape(holder: Mapping[str, Any], key: str) -> str:
    """Describe a value of the answer: short ones as they are."""
    return json.dumps(holder[key], ensure_ascii=False, default=str)[:WORDS_SHOWN] if key in holder else "absent"


def refusal(answer: Answer) -> str:
    """Describe a refusal; empty for a success."""
    code = answer.code
    said = str(answer.body.get("message"))[:WORDS_SHOWN]
    return "" if code == 0 else f"HTTP {answer.status}, code {code}, {said}"


def _is_about_rates(name: str) -> bool:
    return name.lower() == "retry-after" or (name.lower().startswith("x-") and "rate" in name.lower())


def _rows(answer: Answer, key: str) -> Rows:
    found = _data(answer).get(key)
    return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []


def _data(answer: Answer) -> Mapping[str, Any]:
    data = answer.body.get("data")
    return data if isinstance(data, dict) else {}


def _keys_of_first(rows: Rows) -> str:
    return ", ".join(rows[0]) if rows else "no row"
