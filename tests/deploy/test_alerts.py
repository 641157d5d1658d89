"""The alert rules, by the real promtool and a real Prometheus."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from pipeline.core.errors import NeedsPerson
from pipeline.state.beat import BeatSigns
from pipeline.steps.overview.signs import give_sign
from tests.console_desk import Desk
from tests.lab import Lab
from tests.prometheus import DEPLOY, prometheus, promtool
from tests.workers import Workers, wait_until, workers

TOKEN = "canary-of-prometheus"
CHINESE = re.compile("[一-鿿]")
RULES = (DEPLOY / "laike.rules.yml").read_text(encoding="utf-8")
ALERTS = re.findall(r"- alert: (\w+)", RULES)


def copied(folder: Path, target: str) -> Path:
    """Our configuration for a console in this place, with rules that wait for nothing and a look every second."""
    text = (DEPLOY / "prometheus.yml").read_text(encoding="utf-8")
    text = text.replace("127.0.0.1:8000", target.removeprefix("http://")).replace("30s", "1s")
    (folder / "prometheus.yml").write_text(text, encoding="utf-8")
    (folder / "laike.rules.yml").write_text(re.sub(r"for: \d+m", "for: 0s", RULES), encoding="utf-8")
    (folder / "laike-metrics-token").write_text(TOKEN, encoding="utf-8")
    return folder / "prometheus.yml"


def test_promtool_takes_configuration_and_rules(tmp_path: Path) -> None:
    config = copied(tmp_path, "http://127.0.0.1:8000")
    checked = promtool("check", "config", config)
    assert checked.returncode == 0, checked.stderr
    assert promtool("check", "rules", "laike.rules.yml").returncode == 0


def test_each_alert_fires_on_its_fault_and_no_other_with_it() -> None:
    tested = promtool("test", "rules", "laike.rules.test.yml")
    assert tested.returncode == 0, tested.stdout + tested.stderr
    cases = (DEPLOY / "laike.rules.test.yml").read_text(encoding="utf-8")
    assert [alert for alert in ALERTS if f'alertname="{alert}"' not in cases] == []


def test_the_cases_notice_an_alert_that_never_fires(tmp_path: Path) -> None:
    for name in ("laike.rules.yml", "laike.rules.test.yml"):
        shutil.copy(DEPLOY / name, tmp_path)
    broken = RULES.replace("laike_workers == 0", "laike_workers == 7")
    (tmp_path / "laike.rules.yml").write_text(broken, encoding="utf-8")
    tested = promtool("test", "rules", "laike.rules.test.yml", cwd=tmp_path)
    assert (tested.returncode, "LaikeNoWorker" in tested.stdout + tested.stderr) == (1, True)


@pytest.fixture
def morning(lab: Lab) -> Iterator[Workers]:
    """A product that loaded yesterday, by the real clock, and whose worker and beat were just seen."""
    lab.at_real_time()
    lab.sync()
    with workers(lab) as working:
        give_sign(working.ctx)
        BeatSigns(working.ctx.client).give()
        yield working


def test_a_real_prometheus_fires_when_the_token_dies_and_when_the_console_is_gone(
    morning: Workers, tmp_path: Path
) -> None:
    lab, ctx, desk = morning.lab, morning.ctx, Desk.opened(morning, LAIKE_METRICS_TOKEN=TOKEN)
    text = requests.get(f"{desk.url}/metrics", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=20).text
    checked = promtool("check", "metrics", given=text)
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")
    with prometheus(copied(tmp_path, desk.url), tmp_path) as server:
        assert wait_until(server.scraped, 20)
        loaded = {rule["name"]: rule for rule in rules_of(server.api("rules"))}
        assert wait_until(lambda: {rule["health"] for rule in rules_of(server.api("rules"))} == {"ok"}, 20)
        assert wait_until(lambda: not server.firing(), 20), server.api("alerts")
        lab.fault("oauth.refresh_token", "code", code=40107, times="always")
        with pytest.raises(NeedsPerson):
            ctx.tokens.renew(ctx.tokens.current())
        assert wait_until(lambda: server.firing() == {"LaikePersonNeeded"}, 20), server.api("alerts")
        (alert,) = server.api("alerts")["alerts"]
        assert "needs_authorization" in alert["annotations"]["summary"]
        morning.members[-1].kill()
        assert wait_until(lambda: server.firing() == {"LaikeConsoleDown"}, 20), server.api("alerts")
    assert loaded.keys() == set(ALERTS)
    said = [
        text for rule in loaded.values() for text in (rule["annotations"][one] for one in ("summary", "description"))
    ]
    assert all(CHINESE.search(text) for text in said)


def rules_of(told: Any) -> list[dict[str, Any]]:  # noqa: ANN401 JSON
    """The rules that the API tells of."""
    return [rule for group in told["groups"] for rule in group["rules"]]
