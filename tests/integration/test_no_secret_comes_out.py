"""Whatever happens that nobody foresaw, in whatever layer and entry point: no secret in what comes out of it."""

import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
import redis
import requests
import structlog

from cli.main import run as laike
from lab.processes import free_port
from pipeline.core.outcome import RunState
from tests import forks
from tests.breaker import BROKE, broken, explode
from tests.lab import Lab
from tests.leaks import everything_in, everything_sent_to, secrets_of, unpacked_message
from tests.workers import SHORT, wait_until, workers

PASSWORD = "canary/of#redis@home?yes"
WEBHOOK_SECRET, FLOWER_PASSWORD, HEARTBEAT = "canary-of-the-webhook", "canary-of-flower", "canary-of-heartbeat"
LAYERS = {
    "settings": "pipeline.settings:from_toml",
    "client": "pipeline.clients.http:Http.call",
    "state": "pipeline.state.runs.events:Events.emit",
    "fetch": "pipeline.steps.runs.fetch:judge_days",
    "load": "pipeline.steps.runs.load:diff",
    "card": "pipeline.steps.telling.card:run_card",
    "command": "cli.runs.sync:begin",
}
LEVELS = ("debug", "info", "warning", "error")
BREAKER = (sys.executable, "-m", "tests.breaker")
CELERY = ("celery", "-A", "worker.app")


@pytest.fixture
def guarded(lab: Lab) -> Iterator[Lab]:
    """A lab with a canary in every setting that is secret."""
    client = redis.Redis.from_url(lab.redis_url)
    client.execute_command("ACL", "SETUSER", "laike", "on", f">{PASSWORD}", "~*", "&*", "+@all")  # type: ignore[no-untyped-call]
    lab.redis_url = lab.redis_url.replace("//", f"//laike:{quote(PASSWORD, safe='')}@")
    lab.control("settings", {"webhook_secret": WEBHOOK_SECRET})
    lab.extra |= SHORT | {
        "LAIKE_WAIT_SCALE": "0",
        "LAIKE_FEISHU_WEBHOOK_SECRET": WEBHOOK_SECRET,
        "LAIKE_FLOWER_LOGIN": f"flora:{FLOWER_PASSWORD}",
        "LAIKE_HEARTBEAT_URL": f"{lab.server.url}/{HEARTBEAT}",
    }
    lab.context()  # takes the token over
    yield lab
    client.execute_command("ACL", "DELUSER", "laike")  # type: ignore[no-untyped-call]
    client.close()


@pytest.fixture
def process() -> Iterator[None]:
    """This process as it was, after an entry point ran in it."""
    structlog.reset_defaults()  # as a process begins, whatever an earlier test made of it
    hooks = sys.excepthook, threading.excepthook, sys.unraisablehook, logging.getLogRecordFactory()
    yield
    sys.excepthook, threading.excepthook, sys.unraisablehook, factory = hooks
    logging.setLogRecordFactory(factory)
    structlog.reset_defaults()


def canaries(lab: Lab) -> set[str]:
    """Every secret of a guarded lab, and the pieces in which one could come out."""
    hook = lab.facts["webhook_path"].rpartition("/")[2]
    pieces = {PASSWORD, quote(PASSWORD, safe=""), quote(PASSWORD), "canary/of", "of#redis", "home?yes", hook}
    return {*secrets_of(lab), *pieces, WEBHOOK_SECRET, FLOWER_PASSWORD, HEARTBEAT}


def told_by(lab: Lab, *said: str) -> list[str]:
    """The secrets that are found in what was said, and in everything that is kept: Redis, cards, both tables."""
    state = lab.look("state")
    tables = [lab.records(table["table_id"]) for table in state["tables"]]
    kept = json.dumps([state["messages"], tables], ensure_ascii=False)
    text = "\n".join([*said, everything_in(lab.redis_url, 1), kept])
    return sorted(canary for canary in canaries(lab) if canary in text)


def environment_of(lab: Lab, **more: str) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LAIKE_")}
    return {**clean, "PYTHONPATH": str(Path.cwd()), **lab.environment(), **more}


def run(lab: Lab, *command: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """A command of the product to its end."""
    return forks.run(command, environment_of(lab, **environment), lab.home, timeout=120)


@pytest.mark.usefixtures("process")
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("layer", LAYERS)
def test_a_command_that_meets_what_nobody_foresaw_tells_no_secret(
    guarded: Lab, layer: str, level: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lab = guarded
    for name, value in (lab.environment() | {"LAIKE_LOG_LEVEL": level}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(lab.home)
    monkeypatch.setattr(sys, "argv", ["laike", "sync", "--local", "--json", "--tell"])
    monkeypatch.setattr(*broken(LAYERS[layer]), explode)
    with pytest.raises(SystemExit) as ended:
        laike()
    said = "".join(capsys.readouterr())
    assert ended.value.code == (0 if layer == "card" else 3)  # a card that breaks is told, and the run has ended well
    assert BROKE in said
    assert told_by(lab, said) == []


@pytest.mark.parametrize("where", ["thread", "pipeline.steps.runs.load:diff"])
def test_a_command_in_a_process_of_its_own_tells_none_either(guarded: Lab, where: str) -> None:
    ended = run(guarded, *BREAKER, where, "cli.main", "sync", "--local", LAIKE_LOG_LEVEL="debug")
    assert BROKE in ended.stderr
    assert told_by(guarded, ended.stdout, ended.stderr) == []


@pytest.mark.parametrize(
    ("where", "worker", "level"),
    [
        ("worker.tasks:_begin", ("worker",), "debug"),
        ("pipeline.steps.runs.fetch:judge_days", (*CELERY, "worker", "--without-mingle", "--without-gossip"), "error"),
        ("pipeline.steps.runs.load:diff", ("worker",), "info"),
    ],
    ids=["task", "fetch", "load"],
)
def test_a_worker_tells_no_secret_in_its_log_a_result_or_an_event(
    guarded: Lab, where: str, worker: tuple[str, ...], level: str
) -> None:
    lab = guarded
    with workers(lab) as team, everything_sent_to(lab.redis_url) as sent:
        member = team.stay((*BREAKER, where, *worker), LAIKE_LOG_LEVEL=level)
        task = team.send("laike.daily")
        assert wait_until(lambda: BROKE in member.words()), member.words()
        team.result(task)
        kept = told_by(lab)  # results as long as they are there
    assert kept == []
    assert told_by(lab, member.words(), *map(unpacked_message, sent)) == []


def test_beat_tells_no_secret(guarded: Lab) -> None:
    where = "celery.beat:PersistentScheduler.tick"
    ended = run(guarded, *BREAKER, where, *CELERY, "beat", LAIKE_LOG_LEVEL="debug")
    assert BROKE in ended.stderr
    assert told_by(guarded, ended.stdout, ended.stderr) == []


@pytest.mark.parametrize("where", ["celery.app.base:Celery.send_task", "worker.schedule:schedule", "thread"])
def test_celery_call_tells_no_secret(guarded: Lab, where: str) -> None:
    ended = run(guarded, *BREAKER, where, *CELERY, "call", "laike.catch_up")
    assert BROKE in ended.stderr
    assert told_by(guarded, ended.stdout, ended.stderr) == []


def test_what_celery_tells_of_its_settings_holds_no_secret(guarded: Lab) -> None:
    with workers(guarded) as team:
        team.worker()
        told = [run(guarded, sys.executable, "-m", *CELERY, *words) for words in (["report"], ["inspect", "conf"])]
    assert all("broker" in ended.stdout for ended in told)
    assert told_by(guarded, *(ended.stdout + ended.stderr for ended in told)) == []


def test_flower_tells_no_secret_of_a_page_that_breaks(guarded: Lab) -> None:
    lab, port = guarded, free_port()
    where, url = "flower.api.tasks:ListTasks.get", f"http://127.0.0.1:{port}"
    login = f"flora:{FLOWER_PASSWORD}"
    with workers(lab) as team:
        address = ("--address=127.0.0.1", f"--port={port}")
        member = team.stay((*BREAKER, where, *CELERY, "flower", *address), FLOWER_BASIC_AUTH=login)
        assert wait_until(lambda: _status(f"{url}/healthcheck") == 200), member.words()
        shown = requests.get(f"{url}/api/tasks", auth=("flora", FLOWER_PASSWORD), timeout=10)
        assert shown.status_code == 500
        assert wait_until(lambda: BROKE in member.words()), member.words()
    assert told_by(lab, shown.text, member.words()) == []


def _status(url: str) -> int:
    try:
        return requests.get(url, timeout=5).status_code
    except requests.ConnectionError:
        return 0


ENTRY_POINTS = {
    "laike": ("cli.main", "runs"),
    "laike sync --local": ("cli.main", "sync", "--local"),
    "doctor": ("cli.main", "doctor"),
    "containers": ("cli.containers", "check", ".", ".", "."),
    "worker": ("worker",),
    "celery worker": (*CELERY, "worker"),
    "beat": (*CELERY, "beat"),
    "call": (*CELERY, "call", "laike.catch_up"),
    "flower": ("worker.flower",),
}
WRONG = {
    "LAIKE_REDIS_URL": "redis://laike:canary-1/of#redis@127.0.0.1:1/0",
    "LAIKE_OCEANENGINE_BASE_URL": "https://canary-2:canary-3@api.oceanengine.com",
    "LAIKE_FEISHU_BASE_URL": "canary-4",
    "LAIKE_FEISHU_WEBHOOK_URL": "open.feishu.cn/open-apis/bot/v2/hook/canary-5",
    "LAIKE_HEARTBEAT_URL": "canary-6",
    "LAIKE_TOKEN_KEYS": "canary-7",
    "LAIKE_FLOWER_LOGIN": "canary-8",
    "LAIKE_OCEANENGINE_RATE": "canary-9",
}


@pytest.mark.parametrize("entry", ENTRY_POINTS)
def test_addresses_and_secrets_that_are_none_are_named_and_never_quoted(lab: Lab, entry: str) -> None:
    ended = run(lab, sys.executable, "-m", *ENTRY_POINTS[entry], **WRONG)
    said = ended.stdout + ended.stderr
    assert ended.returncode == (3 if entry == "doctor" else 2)  # doctor's own words for it
    assert [name for name in WRONG if name not in said] == []
    assert "Traceback" not in said
    assert [piece for piece in ("canary", "of#redis", "of%23redis") if piece in said] == []


def echoing(lab: Lab) -> None:
    """Let both services say in their errors what they were sent."""
    facts = lab.facts
    held = f"{facts['access_token']} {facts['refresh_token']} {facts['secret']}"
    one = {"local_account_id": lab.accounts[1]}
    lab.fault("report.promotion", "code", code=40300, message=f"no access with {held}", times="always", match=one)
    tenant = lab.context().tenant_token.current()
    held = f"{tenant} {facts['feishu_app_secret']}"
    lab.fault("views.list", "code", code=1254005, message=f"no view for Bearer {held}", times="always")
    lab.fault("bot.webhook", "code", code=9499, message=f"bad {facts['webhook_path']} {WEBHOOK_SECRET}", times=1)


def test_what_a_service_echoes_comes_out_nowhere(guarded: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    lab = guarded
    echoing(lab)
    assert lab.sync().state == RunState.PARTIAL
    run_id = lab.context().ledger.newest(1)[0]
    said = [lab.laike(*words) for words in (["show", run_id], ["show", run_id, "--json"], ["views"], ["doctor"])]
    said += [lab.laike("sync", "--local", "--json", LAIKE_LOG_LEVEL="debug"), lab.laike("notify", "test")]
    told = "".join(ended.stdout + ended.stderr for ended in said) + "".join(capsys.readouterr())
    assert "no access with *** *** ***" in told
    assert told_by(lab, told) == []


@pytest.mark.parametrize(("code", "exit_code"), [(40107, 4), (40108, 3)])
def test_what_the_service_echoes_of_a_refresh_comes_out_nowhere(guarded: Lab, code: int, exit_code: int) -> None:
    lab = guarded
    held = f"{lab.facts['refresh_token']} {lab.facts['secret']}"
    lab.fault("oauth.refresh_token", "code", code=code, message=f"refused: {held}", times="always")
    said = [lab.laike(*words, LAIKE_LOG_LEVEL="debug") for words in (["token", "refresh"], ["token", "status"])]
    assert said[0].returncode == exit_code
    assert told_by(lab, *(ended.stdout + ended.stderr for ended in said)) == []
