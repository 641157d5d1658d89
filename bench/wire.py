"""Requests to both services as a bare client sends them: no model, and the first error ends all."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from bench.world import PAGE_ROWS, BenchError, Job, midnight_ms
from pipeline.core.model import DayRange

PROMOTIONS = "/open_api/v3.0/local/report/promotion/get/"
ACCOUNT = "/open_api/v3.0/local/report/account/get/"
TENANT_TOKEN = "/open-apis/auth/v3/tenant_access_token/internal"  # noqa: S105 a path
FIGURES = {
    "消耗(元)": "stat_cost",
    "转化数": "convert_cnt",
    "转化成本(元)": "conversion_cost",
    "团购线索数": "clue_pay_order_cnt",
}
Json = dict[str, Any]


def table(job: Job, action: str) -> str:
    """A path below the table."""
    return f"/open-apis/bitable/v1/apps/{job.facts['app_token']}/tables/{job.facts['typed_table_id']}/{action}"


def credentials(job: Job) -> Json:
    """The body that asks for a Feishu token."""
    return {"app_id": job.facts["feishu_app_id"], "app_secret": job.facts["feishu_app_secret"]}


def report(job: Job, account_id: str, metrics: Sequence[str], page: int = 1) -> dict[str, str]:
    """The query of a page of a report on the job's window."""
    return {
        "local_account_id": account_id,
        "start_date": job.window.first.isoformat(),
        "end_date": job.window.last.isoformat(),
        "time_granularity": "TIME_GRANULARITY_DAILY",
        "metrics": json.dumps(list(metrics)),
        "page": str(page),
        "page_size": str(PAGE_ROWS),
    }


def of_the_days(days: DayRange) -> Json:
    """The search for the rows of some days."""
    bounds = (("isGreater", days.first - timedelta(days=1)), ("isLess", days.last + timedelta(days=1)))
    conditions = [
        {"field_name": "时间", "operator": operator, "value": ["ExactDate", str(midnight_ms(at))]}
        for operator, at in bounds
    ]
    return {"filter": {"conjunction": "and", "conditions": conditions}, "automatic_fields": True}


def rows(job: Job, account_id: str, answer: Mapping[str, Any], days: DayRange) -> list[Json]:
    """The records to create for the rows of some days of a promotion report's page."""
    return [
        {
            "fields": {
                "账户名称": job.accounts[account_id],
                "时间": midnight_ms(day),
                "单元ID": str(row["promotion_id"]),
                "单元名称": row["promotion_name"],
                **{column: row[metric] or 0 for column, metric in FIGURES.items()},
            }
        }
        for row in answer["promotion_list"]
        if (day := date.fromisoformat(row["stat_time_day"])) in days
    ]


def data_of(path: str, answer: Mapping[str, Any]) -> Json:
    """`data` of an answer.

    Raises:
        BenchError: It refuses.
    """
    if answer["code"]:
        msg = f"{path}: {str(answer)[:300]}"
        raise BenchError(msg)
    data: Json = answer.get("data") or {}
    return data
