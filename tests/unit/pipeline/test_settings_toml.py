"""What laike.toml says: columns, thresholds, single accounts, the split, the report; a variable goes before it."""

import json
import tomllib
from decimal import Decimal
from pathlib import Path

import pytest

from pipeline.core.accounts.account_options import AccountOptions
from pipeline.core.errors import WrongInput
from pipeline.core.rollover.split import Split
from pipeline.core.table.columns import DEFAULT_COLUMNS, columns_of
from pipeline.core.telling.thresholds import Thresholds
from pipeline.settings import Settings

pytestmark = pytest.mark.usefixtures("environment")


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
        ('[accounts."²"]\nenabled = false', "accounts.²: '²' is not the id of an account"),
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
    assert (
        f"{config}: 'alerts' is not known; there are columns, anomalies, accounts, split, tables, report"
        in caught.value.message
    )


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


@pytest.mark.parametrize(
    ("text", "variable", "split"),
    [
        ("", "", Split.AUTO),
        ('split = "month"', "", Split.MONTH),
        ('split = "month"', "none", Split.NONE),
        ('split = "weekly"', "none", Split.NONE),
        ("", "month", Split.MONTH),
    ],
)
def test_when_a_table_gets_a_successor_is_said_in_the_file_or_by_a_variable_which_goes_first(
    text: str, variable: str, split: Split, environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "laike.toml").write_text(text, encoding="utf-8")
    environment.setenv("LAIKE_TABLE_SPLIT", variable)
    assert Settings.load().table_split is split


@pytest.mark.parametrize("value", ['"weekly"', '"AUTO"', "1", "true", "[]", "{}", '["auto"]'])
def test_another_split_is_named_with_the_file_beside_the_other_problems(
    value: str, environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "laike.toml").write_text(f"split = {value}\n[tabel]\n", encoding="utf-8")
    environment.setenv("LAIKE_OCEANENGINE_RATE", "0")
    with pytest.raises(WrongInput) as caught:
        Settings.load()
    assert "3 settings are missing or wrong" in caught.value.message
    assert "laike.toml: split is one of auto, month, none" in caught.value.message


def test_another_split_in_the_variable_is_one_line_that_names_it(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("LAIKE_TABLE_SPLIT", "weekly")
    with pytest.raises(WrongInput) as caught:
        Settings.load()
    assert "1 setting is missing or wrong" in caught.value.message
    assert "LAIKE_TABLE_SPLIT Input should be 'auto', 'month' or 'none'" in caught.value.message
