"""The password of Redis in containers: its service's own command, run here with the machine's Redis server."""

import os
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from lab.processes import free_port, redis_command
from pipeline.redis_address import RedisAddress
from tests.deploy.test_compose import services
from tests.workers import wait_until

MADE = 64  # signs of a password that nobody gave


class Service:
    """The service's command with its folders in this test's one."""

    def __init__(self, home: Path) -> None:
        self.home, self.port = home, free_port()
        self.access = home / "access"
        for folder in ("access", "tmp", "bin", "data"):
            (home / folder).mkdir()
        server, *options = redis_command(self.port, home / "data")
        self.tool("docker-entrypoint.sh", f'shift; conf=$1; shift; exec {server} "$conf" {self._quoted(options)} "$@"')
        self.tool("chown", f'echo "$1 $(basename "$2")" >>{home}/owners')  # only root may

    def tool(self, name: str, script: str) -> None:
        """Put a program before the machine's own."""
        file = self.home / "bin" / name
        file.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        file.chmod(0o755)

    @staticmethod
    def _quoted(words: list[str]) -> str:
        return " ".join(f"'{word}'" for word in words)

    @property
    def address(self) -> str:
        """What the product reads."""
        return (self.access / "url").read_text(encoding="utf-8").strip()

    @property
    def password(self) -> str:
        """The password in it."""
        return RedisAddress.read(self.address).password

    def owners(self) -> set[str]:
        """Who was made the owner of what; a name aside without its last part."""
        lines = (self.home / "owners").read_text(encoding="utf-8").splitlines()
        return {line if "redis.conf" in line else line.rpartition(".")[0] for line in lines}

    def start(self, given: str) -> "subprocess.Popen[bytes]":
        """The service's process with a password of its environment."""
        shell, options, script = services()["redis"]["command"]
        script = script.replace("$$", "$").replace("/tmp/", f"{self.home}/tmp/")  # noqa: S108 the container's
        script = script.replace("/run/redis-access", str(self.access))
        env = {"PATH": f"{self.home}/bin:{os.environ['PATH']}", "REDIS_PASSWORD": given}
        return subprocess.Popen([shell, options, script], env=env)

    @contextmanager
    def running(self, given: str = "") -> Iterator[redis.Redis]:
        """The service with a password of its environment, and a client that knows what the product reads."""
        process = self.start(given)
        client = None
        try:
            assert wait_until(lambda: process.poll() is not None or self._client().ping(), 15)
            client = self._client()
            yield client
        finally:
            if client:
                client.close()
            process.terminate()
            process.wait(15)

    def _client(self) -> redis.Redis:
        with suppress(OSError, ValueError, redis.RedisError):  # not there yet, or the earlier one
            client = redis.Redis(port=self.port, password=self.password, retry=Retry(NoBackoff(), 0))
            client.ping()
            return client
        return _Nobody()  # type: ignore[return-value]


class _Nobody:
    def ping(self) -> bool:
        return False


@pytest.fixture
def service(tmp_path: Path) -> Service:
    return Service(tmp_path)


def test_without_a_password_of_ones_own_it_makes_one_that_stays(service: Service) -> None:
    with service.running():
        made = service.password
    assert len(made) == MADE
    with service.running():
        assert service.password == made


def test_without_the_password_nobody_gets_in(service: Service) -> None:
    with service.running(), redis.Redis(port=service.port) as stranger, pytest.raises(redis.AuthenticationError):
        stranger.ping()


@pytest.mark.parametrize("given", ["plain", "a b", "p#s$w'o\"r\\d", "/?@:%41[]", "密码", "-n", "0" * 200])
def test_a_password_of_ones_own_may_hold_any_sign(given: str, service: Service) -> None:
    with service.running(given):
        assert service.password == given
        assert (service.home / "tmp" / "password").read_text(encoding="utf-8") == given  # for the health check


def test_what_lies_in_redis_stays_whatever_becomes_of_the_password(service: Service) -> None:
    for given in ("", "one", "another", ""):
        with service.running(given) as client:
            assert client.incr("starts")
    with service.running() as client:
        assert client.get("starts") == b"4"


def test_a_password_that_was_taken_out_of_the_settings_is_no_longer_one(service: Service) -> None:
    with service.running("old"):
        pass
    with service.running():
        assert len(service.password) == MADE


@pytest.mark.parametrize("torn", ["", "redis://:0123@redis", "redis://:@redis:6379/0", "x" * 4096])
def test_a_file_that_is_not_whole_is_made_anew(torn: str, service: Service) -> None:
    (service.access / "url").write_text(torn, encoding="utf-8")
    (service.access / "url.aside1").write_text("left by a kill", encoding="utf-8")
    with service.running():
        assert len(service.password) == MADE
    assert [file.name for file in service.access.iterdir()] == ["url"]


def test_its_files_are_for_the_product_and_redis_alone(service: Service) -> None:
    with service.running():
        modes = {
            file.name: stat.S_IMODE(file.stat().st_mode)
            for file in (service.access / "url", service.home / "tmp" / "password", service.home / "tmp" / "redis.conf")
        }
    assert modes == {"url": 0o440, "password": 0o600, "redis.conf": 0o600}
    assert service.owners() == {"10001:redis url", "redis redis.conf"}


def test_no_argument_of_the_server_holds_it(service: Service) -> None:
    with service.running("canary-argument") as client:
        told: dict[str, object] = client.info("server")
        arguments = Path(f"/proc/{told['process_id']}/cmdline")
        if arguments.exists():  # on Linux
            assert "canary" not in arguments.read_text(encoding="utf-8")
        assert client.config_get("requirepass") == {"requirepass": "canary-argument"}


@pytest.mark.parametrize("given", ["", "one"])
@pytest.mark.parametrize("broken", ["od", "tr", "sed", "mktemp", "chown"])
def test_whatever_fails_redis_never_starts_without_a_password(broken: str, given: str, service: Service) -> None:
    service.tool(broken, "exit 1")
    process = service.start(given)
    try:
        assert wait_until(lambda: process.poll() is not None or stranger_is_refused(service.port), 15)
    finally:
        process.terminate()
        process.wait(15)


def stranger_is_refused(port: int) -> bool:
    """Whether Redis answers there already, and only to say that a password is missing."""
    try:
        with redis.Redis(port=port, retry=Retry(NoBackoff(), 0)) as stranger:
            stranger.ping()
    except redis.AuthenticationError:
        return True
    except redis.ConnectionError:
        return False
    pytest.fail("it answers everybody")
