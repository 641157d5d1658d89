"""Settings: from the environment, from files, every problem at once."""

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from pipeline import settings_roles
from pipeline.core.errors import WrongInput
from pipeline.settings import Settings
from pipeline.settings_names import unknown
from pipeline.settings_notes import doubts, notes, unsaid
from pipeline.settings_sources import SECRETS, unset
from tests.lab import TOKEN_KEY
from tests.unit.pipeline.conftest import NEEDED

pytestmark = pytest.mark.usefixtures("environment")


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
        "LAIKE_CONSOLE_LOGIN": "user:canary-of-the-actor",
        "LAIKE_CONSOLE_VIEWER": "other:canary-of-the-viewer",
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
    "address",
    ["https://x.feishu.cn/docx/Abc", "x.feishu.cn/base/Abc", "https://x.feishu.cn/base/", "https://[x/base/Abc"],
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
    files = [
        path for folder in ("cli", "lab", "worker", "bench", "docs", "scripts") for path in (root / folder).rglob("*.*")
    ]
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
