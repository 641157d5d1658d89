"""The reader of `LAIKE_REDIS_URL`: what is an address, what is refused, and that no password is ever quoted."""

import ssl
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import kombu
import pytest
from celery import Celery

from pipeline.core.errors import WrongInput
from pipeline.redis_address import RedisAddress
from pipeline.settings import Settings
from pipeline.state.store import connect
from tests.unit.pipeline.clients.stub import told
from tests.unit.pipeline.conftest import NEEDED
from worker.transport import Channel

kombus: Any = kombu  # it has no types

READ = {
    "redis://127.0.0.1:6379/0": RedisAddress(host="127.0.0.1"),
    "redis://store.example": RedisAddress(host="store.example"),
    "REDIS://store.example:6380/": RedisAddress(host="store.example", port=6380),
    "redis://:word@h/3": RedisAddress(host="h", db=3, password="word"),
    "redis://user:w%2F%23%3F%5B%40%3A@h:1/3": RedisAddress(host="h", port=1, db=3, username="user", password="w/#?[@:"),
    "redis://h?db=2": RedisAddress(host="h", db=2),
    "redis://[::1]:6380/1": RedisAddress(host="::1", port=6380, db=1),
    "redis:///1": RedisAddress(host="127.0.0.1", db=1),
    "unix:///run/redis.sock": RedisAddress(path="/run/redis.sock"),
    "unix://user:word@/run/redis.sock?db=2": RedisAddress(
        path="/run/redis.sock", db=2, username="user", password="word"
    ),
    "redis+socket:///run/re%20dis.sock?virtual_host=2": RedisAddress(path="/run/re dis.sock", db=2),
    "rediss://h/0": RedisAddress(host="h", tls_options={"ssl_cert_reqs": "required", "ssl_check_hostname": True}),
    "rediss://h/0?ssl_cert_reqs=CERT_NONE": RedisAddress(
        host="h", tls_options={"ssl_cert_reqs": "none", "ssl_check_hostname": False}
    ),
    "rediss://h/0?ssl_check_hostname=False": RedisAddress(
        host="h", tls_options={"ssl_cert_reqs": "required", "ssl_check_hostname": False}
    ),
}
# where a password that is not percent-encoded may come to stand
BARE = (
    "redis://:canary/x@h:6379/0",
    "redis://:canary#x@h/0",
    "redis://canary:x?y@h/0",
    "redis://:123?canary=@h/0",
    "redis://:123/canary@h:6379/0",
    "redis://:1#canary@h/0",
    "redis://:can[ary@h/0",
    "redis://:canary@h:port/0",
    "redis://:canary@h:70000",
    "redis://:canary@h/zero",
    "redis://:canary@h/0?db=1",
    "redis://:canary@h/0?socket_timeout=1",
    "redis://:canary@h/0?ssl_cert_reqs=none",
    "redis://:canary@h,redis://:canary@g",
    "redis://:canary@h;redis://:canary@g",
    "rediss://:canary@h?ssl_cert_reqs=sometimes",
    "rediss://:canary@h?ssl_ca_certs=/none/such.pem",
    "unix://canary/run/redis.sock",
    "unix://:canary@",
    "http://:canary@h",
    "sentinel://:canary@h:26379",
    "redis+sentinel://:canary@h:26379/service",
    "rediss+cluster://:canary@h:6379",
    "canary",
    "",
)


@pytest.mark.parametrize("text", READ)
def test_an_address_is_read(text: str) -> None:
    assert RedisAddress.read(text) == READ[text]


@pytest.mark.parametrize("text", BARE)
def test_what_is_refused_is_never_quoted(text: str) -> None:
    with pytest.raises(ValueError, match=r"^(is|has|does|names) ") as caught:
        RedisAddress.read(text)
    assert "canary" not in told(caught.value)
    assert caught.value.__cause__ is None
    assert str(caught.value)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("sentinel://h:26379", "Sentinel"),
        ("redis+cluster://h", "cluster"),
        ("amqp://h", "not a Redis address"),
        ("redis://h?timeout=1", "db"),
        ("rediss://h?ssl_cert_reqs=x", "required, optional or none"),
        ("rediss://h?ssl_ca_certs=/none/such.pem", "/none/such.pem"),
        ("unix://run/redis.sock", "three slashes"),
        ("redis://h/zero", "number"),
    ],
)
def test_a_refusal_says_what_to_write_instead(text: str, word: str) -> None:
    with pytest.raises(ValueError, match=word):
        RedisAddress.read(text)


def test_the_files_of_tls_are_named_as_they_are(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.touch()
    read = RedisAddress.read(f"rediss://h?ssl_ca_certs={file}&ssl_certfile={file}&ssl_keyfile={file}")
    assert {read.tls_options[name] for name in ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile")} == {str(file)}  # type: ignore[index]


def test_an_address_shows_no_password() -> None:
    address = RedisAddress.read("redis://user:canary@h:6380/0")
    assert "canary" not in repr(address)
    assert address.where == "h:6380"
    assert RedisAddress.read("unix://:canary@/run/redis.sock").where == "/run/redis.sock"
    assert RedisAddress.read("redis://[::1]/0").where == "[::1]:6379"


def of_messages(address: RedisAddress) -> dict[str, Any]:
    """What kombu connects with."""
    channel: Any = Channel.__new__(Channel)
    client = kombus.Connection(address.celery_url, ssl=address.tls_options)
    channel.connection = SimpleNamespace(client=client, default_port=6379)
    made: dict[str, Any] = channel._connparams()
    return made


def of_results(address: RedisAddress) -> dict[str, Any]:
    """What the result backend connects with."""
    app: Any = Celery(backend=f"worker.backend:QuietRedisBackend+{address.celery_url.removeprefix('redis+')}")
    app.conf.redis_backend_use_ssl = address.tls_options
    made: dict[str, Any] = app.backend.connparams
    return made


@pytest.mark.parametrize("text", READ)
def test_messages_and_results_are_led_to_the_same_place_by_the_same_tls(text: str) -> None:
    client = connect(text)
    ours = client.connection_pool.connection_kwargs
    for theirs in (of_messages(READ[text]), of_results(READ[text])):
        for name in ("host", "port", "path", "db", "username", "password", "ssl_check_hostname", "ssl_ca_certs"):
            assert (ours.get(name) or None) == (theirs.get(name) or None), name
        verifying = theirs.get("ssl_cert_reqs")
        named: dict[Any, str] = {ssl.CERT_REQUIRED: "required", ssl.CERT_NONE: "none"}
        assert ours.get("ssl_cert_reqs") == named.get(verifying, verifying)
    client.close()


@pytest.mark.parametrize("text", BARE)
def test_settings_refuse_it_by_its_variable(text: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in (NEEDED | {"LAIKE_REDIS_URL": text or " "}).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(WrongInput, match="LAIKE_REDIS_URL ") as caught:
        Settings.load()
    assert "canary" not in told(caught.value).replace("canary-1", "").replace("canary-2", "")


@pytest.mark.parametrize(
    "value",
    [
        "",
        "canary",
        "redis://:canary/1@h:6379/0",
        "redis://:canary#1@h:6379/0",
        "redis://:canary?1@h:6379/0",
        "redis://user:12/canary@h:6379/0",
        "redis://user:12#canary@h:6379/0",
        "redis://h:canary/0",
        "redis://h:6379/0#canary",
    ],
)
def test_an_address_that_readers_read_in_different_ways_is_refused_and_not_quoted(value: str) -> None:
    with pytest.raises(ValueError, match=r"^(is not a Redis address|does not name one database)") as caught:
        RedisAddress.read(value)
    assert "canary" not in str(caught.value)
