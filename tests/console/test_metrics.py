"""`/healthz` and `/metrics`, over HTTP."""

from collections.abc import Iterator

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from pipeline.steps.overview.signs import give_sign
from tests.console_desk import Desk
from tests.lab import Lab
from tests.workers import Store, workers

TOKEN = "canary-of-prometheus"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
Samples = dict[tuple[str, str], float]


@pytest.fixture
def scraped(lab: Lab) -> Iterator[Desk]:
    """A console that Prometheus may ask."""
    with workers(lab) as working:
        yield Desk.opened(working, LAIKE_METRICS_TOKEN=TOKEN)


def scrape(desk: Desk) -> str:
    """What Prometheus reads."""
    answer = requests.get(f"{desk.url}/metrics", headers=BEARER, timeout=20)
    assert answer.ok, answer.text
    return answer.text


def samples(text: str) -> Samples:
    """The same as (name, labels) → value."""
    found = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return {(one.name, ",".join(one.labels.values())): one.value for one in found}


def test_a_probe_needs_no_login_and_without_a_token_of_prometheus_there_are_no_metrics(desk: Desk) -> None:
    answer = requests.get(f"{desk.url}/healthz", timeout=20)
    assert (answer.status_code, answer.text, answer.headers["Cache-Control"]) == (200, "ok", "no-store")
    assert "set-cookie" not in answer.headers
    for headers in ({}, {"Authorization": "Bearer "}, BEARER):
        answer = requests.get(f"{desk.url}/metrics", headers=headers, timeout=20)
        assert (answer.status_code, "laike_" in answer.text) == (404, False)


def test_a_scrape_tells_of_days_runs_limits_and_processes_to_who_has_the_token(scraped: Desk) -> None:
    lab, ctx = scraped.lab, scraped.workers.ctx
    lab.sync()
    give_sign(ctx)
    text = scrape(scraped)
    found = samples(text)
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
    age_s = ctx.now().timestamp() - found["laike_last_good_day_end_timestamp_seconds", lab.table_id]
    assert 12 * 3600 < age_s < 13 * 3600
    assert not any(name == "laike_person_needed" for name, _ in found)
    secrets = (TOKEN, lab.facts["access_token"], lab.facts["secret"], lab.facts["feishu_app_secret"])
    assert not any(word in text for word in (*secrets, *lab.accounts, *lab.facts["accounts"].values()))
    for shown in ("", "Bearer wrong", f"bearer {TOKEN}", f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer \u00e9"):
        headers = {"Authorization": shown.encode("latin-1")} if shown else {}
        answer = requests.get(f"{scraped.url}/metrics", headers=headers, timeout=20)
        assert (answer.status_code, "laike_" in answer.text) == (401, False), shown
    assert scraped.get("/metrics").status_code == 401  # a person's session is no token


def test_while_redis_is_away_the_probe_fails_and_the_scrape_says_so(store: Store, lab: Lab) -> None:
    lab.redis_url = store.url
    with workers(lab) as working:
        desk = Desk.opened(working, LAIKE_METRICS_TOKEN=TOKEN)
        assert samples(scrape(desk))["laike_redis_up", ""] == 1
        store.kill()
        assert requests.get(f"{desk.url}/healthz", timeout=20).status_code == 503
        assert samples(scrape(desk)) == {("laike_redis_up", ""): 0, ("laike_settings_complete", ""): 1}
        store.start()
        assert requests.get(f"{desk.url}/healthz", timeout=20).status_code == 200
