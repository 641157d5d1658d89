"""Questions that no page of 巨量引擎 answers, asked of the service itself. Only reports are read.

Each answer is in the service's own words or figures, so that a person can hold it against what the docs assume.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from pipeline.clients.http import Answer
from pipeline.clients.oceanengine.reports import ACCOUNT_REPORT, PROMOTION_REPORT
from pipeline.context import Context
from pipeline.core.errors import LaikeError
from pipeline.core.plan import yesterday
from pipeline.core.redaction import redacted
from pipeline.steps.accounts import known_accounts

PAST_THE_END = 9999
NO_METRIC, FOREIGN_ACCOUNT, BAD_PAGE_SIZE = "laike_no_such_metric", "1", 7
FRACTION = Decimal(10)  # a percentage is a hundred times the quotient, a fraction is the quotient
WEEK = timedelta(days=6)
WORDS_SHOWN = 200

Rows = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Reply:
    """A question and what the service answered, without a secret that it echoed."""

    question: str
    answer: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "answer", redacted(self.answer))


class _Reports:
    """Reports of one account as the service sends them, refusals included."""

    def __init__(self, ctx: Context, account_id: str) -> None:
        self._ctx, self._account_id = ctx, account_id
        self._token = ctx.tokens.current()
        self.headers: dict[str, str] = {}

    def ask(self, path: str, days: tuple[date, date], **changed: object) -> Answer:
        """One report; a parameter that is `None` is left out."""
        params: dict[str, object] = {
            "local_account_id": self._account_id,
            "start_date": days[0],
            "end_date": days[1],
            "metrics": ["stat_cost"],
            "time_granularity": "TIME_GRANULARITY_DAILY",
            **changed,
        }
        sent = {name: _text(value) for name, value in params.items() if value is not None}
        self._ctx.limiter.wait(path)
        answer = self._ctx.oceanengine_http.call("GET", path, params=sent, headers={"Access-Token": self._token})
        self.headers |= {name.lower(): value for name, value in answer.headers.items() if _is_about_rates(name)}
        return answer


def probe(ctx: Context) -> list[Reply]:
    """Every question and its answer; a question that got none says why.

    Raises:
        NeedsPerson: There is no usable token.
    """
    day = yesterday(ctx.now())
    reports = _Reports(ctx, next(iter(known_accounts(ctx).names)))
    return [Reply(question, _answered(ask, reports, day)) for question, ask in QUESTIONS.items()]


def _answered(ask: Callable[[_Reports, date], str], reports: _Reports, day: date) -> str:
    try:
        return ask(reports, day)
    except LaikeError as error:
        return f"no answer: {error.message}"


def _unit_of(rate: str, top: str, bottom: str) -> Callable[[_Reports, date], str]:
    def ask(reports: _Reports, day: date) -> str:
        answer = reports.ask(PROMOTION_REPORT, (day - WEEK, day), metrics=[rate, top, bottom], page_size=100)
        for row in _rows(answer, "promotion_list"):
            if row.get(rate) and row.get(top) and row.get(bottom):
                quotient = Decimal(row[top]) / Decimal(row[bottom])
                times = Decimal(row[rate]) / quotient
                unit = "a fraction" if times < FRACTION else "a percentage"
                return f"{unit}: {rate} {row[rate]} with {top} {row[top]} and {bottom} {row[bottom]}"
        return _refusal(answer) or f"no row of the last week has {rate}, {top} and {bottom}"

    return ask


def _default_granularity(reports: _Reports, day: date) -> str:
    answer = reports.ask(ACCOUNT_REPORT, (day - WEEK, day), time_granularity=None)
    rows = _rows(answer, "data_list")
    days = sorted({str(row.get("stat_time_day")) for row in rows})
    return _refusal(answer) or f"{len(rows)} row(s) over seven days, stat_time_day: {', '.join(days) or 'none'}"


def _total_shape(reports: _Reports, day: date) -> str:
    answer = reports.ask(PROMOTION_REPORT, (day - WEEK, day), time_granularity="TIME_GRANULARITY_TOTAL")
    return _refusal(answer) or _keys_of_first(_rows(answer, "promotion_list"))


def _hour_format(reports: _Reports, day: date) -> str:
    answer = reports.ask(PROMOTION_REPORT, (day, day), time_granularity="TIME_GRANULARITY_HOURLY")
    rows = _rows(answer, "promotion_list")
    hours = [f"{row.get('stat_time_hour')!r} (stat_time_day {row.get('stat_time_day')!r})" for row in rows[:1]]
    return _refusal(answer) or (hours[0] if hours else "no row yesterday")


def _past_the_end(reports: _Reports, day: date) -> str:
    answer = reports.ask(PROMOTION_REPORT, (day, day), page=PAST_THE_END)
    data = answer.body.get("data") or {}
    told = json.dumps(data.get("page_info"), ensure_ascii=False)
    return _refusal(answer) or f"code 0, promotion_list {data.get('promotion_list')}, page_info {told}"


def _code_for(**changed: object) -> Callable[[_Reports, date], str]:
    def ask(reports: _Reports, day: date) -> str:
        answer = reports.ask(PROMOTION_REPORT, (day, day), **changed)
        return _refusal(answer) or f"accepted: {_keys_of_first(_rows(answer, 'promotion_list'))}"

    return ask


def _rate_headers(reports: _Reports, _day: date) -> str:
    seen = ", ".join(f"{name}: {value}" for name, value in sorted(reports.headers.items()))
    return seen or "none seen"


QUESTIONS: Mapping[str, Callable[[_Reports, date], str]] = {
    "unit of ctr": _unit_of("ctr", "click_cnt", "show_cnt"),
    "unit of conversion_rate": _unit_of("conversion_rate", "convert_cnt", "click_cnt"),
    "time_granularity left out, account report": _default_granularity,
    "keys of a TOTAL row": _total_shape,
    "stat_time_hour of an HOURLY row": _hour_format,
    f"page {PAST_THE_END}, past the end": _past_the_end,
    f"metric {NO_METRIC}, which does not exist": _code_for(metrics=[NO_METRIC]),
    f"local_account_id {FOREIGN_ACCOUNT}, which is not ours": _code_for(local_account_id=FOREIGN_ACCOUNT),
    f"page_size {BAD_PAGE_SIZE}": _code_for(page_size=BAD_PAGE_SIZE),
    "headers about rates": _rate_headers,  # last: it looks at the answers to the others
}


def _text(value: object) -> str:
    return json.dumps(value) if isinstance(value, list) else str(value)


def _is_about_rates(name: str) -> bool:
    return name.lower() == "retry-after" or (name.lower().startswith("x-") and "rate" in name.lower())


def _rows(answer: Answer, key: str) -> Rows:
    return (answer.body.get("data") or {}).get(key) or []


def _refusal(answer: Answer) -> str:
    code = answer.body.get("code")
    said = str(answer.body.get("message"))[:WORDS_SHOWN]
    return "" if code == 0 else f"HTTP {answer.status}, code {code}, {said}"


def _keys_of_first(rows: Rows) -> str:
    return ", ".join(rows[0]) if rows else "no row"
