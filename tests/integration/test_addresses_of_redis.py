"""One address of Redis, TLS or a socket, serves commands, worker, beat, results and Flower alike."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from emulator.server import EmulatorServer
from lab.processes import BEAT, WORKER, flower, free_port
from pipeline.core.outcome import RunState
from tests import forks
from tests.lab import Lab
from tests.outages import client_of
from tests.tls import Front
from tests.workers import SHORT, Store, Workers, command, wait_until, workers

LOGIN = ("user", "password-of-many")
WORD = "p/#?[@:w"  # whatever may stand in a password
QUOTED = "p%2F%23%3F%5B%40%3Aw"
STARTED = {
    "worker": WORKER,
    "celery worker": command("worker"),
    "beat": BEAT,
    "flower": flower(free_port()),
    "celery call": command("call", "laike.daily"),
    "doctor": (sys.executable, "-m", "cli.main", "doctor"),
    **{
        name: (sys.executable, "-m", "cli.main", *name.split())
        for name in ("runs", "sync", "sync --local", "token status", "init --yes")
    },
}
FAILING = {"doctor": 3}  # exit code; everybody else's is that of wrong settings


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A Redis that asks for a password, and listens on a socket, too."""
    made = Store(tmp_path, "--unixsocket", str(tmp_path / "s"))
    made.set("requirepass", WORD)
    yield made
    made.kill()


@pytest.fixture
def front(store: Store, tmp_path: Path) -> Iterator[Front]:
    """TLS before a Redis."""
    made = Front(store.port, tmp_path)
    yield made
    made.close()


@pytest.fixture
def afar(emulator_session: EmulatorServer, store: Store, tmp_path: Path) -> Lab:
    """A lab on that Redis."""
    emulator_session.world.reset()
    return Lab(emulator_session, store.url, tmp_path)


def address(kind: str, store: Store, front: Front) -> str:
    """An address of the same Redis."""
    if kind == "tls":
        return f"rediss://:{QUOTED}@127.0.0.1:{front.port}/1?ssl_ca_certs={front.ca}"
    return f"unix://:{QUOTED}@{store.home / 's'}?db=1"


def asked(port: int, path: str) -> Any:  # noqa: ANN401
    """What a page of Flower's API says."""
    answer = requests.get(f"http://127.0.0.1:{port}{path}", auth=LOGIN, timeout=10)
    assert answer.ok, answer.text
    return answer.json()


def waiting(port: int) -> int:
    """How many messages Flower sees in the queue for what comes first."""
    queues = asked(port, "/api/queues/length")["active_queues"]
    return next(int(one["messages"]) for one in queues if one["name"] == "control")


def called(team: Workers, task: str) -> str:
    """The id of a task that `celery call` sent."""
    done = team.run(*command("call", task, "--queue", "control"))
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("kind", ["tls", "socket"])
def test_every_process_works_by_the_same_address(kind: str, afar: Lab, store: Store, front: Front) -> None:
    afar.extra |= {**SHORT, "LAIKE_REDIS_URL": address(kind, store, front), "LAIKE_FLOWER_LOGIN": ":".join(LOGIN)}
    port = free_port()
    with workers(afar) as team:
        page, beat = team.stay(flower(port)), team.beat()
        task = called(team, "laike.daily")
        assert wait_until(lambda: "Connected to" in page.words()), page.words()
        assert waiting(port) == 1
        wrong = requests.get(f"http://127.0.0.1:{port}/api/tasks", auth=("user", "canary"), timeout=10)
        assert (wrong.status_code, "login failed: 127.0.0.1" in page.words()) == (401, True)
        worker = team.worker()
        begun = team.result(task)["result"]
        assert team.ended(begun["run_id"]).state == RunState.SUCCESS
        listed = afar.laike("runs", "--json")
        assert [run["state"] for run in json.loads(listed.stdout)] == ["success"], listed.stderr
        assert wait_until(lambda: task in asked(port, "/api/tasks")), page.words()
        assert (worker.alive, beat.alive, page.alive) == (True, True, True), team.words()
        assert WORD not in team.words()
        assert "canary" not in team.words()
        assert QUOTED not in team.words()


def listed(lab: Lab, **environment: str) -> "subprocess.CompletedProcess[str]":
    """What a command says that asks Redis alone."""
    return lab.laike("runs", **environment)


def test_a_certificate_is_verified_by_the_authorities_of_the_machine(afar: Lab, store: Store, front: Front) -> None:
    afar.extra["LAIKE_REDIS_URL"] = address("tls", store, front).partition("?")[0]
    refused = listed(afar)
    assert refused.returncode == 3
    assert "a certificate that is not trusted" in refused.stderr
    assert "?ssl_ca_certs=FILE" in refused.stderr
    assert listed(afar, SSL_CERT_FILE=str(front.ca)).returncode == 0
    assert listed(afar, LAIKE_REDIS_URL=f"{afar.extra['LAIKE_REDIS_URL']}?ssl_cert_reqs=none").returncode == 0


def test_a_worker_trusts_no_certificate_that_a_command_would_not(afar: Lab, store: Store, front: Front) -> None:
    trusted = address("tls", store, front)
    afar.extra["LAIKE_REDIS_URL"] = trusted
    with workers(afar) as team:
        worker = team.stay(WORKER, LAIKE_REDIS_URL=trusted.partition("?")[0])
        assert wait_until(lambda: "a certificate that is not trusted" in worker.words()), worker.words()
        assert worker.alive


def refused(lab: Lab, redis: str, *names: str) -> dict[str, tuple[int, str]]:
    """How processes end on an address, and what they say."""
    lab.extra |= {"LAIKE_REDIS_URL": redis, "LAIKE_FLOWER_LOGIN": ":".join(LOGIN)}
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LAIKE_")}
    told = {**clean, "PYTHONPATH": str(Path.cwd()), **lab.environment()}
    ended = {name: forks.run(STARTED[name], told, lab.home, timeout=60) for name in names or STARTED}
    return {name: (one.returncode, one.stdout + one.stderr) for name, one in ended.items()}


def test_nothing_starts_on_a_cluster(lab: Lab, tmp_path: Path) -> None:
    home = tmp_path / "node"
    home.mkdir()
    node = Store(home, "--cluster-enabled", "yes", "--cluster-port", str(free_port()))
    client = client_of(node)
    client.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
    for name, (code, words) in refused(lab, node.url).items():
        assert (code, "is a cluster, which is not supported" in words) == (FAILING.get(name, 2), True), (name, words)
    client.close()
    node.kill()


def test_an_address_that_is_none_is_refused_by_every_process_and_not_quoted(lab: Lab) -> None:
    for name, (code, words) in refused(lab, "sentinel://:canary@127.0.0.1:26379/service").items():
        assert (code, "LAIKE_REDIS_URL is the address of a Sentinel" in words) == (FAILING.get(name, 2), True), (
            name,
            words,
        )
        assert "canary" not in words


def test_a_call_without_a_redis_ends_in_a_sentence_as_commands_do(lab: Lab) -> None:
    ended = refused(lab, f"redis://127.0.0.1:{free_port()}/0", "celery call", "runs")
    assert {code for code, _ in ended.values()} == {3}
    assert [("does not answer" in words, "Traceback" in words) for _, words in ended.values()] == [(True, False)] * 2
