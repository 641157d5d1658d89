"""What lies in files: `.env`, laike.toml and secrets, by one reader."""

from pathlib import Path

import pytest

from pipeline.core.errors import WrongInput
from pipeline.settings import Settings
from tests.unit.pipeline.conftest import NEEDED
from tests.unit.pipeline.test_file_input import NO_FILES

pytestmark = pytest.mark.usefixtures("environment")


# `.env`, laike.toml and secret files: one reader


@pytest.mark.parametrize("thing", ["a folder", "a FIFO", "a device", "more than a bound"])
def test_an_env_file_that_is_none_is_named_and_nothing_else_is_said_to_be_missing(
    thing: str, environment: pytest.MonkeyPatch
) -> None:
    for name in NEEDED:
        environment.delenv(name)
    NO_FILES[thing][0](Path(".env"))
    with pytest.raises(WrongInput) as caught:
        Settings.load()
    assert caught.value.message.startswith(".env cannot be read: it is ")
    assert "missing" not in caught.value.message


@pytest.mark.parametrize("encoding", ["gbk", "utf-16"])
def test_an_env_file_that_is_not_utf8_is_named(encoding: str, environment: pytest.MonkeyPatch) -> None:
    environment.delenv("LAIKE_ACCOUNTS", raising=False)
    Path(".env").write_text('LAIKE_ACCOUNTS={"1": "城东店"}', encoding=encoding)
    with pytest.raises(WrongInput, match="save it as UTF-8"):
        Settings.load()


def test_an_env_file_may_begin_with_a_byte_order_mark(environment: pytest.MonkeyPatch) -> None:
    environment.delenv("LAIKE_LOOKBACK_DAYS", raising=False)
    Path(".env").write_text("LAIKE_LOOKBACK_DAYS=3\n", encoding="utf-8-sig")
    assert Settings.load().lookback_days == 3


@pytest.mark.parametrize("thing", ["nothing", "a folder", "a FIFO", "a device", "more than a bound"])
def test_a_secret_file_that_is_none_is_named_by_its_variable(thing: str, environment: pytest.MonkeyPatch) -> None:
    NO_FILES[thing][0](Path("secret"))
    environment.setenv("LAIKE_FEISHU_APP_SECRET_FILE", "secret")
    with pytest.raises(WrongInput) as caught:
        Settings.load()
    assert "LAIKE_FEISHU_APP_SECRET_FILE: secret cannot be read: " in caught.value.message


def test_a_secret_file_that_is_empty_is_named(environment: pytest.MonkeyPatch) -> None:
    Path("secret").write_text("\n")
    environment.setenv("LAIKE_FEISHU_APP_SECRET_FILE", "secret")
    with pytest.raises(WrongInput, match="LAIKE_FEISHU_APP_SECRET_FILE: secret cannot be read: it is empty"):
        Settings.load()


@pytest.mark.parametrize("thing", ["a folder", "a FIFO", "a device", "more than a bound"])
def test_a_toml_that_is_no_file_is_named(thing: str) -> None:
    NO_FILES[thing][0](Path("laike.toml"))
    with pytest.raises(WrongInput, match=r"laike\.toml cannot be read: it is "):
        Settings.load()


@pytest.mark.parametrize("name", ["LAIKE_COLUMNS", "LAIKE_ACCOUNTS"])
def test_json_without_a_bottom_is_none(name: str, environment: pytest.MonkeyPatch) -> None:
    environment.setenv(name, "[" * 100_000)
    with pytest.raises(WrongInput, match=f"{name} is not JSON"):
        Settings.load()


# what `.env` says beside the environment


def test_what_stands_in_single_quotes_in_the_env_file_stays_as_it_is(environment: pytest.MonkeyPatch) -> None:
    environment.delenv("LAIKE_OCEANENGINE_SECRET")
    Path(".env").write_text(r"LAIKE_OCEANENGINE_SECRET='a${HOME}\b\\c$d'" + "\n", encoding="utf-8")
    assert Settings.load().oceanengine_secret.get_secret_value() == r"a${HOME}\b\\c$d"


@pytest.mark.parametrize("place", ["outside", "inside"])
def test_a_new_name_goes_before_an_old_one_wherever_each_stands(place: str, environment: pytest.MonkeyPatch) -> None:
    old, new = ("FEISHU_APP_ID", "cli_old"), ("LAIKE_FEISHU_APP_ID", "cli_new")
    environment.delenv("LAIKE_FEISHU_APP_ID")
    environment.setenv(*(old if place == "inside" else new))
    Path(".env").write_text("=".join(new if place == "inside" else old))
    assert Settings.load().feishu_app_id == "cli_new"


def test_the_environment_goes_before_the_env_file_in_any_case(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("LAIKE_LOOKBACK_DAYS", "3")
    Path(".env").write_text("LAIKE_LOOKBACK_DAYS=4\nlaike_catch_up_days=5\nCATCH_UP_DAYS=6\n")
    loaded = Settings.load()
    assert (loaded.lookback_days, loaded.catch_up_days) == (3, 5)
