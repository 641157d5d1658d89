"""Further tables in the settings: `[[tables]]` of laike.toml or LAIKE_TABLES, and what goes with the other settings."""

from pathlib import Path

import pytest

from pipeline import settings_roles
from pipeline.core.errors import WrongInput
from pipeline.core.reports import PROJECT
from pipeline.core.rollover.split import Split
from pipeline.core.table.columns import DEFAULT_COLUMNS
from pipeline.core.tables.presets import columns_for
from pipeline.settings import Settings
from pipeline.settings_notes import doubts, notes

pytestmark = pytest.mark.usefixtures("environment")

TABLES = """
split = "none"
[[tables]]
name = "项目日报"
report = "project"
at = "https://x.feishu.cn/wiki/Abc?table=tblA"
accounts = ["1834207156320263"]
split = "month"
[[tables]]
name = "账户日报"
report = "account"
"""
JSON = '[{"name": "项目日报", "report": "project", "accounts": ["1834207156320263"]}]'


def refused() -> str:
    with pytest.raises(WrongInput) as caught:
        Settings.load()
    return caught.value.message


def test_without_a_word_there_are_none() -> None:
    assert Settings.load().tables == ()


def test_tables_are_read_from_the_file(tmp_path: Path) -> None:
    (tmp_path / "laike.toml").write_text(TABLES, encoding="utf-8")
    loaded = Settings.load()
    first, second = loaded.tables
    assert (first.report, first.app_token, first.table_id, first.split) == (PROJECT, "Abc", "tblA", Split.MONTH)
    assert (second.name, second.split, loaded.table_split) == ("账户日报", None, Split.NONE)


def test_the_variable_goes_before_the_file_and_is_known(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "laike.toml").write_text(TABLES.replace("account", "acount"), encoding="utf-8")
    environment.setenv("LAIKE_TABLES", JSON)
    loaded = Settings.load()
    assert [table.name for table in loaded.tables] == ["项目日报"]
    assert notes(loaded) == []


def test_what_is_wrong_is_named_with_the_file_or_the_variable(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "laike.toml").write_text(TABLES.replace('"project"', '"projekt"'), encoding="utf-8")
    assert "laike.toml: table 1 (项目日报): there is no report projekt; the nearest is project" in refused()
    environment.setenv("LAIKE_TABLES", JSON.replace("[", "", 1).replace("}]", "}"))
    assert "LAIKE_TABLES is no list of tables: write [[tables]]" in refused()
    environment.setenv("LAIKE_TABLES", "[")
    assert "LAIKE_TABLES is not JSON" in refused()


def test_an_account_that_is_not_among_the_accounts_is_refused(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("LAIKE_TABLES", JSON)
    environment.setenv("LAIKE_ACCOUNTS", '{"1834207156320263": "城东店"}')
    assert len(Settings.load().tables) == 1
    environment.setenv("LAIKE_ACCOUNTS", '{"1834207156321111": "城西店"}')
    assert (
        "LAIKE_TABLES ([[tables]] in laike.toml) 项目日报: accounts names 1834207156320263, "
        "which LAIKE_ACCOUNTS does not name"
    ) in refused()


@pytest.mark.parametrize("base", ["https://x.feishu.cn/wiki/Abc?table=tblA", "Abc"])
def test_the_first_table_is_no_further_one(base: str, environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "laike.toml").write_text(TABLES, encoding="utf-8")
    environment.setenv("LAIKE_BITABLE_TABLE_ID", "tblA")
    assert len(Settings.load().tables) == 2  # it is in another base
    environment.setenv("LAIKE_BITABLE_APP_TOKEN", base)
    assert "项目日报: at is the table of LAIKE_BITABLE_TABLE_ID; a further table is another one" in refused()


def test_an_account_that_is_not_synced_may_be_named(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("LAIKE_TABLES", JSON)
    environment.setenv("LAIKE_ACCOUNT_OPTIONS", '{"1834207156320263": {"enabled": false}}')
    assert len(Settings.load().tables) == 1


@pytest.mark.parametrize("role", ["beat", "flower", "console"])
def test_a_role_that_needs_no_table_does_not_look_at_them(role: str, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("LAIKE_ROLE", role)
    environment.setenv("LAIKE_TABLES", "[")
    assert settings_roles.load().role == role


def test_a_table_may_have_the_preset_of_columns(tmp_path: Path) -> None:
    told = TABLES.replace('split = "month"', 'columns = "local"')
    (tmp_path / "laike.toml").write_text(told, encoding="utf-8")
    loaded = Settings.load()
    assert loaded.tables[0].columns == columns_for("local", PROJECT)
    assert loaded.columns == DEFAULT_COLUMNS


@pytest.mark.parametrize("told", ["local", '"local"'])
def test_so_may_the_first_table(told: str, environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "laike.toml").write_text('columns = "local"\n', encoding="utf-8")
    assert Settings.load().columns == columns_for("local")
    (tmp_path / "laike.toml").write_text('columns = "loacl"\n', encoding="utf-8")
    assert 'laike.toml: is neither a list of columns nor "local", the one preset' in refused()
    environment.setenv("LAIKE_COLUMNS", told)
    assert Settings.load().columns == columns_for("local")


def test_the_doctor_doubts_a_group_with_an_account_that_is_disabled(tmp_path: Path) -> None:
    off = "[accounts.1834207156320263]\nenabled = false\n"
    (tmp_path / "laike.toml").write_text(f"{TABLES}{off}", encoding="utf-8")
    told = "[[tables]] of laike.toml: 项目日报 names 1834207156320263, which [accounts.1834207156320263] disables"
    assert doubts(Settings.load()) == [told]
    (tmp_path / "laike.toml").write_text(TABLES, encoding="utf-8")
    assert doubts(Settings.load()) == []
