"""`/healthz` and `/metrics`, over HTTP."""

from collections.abc import Iterator

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from pipeline.steps.overview.signs import give_sign
from tests.console_desk import Desk
from tests.lab import Lab
from tests.workers import Store

TOKEN = "canary-of-prometheus"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
Samples = dict[tuple[str, str], float]


@pytest.fixture
def scraped(lab: Lab) -> Iterator[Desk]:
    """A console that Prometheus may ask."""
    lab.extra["LAIKE_METRICS_TOKEN"] = TOKEN
    with Desk(lab) as made:
        yield made


def samples(desk: Desk) -> Samples:
    """What a scrape reads: (name, labels) → value."""
    answer = requests.get(f"{desk.url}/metrics", headers=BEARER, timeout=20)
    assert answer.ok, answer.text
    found = [sample for family in text_string_to_metric_families(answer.text) for sample in family.samples]
    return {(one.name, ",".join(one.labels.values())): one.value for one in found}


def test_a_probe_needs_no_login_and_is_told_nothing_but_ok(desk: Desk) -> None:
    answer = requests.get(f"{desk.url}/healthz", timeout=20)
    assert (answer.status_code, answer.text, answer.headers["Cache-Control"]) == (200, "ok", "no-store")
    assert "set-cookie" not in answer.headers
    assert requests.head(f"{desk.url}/healthz", timeout=20).status_code == 200
    assert requests.post(f"{desk.url}/healthz", timeout=20).status_code == 405


@pytest.mark.parametrize(
    "shown", [None, "Bearer wrong", f"bearer {TOKEN}", f"Basic {TOKEN}", "Bearer ", "Bearer \u00e9"]
)
def test_without_its_token_prometheus_reads_nothing(scraped: Desk, shown: str | None) -> None:
    headers = {"Authorization": shown.encode("latin-1")} if shown else {}
    answer = requests.get(f"{scraped.url}/metrics", headers=headers, timeout=20)
    assert (answer.status_code, "laike_" in answer.text) == (401, False)
    assert scraped.get("/metrics").status_code == 401  # a person's session is no token


def test_where_no_token_is_set_there_are_no_metrics(desk: Desk) -> None:
    for headers in ({}, {"Authorization": "Bearer "}, BEARER):
        answer = requests.get(f"{desk.url}/metrics", headers=headers, timeout=20)
        assert (answer.status_code, "laike_" in answer.text) == (404, False)


def test_a_scrape_tells_of_days_runs_limits_and_processes(scraped: Desk) -> None:
    lab = scraped.lab
    ctx = lab.context()
    lab.sync()
    give_sign(ctx)
    found = samples(scraped)
    assert found["laike_redis_up", ""] == found["laike_settings_complete", ""] == 1
    assert found["laike_accounts", ""] == len(lab.accounts)
    assert found["laike_coverage", "loaded"] + found["laike_coverage", "empty"] == 7 * len(lab.accounts)
    assert found["laike_table_rows", f"{lab.table_id},new_days"] == len(lab.records())
    assert found["laike_table_rows_limit", f"{lab.table_id},new_days"] == 20_000
    assert found["laike_feishu_calls_limit", ""] == 10_000
    assert found["laike_feishu_calls", ""] > 0
    assert found["laike_queue_messages", "fetch"] == found["laike_open_runs", ""] == 0
    assert (found["laike_workers", ""], found["laike_beat_seen_timestamp_seconds", ""]) == (1, 0)
    assert found["laike_token_expiry_timestamp_seconds", "refresh"] > ctx.now().timestamp()
    assert found["laike_runs_without_success", ""] == 0
    noon = ctx.now().timestamp()
    assert 12 * 3600 < noon - found["laike_last_good_day_end_timestamp_seconds", lab.table_id] < 13 * 3600
    assert not any(name == "laike_person_needed" for name, _ in found)


def test_no_secret_and_no_figure_of_an_account_is_in_a_scrape(scraped: Desk) -> None:
    lab = scraped.lab
    lab.sync()
    text = requests.get(f"{scraped.url}/metrics", headers=BEARER, timeout=20).text
    secrets = (TOKEN, lab.facts["access_token"], lab.facts["secret"], lab.facts["feishu_app_secret"])
    assert not any(secret in text for secret in secrets)
    assert not any(account in text for account in (*lab.accounts, *lab.facts["accounts"].values()))


def test_while_redis_is_away_the_probe_fails_and_the_scrape_says_so(store: Store, lab: Lab) -> None:
    lab.redis_url = store.url
    lab.extra["LAIKE_METRICS_TOKEN"] = TOKEN
    with Desk(lab) as desk:
        assert samples(desk)["laike_redis_up", ""] == 1
        store.kill()
        assert requests.get(f"{desk.url}/healthz", timeout=20).status_code == 503
        found = samples(desk)
        assert found == {("laike_redis_up", ""): 0, ("laike_settings_complete", ""): 1}
        store.start()
        assert requests.get(f"{desk.url}/healthz", timeout=20).status_code == 200


def test_probe_and_metrics_are_there_behind_a_prefix_and_beside_it(lab: Lab) -> None:
    lab.extra |= {"LAIKE_METRICS_TOKEN": TOKEN, "LAIKE_CONSOLE_PREFIX": "/laike"}
    with Desk(lab) as desk:
        for path in ("/healthz", "/laike/healthz"):
            assert requests.get(desk.url + path, timeout=20).status_code == 200
        assert requests.get(f"{desk.url}/laike/metrics", headers=BEARER, timeout=20).ok
