"""Settings: from the environment, from files, every problem at once."""

import json
import re
import tomllib
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest

from pipeline import settings_roles
from pipeline.core.account_options import AccountOptions
from pipeline.core.errors import WrongInput
from pipeline.core.table.columns import DEFAULT_COLUMNS, columns_of
from pipeline.core.telling.thresholds import Thresholds
from pipeline.settings import Settings
from pipeline.settings_names import unknown
from pipeline.settings_notes import doubts, notes, unsaid
from pipeline.settings_sources import SECRETS, unset
from tests.lab import TOKEN_KEY
from tests.unit.pipeline.test_file_input import NO_FILES

NEEDED = {
    "LAIKE_OCEANENGINE_APP_ID": "1",
    "LAIKE_OCEANENGINE_SECRET": "canary-1",
    "LAIKE_FEISHU_APP_ID": "cli_1",
    "LAIKE_FEISHU_APP_SECRET": "canary-2",
    "LAIKE_BITABLE_APP_TOKEN": "base",
    "LAIKE_BITABLE_TABLE_ID": "tbl1",
    "LAIKE_TOKEN_KEYS": TOKEN_KEY,
}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """What is needed, and an empty folder."""
    monkeypatch.chdir(tmp_path)
    for name, value in NEEDED.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def test_every_problem_is_told_at_once_by_its_variable(environment: pytest.MonkeyPatch) -> None:
    for name in NEEDED:
        environment.delenv(name)
    environment.setenv("LAIKE_OCEANENGINE_RATE", "0")
    with pytest.raises(WrongInput) as caught:
        Settings.load()
    assert [name for name in [*NEEDED, "LAIKE_OCEANENGINE_RATE"] if name not in caught.value.message] == []


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_may_lie_in_a_file(name: str, environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    values = {
        "LAIKE_REDIS_URL": "redis://:canary@redis:6379/0",
        "LAIKE_TOKEN_KEYS": TOKEN_KEY,
        "LAIKE_FEISHU_WEBHOOK_URL": "https://open.feishu.cn/hook",
        "LAIKE_FLOWER_LOGIN": "user:canary",
        "LAIKE_HEARTBEAT_URL": "https://hc.example/canary",
    }
    value = values.get(name, "canary-in-a-file")
    (tmp_path / "secret").write_text(f"{value}\n", encoding="utf-8")
    environment.delenv(name, raising=False)
    environment.setenv(f"{name}_FILE", str(tmp_path / "secret"))
    got = getattr(Settings.load(), name.removeprefix("LAIKE_").lower())
    first = got[0] if isinstance(got, tuple) else got
    assert (first if isinstance(first, str) else first.get_secret_value()) == value


def test_a_secret_file_that_is_not_there_is_named_beside_the_other_problems(environment: pytest.MonkeyPatch) -> None:
    environment.delenv("LAIKE_FEISHU_APP_SECRET")
    environment.delenv("LAIKE_TOKEN_KEYS")
    environment.setenv("LAIKE_FEISHU_APP_SECRET_FILE", "/nowhere/secret")
    with pytest.raises(WrongInput) as caught:
        Settings.load()
    assert "LAIKE_FEISHU_APP_SECRET_FILE: /nowhere/secret cannot be read" in caught.value.message
    assert "LAIKE_TOKEN_KEYS is missing" in caught.value.message


@pytest.mark.parametrize("kind", ["base", "wiki"])
@pytest.mark.parametrize("name", ["LAIKE_BITABLE_APP_TOKEN", "FEISHU_APP_TOKEN"])
def test_a_whole_address_has_the_token_and_the_table(kind: str, name: str, environment: pytest.MonkeyPatch) -> None:
    environment.delenv("LAIKE_BITABLE_APP_TOKEN")
    environment.delenv("LAIKE_BITABLE_TABLE_ID")
    environment.setenv(name, f"https://x.feishu.cn/{kind}/Abc?table=tblA&view=vew1")
    loaded = Settings.load()
    assert (loaded.bitable_app_token, loaded.bitable_table_id) == ("Abc", "tblA")
    assert unset(["LAIKE_BITABLE_TABLE_ID"]) == []
    assert loaded.table_url == f"https://x.feishu.cn/{kind}/Abc?table=tblA"


def test_where_only_the_token_is_set_no_page_of_the_table_is_known(environment: pytest.MonkeyPatch) -> None:
    assert Settings.load().table_url is None
    environment.setenv("LAIKE_BITABLE_URL", "https://x.feishu.cn/base/Abc?table=tblOther")
    assert Settings.load().table_url == "https://x.feishu.cn/base/Abc?table=tbl1"


def test_a_table_that_is_set_counts_before_the_one_of_the_address(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("LAIKE_BITABLE_APP_TOKEN", "https://x.feishu.cn/base/Abc?table=tblA")
    assert Settings.load().bitable_table_id == "tbl1"


def test_an_address_of_a_dashboard_names_no_table(environment: pytest.MonkeyPatch) -> None:
    environment.delenv("LAIKE_BITABLE_TABLE_ID")
    environment.setenv("LAIKE_BITABLE_APP_TOKEN", "https://x.feishu.cn/base/Abc?table=blk1")
    with pytest.raises(WrongInput, match="LAIKE_BITABLE_TABLE_ID is missing"):
        Settings.load()


@pytest.mark.parametrize(
    "address", ["https://x.feishu.cn/docx/Abc", "x.feishu.cn/base/Abc", "https://x.feishu.cn/base/"]
)
def test_an_address_of_something_else_is_told_with_what_is_wanted(
    address: str, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("LAIKE_BITABLE_APP_TOKEN", address)
    with pytest.raises(WrongInput, match=r"LAIKE_BITABLE_APP_TOKEN is .*: the table's address .*/base/"):
        Settings.load()


@pytest.mark.parametrize("login", ["user", ":password", "user:"])
def test_a_login_without_user_or_password_is_refused_and_not_quoted(
    login: str, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("LAIKE_FLOWER_LOGIN", login)
    with pytest.raises(WrongInput, match="LAIKE_FLOWER_LOGIN is no login; write it as user:password"):
        Settings.load()


def test_what_is_unset_is_told_whatever_the_name_or_the_place(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("LAIKE_FEISHU_APP_ID", "LAIKE_TOKEN_KEYS", "LAIKE_BITABLE_TABLE_ID", "LAIKE_BITABLE_APP_TOKEN"):
        environment.delenv(name)
    environment.setenv("FEISHU_APP_ID", "cli_old")
    environment.setenv("LAIKE_TOKEN_KEYS_FILE", str(tmp_path / "key"))
    environment.setenv("LAIKE_BITABLE_APP_TOKEN", "")
    (tmp_path / ".env").write_text("LAIKE_BITABLE_APP_TOKEN=base\n", encoding="utf-8")
    assert unset([*NEEDED, "LAIKE_FLOWER_LOGIN"]) == ["LAIKE_BITABLE_TABLE_ID", "LAIKE_FLOWER_LOGIN"]


def test_a_stand_in_is_taken_only_for_what_is_unset(environment: pytest.MonkeyPatch) -> None:
    environment.delenv("LAIKE_BITABLE_TABLE_ID")
    loaded = Settings.load({"LAIKE_BITABLE_TABLE_ID": "tblStandIn", "LAIKE_FEISHU_APP_ID": "cli_stand_in"})
    assert (loaded.bitable_table_id, loaded.feishu_app_id) == ("tblStandIn", "cli_1")


@pytest.mark.parametrize("accounts", ["", "{}"])
def test_accounts_may_be_left_to_discovery(accounts: str, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("LAIKE_ACCOUNTS", accounts)
    assert Settings.load().accounts == {}


@pytest.mark.parametrize(
    ("accounts", "told"),
    [
        ("城东店", "LAIKE_ACCOUNTS is not JSON: a JSON object of ids and names"),
        ('["1"]', "LAIKE_ACCOUNTS is not an object"),
        ('{"x": "一店"}', "LAIKE_ACCOUNTS has an id that is not a number"),
        ('{"1": " "}', "LAIKE_ACCOUNTS has an id that is not a number, or an empty name: 1"),
        ('{"1": "\u200d\ufe0f\u3164"}', "LAIKE_ACCOUNTS has an id that is not a number, or an empty name: 1"),
        ('{"\\ud83d": "一店"}', "LAIKE_ACCOUNTS has an id that is not a number, or an empty name: �"),
        (f'{{"{"1" * 33}": "一店"}}', "LAIKE_ACCOUNTS has an id that is not a number"),
        ('{"1": "一店", "2": "二店", "1": "三店"}', "LAIKE_ACCOUNTS names more than once: 1"),
    ],
)
def test_accounts_that_are_none_are_told(accounts: str, told: str, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("LAIKE_ACCOUNTS", accounts)
    with pytest.raises(WrongInput, match=told):
        Settings.load()


def test_a_long_id_is_not_quoted_whole(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("LAIKE_ACCOUNTS", f'{{"{"1" * 5000}": "一店"}}')
    with pytest.raises(WrongInput) as caught:
        Settings.load()
    assert len(caught.value.message) < 500


@pytest.mark.parametrize("name", ["ACCOUNTS", "COLUMNS", "ANOMALIES", "ACCOUNT_OPTIONS"])
def test_half_a_character_in_json_never_ends_in_a_trace(name: str, environment: pytest.MonkeyPatch) -> None:
    environment.setenv(f"LAIKE_{name}", '{"\\ud83d": "\\ud83d"}')
    with pytest.raises(WrongInput, match=f"LAIKE_{name} "):
        Settings.load()


@pytest.mark.parametrize(
    "name", ["LAIKE_OCEANENGINE_REDIRECT_URI", "LAIKE_REDIS_URL", "LAIKE_CONFIG", "FEISHU_APP_ID", "laike_accounts"]
)
@pytest.mark.parametrize("load", [Settings.load, partial(settings_roles.load, "beat")], ids=["all", "beat"])
def test_a_variable_that_is_not_utf_8_is_named_and_not_quoted(
    name: str, load: Callable[[], Settings], environment: pytest.MonkeyPatch
) -> None:
    environment.setenv(name, "http://x\udcff")
    with pytest.raises(WrongInput) as caught:
        load()
    assert caught.value.message == f"{name} is not UTF-8 (GBK?): write it anew in a terminal that is"


def test_what_others_set_may_be_in_any_encoding(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("SOMETHING", "\udcff")
    assert Settings.load().accounts == {}


COLUMNS = """
[[columns]]
name = "日期"
metric = "day"
[[columns]]
name = "单元"
metric = "promotion_id"
[[columns]]
name = "门店"
metric = "account_name"
[[columns]]
name = "花费"
metric = "stat_cost"
"""


def test_without_a_file_the_columns_are_the_usual_ones() -> None:
    assert Settings.load().columns == DEFAULT_COLUMNS


def test_the_columns_are_read_from_the_file_beside_or_from_the_one_that_is_named(
    environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "laike.toml").write_text(COLUMNS, encoding="utf-8")
    assert [column.name for column in Settings.load().columns] == ["日期", "单元", "门店", "花费"]
    (tmp_path / "other.toml").write_text(COLUMNS.replace("花费", "消耗"), encoding="utf-8")
    environment.setenv("LAIKE_CONFIG", "other.toml")
    assert Settings.load().columns[-1].name == "消耗"


def test_a_variable_goes_before_the_file(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "laike.toml").write_text(COLUMNS, encoding="utf-8")
    environment.setenv("LAIKE_COLUMNS", json.dumps(tomllib.loads(COLUMNS.replace("花费", "消耗"))["columns"]))
    assert Settings.load().columns[-1].name == "消耗"


def test_what_is_wrong_with_the_columns_is_told_beside_the_other_problems(
    environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "laike.toml").write_text(COLUMNS.replace("stat_cost", "stat_cots") + "[tabel]\n", encoding="utf-8")
    environment.setenv("LAIKE_OCEANENGINE_RATE", "0")
    with pytest.raises(WrongInput) as caught:
        Settings.load()
    assert "laike.toml: 'tabel' is not known" in caught.value.message
    assert (
        "laike.toml: column 4 (花费): the report has no 'stat_cots'; the nearest is 'stat_cost'" in caught.value.message
    )
    assert "laike.toml: no column has the metric stat_cost" in caught.value.message
    assert "LAIKE_OCEANENGINE_RATE" in caught.value.message
    assert caught.value.message.startswith("4 settings")


@pytest.mark.parametrize("text", ["[[columns]", "\x00"])
def test_a_file_that_is_no_toml_is_told(text: str, tmp_path: Path) -> None:
    (tmp_path / "laike.toml").write_text(text, encoding="utf-8")
    with pytest.raises(WrongInput, match=r"laike\.toml cannot be read"):
        Settings.load()


def test_a_named_file_that_is_not_there_is_told(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("LAIKE_CONFIG", "/nowhere/laike.toml")
    with pytest.raises(WrongInput, match="LAIKE_CONFIG: there is no /nowhere"):
        Settings.load()


def test_wrong_columns_in_the_variable_are_told_by_its_name(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("LAIKE_COLUMNS", '[{"name": "x", "metric": "nix"}]')
    with pytest.raises(WrongInput, match=r"5 settings are missing or wrong:\n  LAIKE_COLUMNS column 1 \(x\)"):
        Settings.load()


OPTIONS = """
[accounts.1834207156320263]
enabled = false
[accounts.1834280156338684]
difference = "expected"
"""


def test_single_accounts_are_disabled_or_expected_to_differ_in_the_file_and_a_variable_goes_before_it(
    environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert Settings.load().account_options == {}
    (tmp_path / "laike.toml").write_text(OPTIONS, encoding="utf-8")
    assert Settings.load().account_options == {
        "1834207156320263": AccountOptions(enabled=False),
        "1834280156338684": AccountOptions(expected=True),
    }
    environment.setenv("LAIKE_ACCOUNT_OPTIONS", '{"18": {"enabled": true}}')
    assert Settings.load().account_options == {"18": AccountOptions()}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "[accounts.18]\nenable = false",
            "laike.toml: accounts.18: 'enable' is not known; there are enabled, difference",
        ),
        ("[accounts.18]\nenabled = 0", "laike.toml: accounts.18: enabled = 0 is neither true nor false"),
        ("[accounts.18]\ndifference = true", 'accounts.18: difference = True is not "expected", the only value'),
        ("[accounts.蜀香小馆]\nenabled = false", "laike.toml cannot be read"),
        ('[accounts."蜀香小馆"]\nenabled = false', "accounts.蜀香小馆: '蜀香小馆' is not the id of an account"),
        ("[accounts]\n18 = false", "accounts.18 is not a table of options; there are enabled, difference"),
        ("accounts = 1", "accounts: write [accounts.<id>] with enabled = false"),
    ],
)
@pytest.mark.usefixtures("environment")
def test_options_of_accounts_that_are_none_are_named_with_the_file(text: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "laike.toml").write_text(text, encoding="utf-8")
    with pytest.raises(WrongInput) as caught:
        Settings.load()
    assert told in caught.value.message


@pytest.mark.parametrize(
    ("accounts", "told"),
    [
        ('{"1834207156320263": "一店", "1": "二店"}', "is about 1834280156338684, which LAIKE_ACCOUNTS does not name"),
        ('{"1834280156338684": "一店"}', "is about 1834207156320263, which LAIKE_ACCOUNTS does not name"),
    ],
)
def test_options_of_accounts_that_the_settings_do_not_name_are_told(
    accounts: str, told: str, environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "laike.toml").write_text(OPTIONS, encoding="utf-8")
    environment.setenv("LAIKE_ACCOUNTS", accounts)
    with pytest.raises(WrongInput) as caught:
        Settings.load()
    assert f"LAIKE_ACCOUNT_OPTIONS ([accounts.<id>] in laike.toml) {told}" in caught.value.message


def test_settings_that_disable_every_account_are_told(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("LAIKE_ACCOUNTS", '{"1": "一店", "2": "二店"}')
    environment.setenv("LAIKE_ACCOUNT_OPTIONS", '{"1": {"enabled": false}, "2": {"enabled": false}}')
    with pytest.raises(WrongInput, match="disables every account of LAIKE_ACCOUNTS"):
        Settings.load()


def test_the_example_of_laike_toml_is_right(tmp_path: Path) -> None:
    example = Path(__file__).parents[3] / "laike.toml.example"
    (tmp_path / "laike.toml").write_text(example.read_text(encoding="utf-8"), encoding="utf-8")
    assert list(Settings.load().account_options.values()) == [
        AccountOptions(expected=True),
        AccountOptions(enabled=False),
    ]


@pytest.mark.parametrize("value", ["inf", "nan", "1e300", "1771000000000"])
@pytest.mark.parametrize(
    "name",
    ["RUN_DEADLINE_S", "CLOCK_OFFSET_S", "SWEEP_S", "STEP_LEASE_S", "WATCHDOG_S", "VISIBILITY_TIMEOUT_S", "WAIT_SCALE"],
)
def test_no_setting_makes_a_wait_without_an_end(name: str, value: str, environment: pytest.MonkeyPatch) -> None:
    environment.setenv(f"LAIKE_{name}", value)
    with pytest.raises(WrongInput, match=f"LAIKE_{name} "):
        Settings.load()


@pytest.mark.parametrize("value", ["1e-9", "inf", "nan"])
def test_no_rate_is_so_slow_that_a_call_never_comes(value: str, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("LAIKE_OCEANENGINE_RATE", value)
    with pytest.raises(WrongInput, match="LAIKE_OCEANENGINE_RATE "):
        Settings.load()


def test_the_example_of_the_columns_is_right() -> None:
    example = Path(__file__).parents[3] / "laike.toml.example"
    assert len(columns_of(tomllib.loads(example.read_text(encoding="utf-8"))["columns"])) == 11


def test_thresholds_come_from_laike_toml_and_a_variable_goes_before_it(
    environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    config = tmp_path / "other.toml"
    config.write_text("[anomalies]\nshare = 0.3\nidle_days = 3\n", encoding="utf-8")
    environment.setenv("LAIKE_CONFIG", str(config))
    assert (Settings.load().anomalies.share, Settings.load().anomalies.idle_days) == (Decimal("0.3"), 3)
    environment.setenv("LAIKE_ANOMALIES", '{"share": 0.4}')
    assert Settings.load().anomalies == Thresholds(share=Decimal("0.4"))


def test_thresholds_that_are_none_are_named_with_the_file(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    config = tmp_path / "other.toml"
    config.write_text("[anomalies]\nshares = 0.3\n[alerts]\n", encoding="utf-8")
    environment.setenv("LAIKE_CONFIG", str(config))
    with pytest.raises(WrongInput) as caught:
        Settings.load()
    assert f"{config}: anomalies: 'shares' is not known" in caught.value.message
    assert f"{config}: 'alerts' is not known; there are columns, anomalies, accounts, report" in caught.value.message


@pytest.mark.parametrize(
    ("text", "variable", "weekly"),
    [
        ("", "", True),
        ("[report]", "", True),
        ("[report]\nweekly = false", "", False),
        ("[report]\nweekly = false", "true", True),
        ("", "false", False),
    ],
)
def test_the_weekly_card_is_turned_off_in_the_file_or_by_a_variable_which_goes_first(
    text: str, variable: str, *, weekly: bool, environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "laike.toml").write_text(text, encoding="utf-8")
    environment.setenv("LAIKE_REPORT_WEEKLY", variable)
    assert Settings.load().report_weekly is weekly


@pytest.mark.parametrize("text", ["report = 1", "[report]\nweekly = 3", "[report]\nwekly = true"])
@pytest.mark.usefixtures("environment")
def test_a_report_section_that_says_something_else_is_told(text: str, tmp_path: Path) -> None:
    (tmp_path / "laike.toml").write_text(text, encoding="utf-8")
    with pytest.raises(WrongInput, match=r"laike\.toml: \[report\] holds nothing but weekly"):
        Settings.load()


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


# what is said of them


def test_what_is_missing_is_told_with_the_place_where_there_is_no_env_file(
    environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    environment.delenv("LAIKE_FEISHU_APP_ID")
    with pytest.raises(WrongInput) as caught:
        Settings.load()
    assert caught.value.message.startswith(f"1 setting is missing or wrong (there is no {tmp_path / '.env'}):\n")
    Path(".env").touch()
    with pytest.raises(WrongInput, match=r"^1 setting is missing or wrong:\n"):
        Settings.load()


def test_a_misspelt_name_is_told_with_the_right_one_and_never_its_value(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("LAIKE_LOKBACK_DAYS", "canary")
    Path(".env").write_text("LAIKE_FLOWER_PASSWORD_OF_SOMEBODY=canary\nLAIKE_FEISHU_APP_ID_FILE=canary\n")
    assert notes(Settings.load()) == [
        "LAIKE_FEISHU_APP_ID_FILE is unknown: did you mean LAIKE_FEISHU_APP_ID? (an error from the next release on)",
        "LAIKE_FLOWER_PASSWORD_OF_SOMEBODY is unknown (an error from the next release on)",
        "LAIKE_LOKBACK_DAYS is unknown: did you mean LAIKE_LOOKBACK_DAYS? (an error from the next release on)",
    ]


def test_a_misspelt_name_stands_beside_what_is_missing(environment: pytest.MonkeyPatch) -> None:
    environment.delenv("LAIKE_FEISHU_APP_ID")
    environment.setenv("LAIKE_FEISHU_APPID", "canary")
    with pytest.raises(
        WrongInput, match=r"LAIKE_FEISHU_APPID is unknown: did you mean LAIKE_FEISHU_APP_ID\?"
    ) as caught:
        Settings.load()
    assert "canary" not in caught.value.message


def test_every_name_that_is_read_or_written_anywhere_is_known() -> None:
    """Also those of compose, the demo, tests and the benchmark."""
    root = Path(__file__).resolve().parents[3]
    files = [path for folder in ("cli", "worker", "bench", "docs", "scripts") for path in (root / folder).rglob("*.*")]
    files += [root / name for name in ("docker-compose.yml", ".env.example", "README.md", "Dockerfile", "Makefile")]
    texts = [path.read_text(encoding="utf-8", errors="ignore") for path in files if path.suffix not in (".png", ".pyc")]
    named = {name for text in texts for name in re.findall(r"\bLAIKE_[A-Z_0-9]*[A-Z0-9]\b", text)}
    assert len(named) > 30
    assert unknown(named - {"LAIKE_LOKBACK_DAYS"}, Settings.model_fields) == []


def test_a_short_password_of_flower_is_told_and_a_dollar_in_the_env_file(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("LAIKE_FLOWER_LOGIN", "user:elevensigns")
    Path(".env").write_text("LAIKE_OCEANENGINE_SECRET=a$b")
    told = doubts(Settings.load())
    assert [line.split(" ")[0] for line in told] == [".env:", "LAIKE_FLOWER_LOGIN"]
    assert not [line for line in told if "eleven" in line or "a$b" in line]
    environment.setenv("LAIKE_FLOWER_LOGIN", "user:twelve-signs")
    assert len(doubts(Settings.load())) == 1


def test_a_line_is_said_once_by_a_process() -> None:
    assert unsaid(["a line of this test", "another one"]) == ["a line of this test", "another one"]
    assert unsaid(["a line of this test", "a third"]) == ["a third"]


# what a value may be


@pytest.mark.parametrize("login", ["user:pass,word", "user:pässword", "用户:password", "user:pass\tword"])
def test_a_login_that_flower_would_misread_is_refused_and_not_quoted(
    login: str, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("LAIKE_FLOWER_LOGIN", login)
    with pytest.raises(WrongInput, match="LAIKE_FLOWER_LOGIN holds a comma or a sign beyond ASCII") as caught:
        Settings.load()
    assert login not in caught.value.message


@pytest.mark.parametrize(
    "table", ["tblX&view=vewY", "tbl", "tblX ", "xtblX", "tblX\n", "https://x.feishu.cn/base/a?table=tblX"]
)
def test_a_table_is_a_whole_id(table: str, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("LAIKE_BITABLE_TABLE_ID", table)
    wanted = r"LAIKE_BITABLE_TABLE_ID is not of its shape: .*the whole address goes into LAIKE_BITABLE_APP_TOKEN"
    with pytest.raises(WrongInput, match=wanted):
        Settings.load()


def test_the_home_is_meant_by_its_sign_in_every_path(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    environment.setenv("HOME", str(tmp_path))
    for name in ("TOKEN_FILE", "BACKUP_DIR", "HEARTBEAT_FILE", "BEAT_FILE", "CONFIG"):
        environment.setenv(f"LAIKE_{name}", f"~/{name}")
    (tmp_path / "CONFIG").touch()
    (tmp_path / "secret").write_text("in a file")
    environment.setenv("LAIKE_FEISHU_APP_SECRET_FILE", "~/secret")
    (tmp_path / "ca.pem").touch()
    environment.setenv("LAIKE_REDIS_URL", "rediss://redis:6379/0?ssl_ca_certs=~/ca.pem")
    loaded = Settings.load()
    paths = (loaded.token_file, loaded.backup_dir, loaded.heartbeat_file, Path(loaded.beat_file), loaded.config)
    assert [path and path.parent for path in paths] == [tmp_path] * 5
    assert loaded.feishu_app_secret.get_secret_value() == "in a file"
    assert (loaded.redis_address.tls_options or {})["ssl_ca_certs"] == str(tmp_path / "ca.pem")


def test_a_home_of_nobody_is_told_by_its_variable(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("LAIKE_TOKEN_FILE", "~nobody-of-that-name/token")
    with pytest.raises(WrongInput, match=r"LAIKE_TOKEN_FILE .*whose home"):
        Settings.load()
