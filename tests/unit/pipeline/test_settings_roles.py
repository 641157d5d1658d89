"""Settings by role: beat, Flower and the console are judged by what they need, and have nothing else."""

from pathlib import Path

import pytest

from pipeline import settings_roles
from pipeline.core.errors import WrongInput
from pipeline.settings import Settings
from tests.unit.pipeline.conftest import NEEDED

PARTIAL = ("beat", "flower", "console")
ELSEWHERE = ("beat", "flower")  # where nothing runs that needs all settings


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """Nothing but an empty folder."""
    monkeypatch.chdir(tmp_path)
    for name in NEEDED:
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


@pytest.mark.parametrize("role", PARTIAL)
def test_a_role_needs_no_secret_but_the_address_of_redis(role: str, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("LAIKE_ROLE", role)
    environment.setenv("LAIKE_REDIS_URL", "redis://:canary@redis:6379/3")
    loaded = settings_roles.load()
    assert (loaded.role, loaded.redis_address.db) == (role, 3)


@pytest.mark.parametrize("role", PARTIAL)
def test_what_is_wrong_with_settings_of_others_does_not_stop_a_role(role: str, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("LAIKE_ROLE", role)
    environment.setenv("LAIKE_TOKEN_KEYS", "no key")
    environment.setenv("LAIKE_OCEANENGINE_RATE", "0")
    environment.setenv("LAIKE_FEISHU_APP_SECRET_FILE", "/mounted/elsewhere")
    environment.setenv("LAIKE_CONFIG", "/mounted/elsewhere.toml")
    assert settings_roles.load().role == role


@pytest.mark.parametrize("role", PARTIAL)
def test_a_role_has_no_secret_of_others_even_where_it_is_set(role: str, environment: pytest.MonkeyPatch) -> None:
    for name, value in NEEDED.items():
        environment.setenv(name, value)
    environment.setenv("LAIKE_ROLE", role)
    loaded = settings_roles.load()
    assert "canary" not in str(vars(loaded))
    with pytest.raises(AttributeError):
        _ = loaded.token_keys


@pytest.mark.parametrize("role", PARTIAL)
def test_the_settings_of_a_role_are_judged_all_at_once(role: str, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("LAIKE_ROLE", role)
    environment.setenv("LAIKE_REDIS_URL_FILE", "/nowhere/url")
    environment.setenv("LAIKE_LOG_LEVEL", "loud")
    with pytest.raises(WrongInput, match="LAIKE_LOG_LEVEL") as caught:
        settings_roles.load()
    assert "LAIKE_REDIS_URL_FILE: /nowhere/url" in caught.value.message


@pytest.mark.parametrize("role", ["", "worker"])
def test_a_worker_and_whoever_names_no_role_need_everything(role: str, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("LAIKE_ROLE", role)
    with pytest.raises(WrongInput) as caught:
        settings_roles.load()
    assert [name for name in NEEDED if name not in caught.value.message] == []


@pytest.mark.parametrize("role", ELSEWHERE)
def test_what_needs_everything_says_that_this_is_the_wrong_place(role: str, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("LAIKE_ROLE", role)
    for name, value in NEEDED.items():
        environment.setenv(name, value)
    with pytest.raises(WrongInput, match=f"LAIKE_ROLE is {role}: .*exec worker"):
        Settings.load()


def test_the_console_loads_all_settings_once_they_are_there(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("LAIKE_ROLE", "console")
    with pytest.raises(WrongInput) as caught:
        Settings.load()
    assert [name for name in NEEDED if name not in caught.value.message] == []
    for name, value in NEEDED.items():
        environment.setenv(name, value)
    assert Settings.load().bitable_table_id == NEEDED["LAIKE_BITABLE_TABLE_ID"]


def test_the_console_comes_up_with_wrong_times_and_sends_nothing_with_them(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("LAIKE_ROLE", "console")
    environment.setenv("LAIKE_DAILY_AT", "never")
    assert settings_roles.load().role == "console"
    with pytest.raises(WrongInput, match="LAIKE_DAILY_AT"):
        settings_roles.for_messages()


def test_the_console_comes_up_with_its_own_settings_alone_and_judges_them(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("LAIKE_CONSOLE_LOGIN", "wang:a long password 1")
    environment.setenv("LAIKE_CONSOLE_PREFIX", "/laike/")
    loaded = settings_roles.load("console")
    assert loaded.console_login
    assert loaded.console_prefix == "/laike"
    environment.setenv("LAIKE_CONSOLE_LOGIN", "wang:short")
    with pytest.raises(WrongInput, match="LAIKE_CONSOLE_LOGIN"):
        settings_roles.load("console")


def test_a_role_that_there_is_not_is_named(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("LAIKE_ROLE", "beet")
    with pytest.raises(WrongInput, match="LAIKE_ROLE"):
        settings_roles.load()
