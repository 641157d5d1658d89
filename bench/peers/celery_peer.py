"""A daily load with Celery alone, as its documentation shows it: a chord of plain tasks.

    celery --app celery_peer worker --loglevel INFO --pool threads --concurrency 20
    python celery_peer.py            # sends the chord and waits for its result

`FACTS` in the environment names the file with addresses, ids and days. Tasks repeat what failed, with backoff, and stay
within the rate. They are idempotent, as the documentation wants them: the callback deletes the window's rows and
creates them anew, as the serial script does.

https://docs.celeryq.dev/en/stable/userguide/canvas.html#chords
https://docs.celeryq.dev/en/stable/userguide/tasks.html#automatic-retry-for-known-exceptions
"""

import json
import os
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import requests
from celery import Celery, chord

FACTS = json.loads(Path(os.environ["FACTS"]).read_text(encoding="utf-8"))
CHINA = timezone(timedelta(hours=8))
TIMEOUT = (5.0, 30.0)
FIGURES = {
    "消耗(元)": "stat_cost",
    "转化数": "convert_cnt",
    "转化成本(元)": "conversion_cost",
    "团购线索数": "clue_pay_order_cnt",
}
PAGE = 500  # rows of a search and of a delete
BATCH = 1000  # rows of a create

app = Celery("celery_peer", broker=FACTS["redis"], backend=FACTS["redis"])


class RefusedError(Exception):
    """An answer whose `code` is not 0."""


AGAIN: Any = {
    "autoretry_for": (requests.RequestException, RefusedError),
    "retry_backoff": True,
    "retry_jitter": False,  # so that seconds can be compared
    "retry_kwargs": {"max_retries": 5},
}


@app.task(rate_limit=f"{FACTS['rate']:g}/s", **AGAIN)
def fetch(account_id: str) -> list[dict[str, Any]]:
    """The rows of an account's report on the window."""
    rows: list[dict[str, Any]] = []
    page, pages = 1, 1
    while page <= pages:
        query = {
            "local_account_id": account_id,
            "start_date": FACTS["first"],
            "end_date": FACTS["last"],
            "time_granularity": "TIME_GRANULARITY_DAILY",
            "metrics": json.dumps(list(FIGURES.values())),
            "page": page,
            "page_size": 100,
        }
        headers = {"Access-Token": FACTS["access_token"]}
        data = call("GET", "/open_api/v3.0/local/report/promotion/get/", params=query, headers=headers)["data"]
        rows += [{**row, "account": FACTS["accounts"][account_id]} for row in data["promotion_list"]]
        page, pages = page + 1, data["page_info"]["total_page"]
    return rows


@app.task(**AGAIN)
def load(accounts: list[list[dict[str, Any]]]) -> int:
    """Replace the window's rows by those of all accounts; how many there are."""
    headers = {"Authorization": f"Bearer {log_in()}"}
    old = rows_of_the_window(headers)
    for first in range(0, len(old), PAGE):
        call("POST", table("records/batch_delete"), json={"records": old[first : first + PAGE]}, headers=headers)
    new = [{"fields": fields(row)} for rows in accounts for row in rows]
    for first in range(0, len(new), BATCH):
        call("POST", table("records/batch_create"), json={"records": new[first : first + BATCH]}, headers=headers)
    return len(new)


def log_in() -> str:
    """A Feishu token."""
    body = {"app_id": FACTS["feishu_app_id"], "app_secret": FACTS["feishu_app_secret"]}
    return str(call("POST", "/open-apis/auth/v3/tenant_access_token/internal", json=body)["tenant_access_token"])


def rows_of_the_window(headers: dict[str, str]) -> list[str]:
    """Record ids of our accounts' rows on the window's days."""
    bounds = (("isGreater", FACTS["first"], -1), ("isLess", FACTS["last"], 1))
    conditions = [
        {"field_name": "时间", "operator": operator, "value": ["ExactDate", str(midnight(day, days))]}
        for operator, day, days in bounds
    ]
    body = {"filter": {"conjunction": "and", "conditions": conditions}}
    found: list[str] = []
    token = ""
    while True:
        path = table(f"records/search?page_size={PAGE}") + (f"&page_token={token}" if token else "")
        data = call("POST", path, json=body, headers=headers)["data"]
        ours = FACTS["accounts"].values()
        found += [row["record_id"] for row in data["items"] if row["fields"].get("账户名称") in ours]
        if not data["has_more"]:
            return found
        token = data["page_token"]


def call(method: str, path: str, **request: Any) -> dict[str, Any]:  # noqa: ANN401 the library's own parameters
    """An answer; one that refuses is raised."""
    response = requests.request(method, FACTS["url"] + path, timeout=TIMEOUT, **request)
    response.raise_for_status()
    answer: dict[str, Any] = response.json()
    if answer["code"]:
        raise RefusedError(f"{path}: {answer['code']}")
    return answer


def table(action: str) -> str:
    """A path below the table."""
    return f"/open-apis/bitable/v1/apps/{FACTS['app_token']}/tables/{FACTS['typed_table_id']}/{action}"


def fields(row: dict[str, Any]) -> dict[str, Any]:
    """A row as the table has it."""
    return {
        "账户名称": row["account"],
        "时间": midnight(row["stat_time_day"]),
        "单元ID": str(row["promotion_id"]),
        "单元名称": row["promotion_name"],
        **{column: row[metric] or 0 for column, metric in FIGURES.items()},
    }


def midnight(day: str, days: int = 0) -> int:
    """A day, or one some days from it, as the table's date column holds it."""
    at = date.fromisoformat(day) + timedelta(days=days)
    return int(datetime(at.year, at.month, at.day, tzinfo=CHINA).timestamp() * 1000)


if __name__ == "__main__":
    result = chord(fetch.s(account_id) for account_id in FACTS["accounts"])(load.s())
    print(f"{result.get()} rows")  # noqa: T201 what Celery says of the chord
