"""A daily load with dlt, as its documentation shows it: `python dlt_peer.py FACTS.json`.

- Source: one resource an account, read in parallel by a RESTClient with its PageNumberPaginator; a cursor on the day.
  https://dlthub.com/docs/general-usage/http/rest-client, …/general-usage/incremental/cursor, …/reference/performance
  With `check_code` among the facts, a response hook makes a refusal with status 200 an error:
  …/general-usage/http/rest-client#advanced-usage
- Destination: there is none for a Bitable, so a function of one's own, which posts with dlt's own requests.
  https://dlthub.com/docs/dlt-ecosystem/destinations/destination, …/general-usage/http/requests
- Retries: tenacity around extract and load. https://dlthub.com/docs/running-in-production/running

Merge and its primary key are declared; a destination of one's own receives rows only ("no notion of write
dispositions"), so the key serves the cursor, which leaves out what an earlier run has read.
"""

import json
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import dlt
from dlt.pipeline.helpers import retry_load
from dlt.sources.helpers import requests
from dlt.sources.helpers.rest_client import RESTClient
from dlt.sources.helpers.rest_client.paginators import PageNumberPaginator
from tenacity import retry, retry_if_exception, stop_after_attempt, wait_exponential

FACTS = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
CHINA = timezone(timedelta(hours=8))
FIGURES = {
    "消耗(元)": "stat_cost",
    "转化数": "convert_cnt",
    "转化成本(元)": "conversion_cost",
    "团购线索数": "clue_pay_order_cnt",
}
COLUMNS: Any = {
    "stat_time_day": {"data_type": "text"},
    **{metric: {"data_type": "double"} for metric in FIGURES.values()},
}

client = RESTClient(
    base_url=FACTS["url"],
    headers={"Access-Token": FACTS["access_token"]},
    paginator=PageNumberPaginator(base_page=1, total_path="data.page_info.total_page"),
    data_selector="data.promotion_list",
)


def code_checked(response: Any, *_: Any, **__: Any) -> None:  # noqa: ANN401 a hook of requests
    """Raise what the API refuses with status 200, too; without a hook, only a status of 400 or more is raised."""
    response.raise_for_status()
    if response.json()["code"]:
        raise RuntimeError(response.text)


HOOKS: Any = {"response": [code_checked]} if FACTS.get("check_code") else None


def promotions(
    account_id: str,
    name: str,
    day: Any = dlt.sources.incremental("stat_time_day", initial_value=FACTS["fresh_first"]),  # noqa: ANN401, B008
) -> Iterator[list[dict[str, Any]]]:
    """Pages of an account's report from the last day that was read on."""
    query = {
        "local_account_id": account_id,
        "start_date": day.last_value,
        "end_date": FACTS["last"],
        "time_granularity": "TIME_GRANULARITY_DAILY",
        "metrics": json.dumps(list(FIGURES.values())),
        "page_size": 100,
    }
    for page in client.paginate("/open_api/v3.0/local/report/promotion/get/", params=query, hooks=HOOKS):
        yield [{**row, "account": name} for row in page]


@dlt.source
def ocean_engine() -> Iterator[Any]:
    """One resource an account, all for one table."""
    for account_id, name in FACTS["accounts"].items():
        yield dlt.resource(
            promotions,
            name=f"promotions_{account_id}",
            table_name="promotions",
            write_disposition="merge",
            primary_key=("stat_time_day", "promotion_id"),
            columns=COLUMNS,
        )(account_id, name).parallelize()  # `parallelized=True` is lost when a resource with a cursor is bound


@dlt.destination(batch_size=1000, name="bitable", loader_parallelism_strategy="sequential")
def bitable(items: list[dict[str, Any]], table: Any) -> None:  # noqa: ANN401, ARG001 dlt's signature
    """Create rows: the table takes 1000 at once and one write at a time."""
    logged_in = post(
        "/open-apis/auth/v3/tenant_access_token/internal",
        {"app_id": FACTS["feishu_app_id"], "app_secret": FACTS["feishu_app_secret"]},
    )
    path = f"/open-apis/bitable/v1/apps/{FACTS['app_token']}/tables/{FACTS['typed_table_id']}/records/batch_create"
    records = [{"fields": fields(item)} for item in items]
    post(path, {"records": records}, {"Authorization": f"Bearer {logged_in['tenant_access_token']}"})


def post(path: str, body: dict[str, Any], headers: dict[str, str] | None = None) -> dict[str, Any]:
    """An answer; one that refuses is raised, so that dlt tries again."""
    answer: dict[str, Any] = requests.post(FACTS["url"] + path, json=body, headers=headers).json()
    if answer["code"]:
        raise RuntimeError(f"{path}: {answer}")
    return answer


def fields(item: dict[str, Any]) -> dict[str, Any]:
    """A row as the table has it."""
    day = datetime.fromisoformat(item["stat_time_day"]).replace(tzinfo=CHINA)
    return {
        "账户名称": item["account"],
        "时间": int(day.timestamp() * 1000),
        "单元ID": str(item["promotion_id"]),
        "单元名称": item["promotion_name"],
        **{column: item.get(metric) or 0 for column, metric in FIGURES.items()},
    }


@retry(
    stop=stop_after_attempt(5),
    wait=wait_exponential(multiplier=1.5, min=4, max=10),
    retry=retry_if_exception(retry_load(("extract", "load"))),
    reraise=True,
)
def load() -> Any:  # noqa: ANN401 dlt's load info
    """Run the pipeline; its state stays in a folder from day to day."""
    pipeline = dlt.pipeline("laike", destination=bitable, pipelines_dir=FACTS["home"])
    return pipeline.run(ocean_engine())


if __name__ == "__main__":
    print(load())  # noqa: T201 what dlt says of the run
