"""The image and the compose file, without an engine: what they promise, and every service as a plain process."""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest
import redis
import requests

from lab.processes import free_port
from pipeline.settings_roles import NEEDS
from pipeline.settings_sources import OLD_NAMES, SECRETS, field_of
from tests.unit.pipeline.conftest import NEEDED as SETTINGS_NEEDED
from tests.workers import wait_until

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
AFTER_CHECK = ("worker", "beat", "flower")
PRODUCT = (*AFTER_CHECK, "console")
ONCE = ("demo-setup", "check")  # they end before the others begin
ACCESS = "/run/redis-access/url"  # the address of Redis with its password
FROM_OUTSIDE = ("LAIKE_", "COMPOSE_", "REDIS_", "PYTHON_")
Plain = dict[str, Any]


@cache
def config(profile: str = "demo", settings: str = "") -> Plain:
    """The compose file as compose reads it, with a text as `.env`."""
    with tempfile.NamedTemporaryFile("w", encoding="utf-8") as dotenv:
        dotenv.write(settings)
        dotenv.flush()
        words = [str(BIN / "docker-compose"), "--env-file", dotenv.name, *(["--profile", profile] if profile else [])]
        clean = {name: value for name, value in os.environ.items() if not name.startswith(FROM_OUTSIDE)}
        ended = subprocess.run(
            [*words, "config", "--format", "json"],
            cwd=ROOT, env=clean, capture_output=True, text=True, check=True, timeout=60,
        )  # fmt: skip
    read: Plain = json.loads(ended.stdout)
    return read


def services() -> dict[str, Plain]:
    """Every service, the demo's included."""
    found: dict[str, Plain] = config()["services"]
    return found


each_service = pytest.mark.parametrize("name", ["redis", "emulator", *PRODUCT, *ONCE])


def test_the_dockerfile_is_clean() -> None:
    linted = subprocess.run(
        [BIN / "hadolint", "--failure-threshold", "warning", "Dockerfile"],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert linted.returncode == 0, linted.stdout


def test_compose_reads_the_file_without_a_word() -> None:
    ended = subprocess.run(
        [BIN / "docker-compose", "config", "--quiet"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    assert (ended.returncode, ended.stderr) == (0, "")


def test_without_the_demo_there_is_no_emulator() -> None:
    assert set(config("")["services"]) == {"redis", "check", *PRODUCT}


def test_two_addresses_of_redis_are_refused(redis_url: str, tmp_path: Path) -> None:
    stack = Stack(redis_url, tmp_path)
    ended = stack.run("check", stack.command("check"), LAIKE_REDIS_URL="redis://elsewhere:6379/0")
    assert (ended.returncode, "LAIKE_REDIS_URL_FILE" in ended.stderr) == (2, True)


@each_service
def test_a_service_can_do_little_and_comes_back(name: str) -> None:
    service = services()[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["init"] is True
    assert int(service["mem_limit"]) <= 512 * 2**20
    assert service["pids_limit"] == 200
    assert service["logging"]["options"] == {"max-size": "10m", "max-file": "5"}
    assert service["restart"] == ("no" if name in ONCE else "unless-stopped")


@each_service
def test_no_port_is_reached_from_outside(name: str) -> None:
    assert {port["host_ip"] for port in services()[name].get("ports", [])} <= {"127.0.0.1"}


@pytest.mark.parametrize("name", ["redis", "emulator", *PRODUCT])
def test_a_service_that_stays_says_whether_it_is_well(name: str) -> None:
    assert services()[name]["healthcheck"]["test"]


@pytest.mark.parametrize("name", AFTER_CHECK)
def test_the_product_waits_for_redis_and_ends_what_it_began(name: str) -> None:
    service = services()[name]
    assert service["depends_on"]["redis"]["condition"] == "service_healthy"
    assert service["depends_on"]["check"]["condition"] == "service_completed_successfully"
    assert service["stop_grace_period"] == "2m0s"
    assert "container_name" not in service  # so that it can be scaled


def test_the_console_waits_for_redis_alone_so_that_it_says_which_settings_are_missing() -> None:
    awaited = services()["console"]["depends_on"]
    assert {name: (one["condition"], one["required"]) for name, one in awaited.items()} == {
        "redis": ("service_healthy", True),
        "demo-setup": ("service_completed_successfully", False),  # in the demo: it writes the login
    }


def mounts(name: str) -> dict[str, str]:
    """The volumes of a service, each with the place that it has there."""
    return {mount["source"]: mount["target"] for mount in services()[name].get("volumes", [])}


def test_redis_keeps_every_write() -> None:
    command = " ".join(services()["redis"]["command"])
    for words in ("--appendonly yes", "--appendfsync always", "--maxmemory-policy noeviction"):
        assert words in command


def test_without_a_password_of_ones_own_there_is_none_in_the_file() -> None:
    assert "redis://:" not in json.dumps(services()["worker"])
    assert services()["redis"]["environment"] == {"REDIS_PASSWORD": ""}


def test_a_password_of_ones_own_is_told_to_redis_alone_and_not_by_arguments() -> None:
    told = config("demo", "REDIS_PASSWORD=canary")["services"]
    assert [name for name, service in told.items() if "canary" in json.dumps(service)] == ["redis"]
    assert "canary" not in json.dumps([told["redis"]["command"], told["redis"]["healthcheck"]])


def test_only_redis_and_the_product_reach_the_password() -> None:
    access = {name for name in services() if "redis-access" in mounts(name)}
    assert access == {"redis", "check", "demo-setup", *PRODUCT}
    writing = [
        name for name in access for mount in services()[name]["volumes"]
        if mount["source"] == "redis-access" and not mount.get("read_only")
    ]  # fmt: skip
    assert writing == ["redis"]


@pytest.mark.parametrize("name", [*PRODUCT, *ONCE])
def test_the_product_reads_the_address_of_redis_from_that_file_whatever_env_says(name: str) -> None:
    told = services()[name]["environment"]
    assert (told["LAIKE_REDIS_URL_FILE"], told["LAIKE_REDIS_URL"], told["REDIS_PASSWORD"]) == (ACCESS, "", "")


def test_the_product_starts_again_with_a_redis_that_has_another_password() -> None:
    assert all(services()[name]["depends_on"]["redis"]["restart"] is True for name in PRODUCT)


@pytest.mark.parametrize(
    ("name", "volume"),
    [("worker", "data"), ("beat", "beat"), ("flower", "flower"), ("console", "data"), ("demo-setup", "data")],
)
def test_a_service_has_no_data_but_its_own(name: str, volume: str) -> None:
    assert mounts(name) == {volume: "/data", "redis-access": "/run/redis-access", "demo": "/demo"}


def test_only_the_demo_writes_its_settings() -> None:
    readers = {
        name: mount.get("read_only", False)
        for name in services() for mount in services()[name].get("volumes", []) if mount["source"] == "demo"
    }  # fmt: skip
    assert {name for name, read_only in readers.items() if not read_only} == {"demo-setup", "emulator"}


@pytest.mark.parametrize("name", ["beat", "flower"])
def test_beat_and_flower_have_a_role_and_no_secret_that_it_does_not_need(name: str) -> None:
    told = services()[name]["environment"]
    assert told["LAIKE_ROLE"] == name
    others = [variable for variable in SECRETS if field_of(variable) not in NEEDS[name]]
    others += [old for new, old in OLD_NAMES.items() if new in others]
    assert [variable for variable in others if told.get(variable) != ""] == []


@pytest.mark.parametrize("name", ["check", "worker", "console", "demo-setup"])
def test_what_needs_everything_has_no_role(name: str) -> None:
    assert "LAIKE_ROLE" not in services()[name]["environment"]


def test_base_images_are_named_by_tag_or_as_one_likes() -> None:
    assert services()["redis"]["image"] == "redis:8"
    assert services()["worker"]["build"]["args"] == {"PYTHON_IMAGE": "python:3.13-slim"}
    pinned = config("demo", "REDIS_IMAGE=redis@sha256:1\nPYTHON_IMAGE=python@sha256:2\n")["services"]
    assert pinned["redis"]["image"] == "redis@sha256:1"
    assert pinned["worker"]["build"]["args"] == {"PYTHON_IMAGE": "python@sha256:2"}


def test_there_is_one_beat() -> None:
    beats = [name for name, service in services().items() if "beat" in (service["command"] or [])]
    assert beats == ["beat"]


class Stack:
    """The demo's services as processes: addresses and folders are those of this test."""

    def __init__(self, redis_url: str, home: Path) -> None:
        self.home, self.redis_url = home, redis_url
        self.emulator_port, self.flower_port, self.console_port = free_port(), free_port(), free_port()
        for folder in ("data", "demo", "beat", "flower", "redis-access", "srv"):
            (home / folder).mkdir()
        (home / "srv" / ".env").symlink_to(home / "demo" / ".env")
        (home / "redis-access" / "url").write_text(redis_url, encoding="utf-8")

    def here(self, name: str, text: str) -> str:
        """A word of the compose file in this place."""
        own = self.home / name
        own.mkdir(exist_ok=True)
        places = {
            "http://emulator:8080": f"http://127.0.0.1:{self.emulator_port}",
            "0.0.0.0": "127.0.0.1",  # noqa: S104 taken out here
            "8080": str(self.emulator_port),
            "5555": str(self.flower_port),
            "8000": str(self.console_port),
            "/tmp/": f"{own}/",  # noqa: S108 the container's
            "$$": "$",
        }
        for there, here in places.items():
            text = text.replace(there, here)
        for volume, there in mounts(name).items():
            text = re.sub(rf"^{there}(?=/|$)|(?<==){there}(?=/)", f"{self.home}/{volume}", text)
        return text

    def environment(self, name: str) -> dict[str, str]:
        """What a service's container would have around it."""
        told: Mapping[str, str | None] = services()[name].get("environment") or {}
        made = {variable: self.here(name, value or "") for variable, value in told.items()}
        clean = {variable: value for variable, value in os.environ.items() if not variable.startswith("LAIKE_")}
        return {**clean, "PYTHONPATH": str(ROOT), "PATH": f"{BIN}:{os.environ['PATH']}", **made}

    def run(self, name: str, words: list[str], **more: str) -> "subprocess.CompletedProcess[str]":
        """Run a command where a service runs."""
        return subprocess.run(
            words, env=self.environment(name) | more, cwd=self.home / "srv",
            capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip

    def command(self, name: str) -> list[str]:
        """The command of a service."""
        return [self.here(name, word) for word in services()[name]["command"]]

    def set_up(self, **more: str) -> "subprocess.CompletedProcess[str]":
        """Let the demo's settings be written."""
        return self.run("demo-setup", self.command("demo-setup"), **more)

    @contextmanager
    def service(self, name: str) -> Iterator["subprocess.Popen[bytes]"]:
        """A service as a process."""
        words = self.command(name)
        with (self.home / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(words, env=self.environment(name), cwd=self.home / "srv", stdout=log, stderr=log)
        try:
            yield process
        finally:
            process.terminate()
            process.wait(30)

    def is_well(self, name: str) -> bool:
        """Whether a service's own health check says so."""
        kind, *words = [self.here(name, word) for word in services()[name]["healthcheck"]["test"]]
        return self.run(name, ["sh", "-c", *words] if kind == "CMD-SHELL" else words).returncode == 0

    def log(self, name: str) -> str:
        """What a service said."""
        return (self.home / f"{name}.log").read_text(encoding="utf-8", errors="replace")


def test_every_service_starts_is_well_and_a_run_succeeds(redis_url: str, tmp_path: Path) -> None:
    stack = Stack(redis_url, tmp_path)
    with ExitStack() as started:
        started.enter_context(stack.service("emulator"))
        assert wait_until(lambda: stack.is_well("emulator"), 30), stack.log("emulator")
        setup = stack.set_up()
        assert setup.returncode == 0, setup.stderr
        checked = stack.run("check", stack.command("check"))
        assert checked.returncode == 0, checked.stderr
        for name in PRODUCT:
            started.enter_context(stack.service(name))
        for name in PRODUCT:
            assert wait_until(partial(stack.is_well, name), 30), f"{name}: {stack.log(name)}"
        ended = stack.run("worker", ["laike", "sync", "--json"])
        assert ended.returncode == 0, ended.stderr
        assert json.loads(ended.stdout)["state"] == "success"
        for name in AFTER_CHECK:
            called = stack.run(name, ["celery", "-A", "worker.app", "call", "laike.keep_token"])
            assert called.returncode == 0, f"{name}: {called.stderr}"
        refused = stack.run("beat", ["laike", "runs"])
        assert (refused.returncode, "exec worker" in refused.stderr) == (2, True)


def test_without_settings_the_check_says_all_that_is_missing(redis_url: str, tmp_path: Path) -> None:
    stack = Stack(redis_url, tmp_path)
    ended = stack.run("check", stack.command("check"))
    assert ended.returncode == 2
    assert all(
        name in ended.stderr for name in ("LAIKE_FEISHU_APP_SECRET", "LAIKE_BITABLE_TABLE_ID", "LAIKE_TOKEN_KEYS")
    )


def test_a_table_that_is_still_to_be_made_keeps_no_service_from_starting(redis_url: str, tmp_path: Path) -> None:
    stack = Stack(redis_url, tmp_path)
    told = SETTINGS_NEEDED | {"LAIKE_BITABLE_TABLE_ID": ""}
    ended = stack.run("check", stack.command("check"), **told)
    assert (ended.returncode, "the console's set-up page makes it" in ended.stderr) == (0, True), ended.stderr
    place = Path(stack.environment("worker")["LAIKE_TABLE_FILE"])
    assert place == Path(stack.environment("console")["LAIKE_TABLE_FILE"])
    place.write_text("base tblMade\n", encoding="utf-8")
    ended = stack.run("check", stack.command("check"), **told)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_a_demo_does_not_mix_with_real_settings(redis_url: str, tmp_path: Path) -> None:
    stack = Stack(redis_url, tmp_path)
    with stack.service("emulator"):
        assert wait_until(lambda: stack.is_well("emulator"), 30)
        refused = stack.set_up(LAIKE_FEISHU_WEBHOOK_URL="https://open.feishu.cn/hook/real")
        assert (refused.returncode, "LAIKE_FEISHU_WEBHOOK_URL" in refused.stderr) == (2, True)
        assert stack.set_up(LAIKE_FEISHU_WEBHOOK_URL="").returncode == 0  # as in .env.example


def test_a_demo_does_not_touch_the_state_of_real_runs(redis_url: str, tmp_path: Path) -> None:
    client = redis.Redis.from_url(redis_url)
    client.set("laike:v1:token", "a real one")
    stack = Stack(redis_url, tmp_path)
    with stack.service("emulator"):
        assert wait_until(lambda: stack.is_well("emulator"), 30)
        refused = stack.set_up()
    assert (refused.returncode, "COMPOSE_PROJECT_NAME" in refused.stderr) == (2, True)
    assert client.get("laike:v1:token") == b"a real one"
    client.close()


def test_real_settings_do_not_start_on_the_state_of_a_demo(redis_url: str, tmp_path: Path) -> None:
    stack = Stack(redis_url, tmp_path)
    with stack.service("emulator"):
        assert wait_until(lambda: stack.is_well("emulator"), 30)
        assert stack.set_up().returncode == 0
    settings = (tmp_path / "demo" / ".env").read_text(encoding="utf-8")
    (tmp_path / "demo" / ".env").rename(tmp_path / "srv" / "real")
    (tmp_path / "srv" / ".env").unlink()
    (tmp_path / "srv" / ".env").write_text(settings, encoding="utf-8")  # settings that are whole, and no demo
    ended = stack.run("check", stack.command("check"))
    assert (ended.returncode, "down --volumes" in ended.stderr) == (2, True)


def test_flower_without_a_login_does_not_start(redis_url: str, tmp_path: Path) -> None:
    stack = Stack(redis_url, tmp_path)
    with stack.service("emulator"):
        assert wait_until(lambda: stack.is_well("emulator"), 30)
        stack.set_up()
        settings = (tmp_path / "demo" / ".env").read_text(encoding="utf-8")
        kept = [line for line in settings.splitlines() if not line.startswith("LAIKE_FLOWER_LOGIN")]
        (tmp_path / "demo" / ".env").write_text("\n".join(kept), encoding="utf-8")
    ended = stack.run("flower", stack.command("flower"))
    assert ended.returncode == 2
    assert "LAIKE_FLOWER_LOGIN" in ended.stderr


def test_the_console_comes_up_healthy_without_any_setting(redis_url: str, tmp_path: Path) -> None:
    stack = Stack(redis_url, tmp_path)
    with stack.service("console"):
        assert wait_until(partial(stack.is_well, "console"), 30), stack.log("console")
        answer = requests.get(f"http://127.0.0.1:{stack.console_port}/", timeout=20)
    assert (answer.status_code, "LAIKE_CONSOLE_LOGIN" in answer.text) == (200, True)
