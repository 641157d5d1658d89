"""The file in which the set-up keeps the table's id: when it counts, and who waits for it."""

from pathlib import Path

import pytest

from pipeline import settings_roles
from pipeline.core.errors import LaikeError, WrongInput
from pipeline.settings import Settings
from pipeline.settings_sources import unset
from pipeline.steps.on_demand.init import keep_table, settings_so_far

TABLE, FILE = "LAIKE_BITABLE_TABLE_ID", Path("table")


@pytest.fixture(autouse=True)
def folder(environment: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Everything is set but the table, and there is a place for what the set-up makes."""
    environment.delenv(TABLE)
    environment.setenv("LAIKE_TABLE_FILE", str(FILE))
    return environment


def test_a_table_that_was_kept_counts_and_is_not_missing() -> None:
    assert unset([TABLE]) == [TABLE]
    keep_table(settings_so_far({}), "tblMade")
    assert Settings.load().bitable_table_id == "tblMade"
    assert unset([TABLE]) == []
    assert settings_so_far({}).bitable_table_id == "tblMade"
    assert FILE.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("name", [TABLE, "FEISHU_TABLE_ID"])
def test_a_table_that_a_variable_names_counts_before_it(name: str, folder: pytest.MonkeyPatch) -> None:
    keep_table(settings_so_far({}), "tblMade")
    folder.setenv(name, "tblSet")
    assert Settings.load().bitable_table_id == "tblSet"


def test_the_table_of_an_address_counts_before_it(folder: pytest.MonkeyPatch) -> None:
    folder.setenv("LAIKE_BITABLE_APP_TOKEN", "https://example.feishu.cn/base/base?table=tblAddress")
    FILE.write_text("base tblMade\n", encoding="utf-8")
    assert Settings.load().bitable_table_id == "tblAddress"


def test_the_base_of_an_address_is_the_one_that_it_was_kept_for(folder: pytest.MonkeyPatch) -> None:
    folder.setenv("LAIKE_BITABLE_APP_TOKEN", "https://example.feishu.cn/base/base")
    keep_table(settings_so_far({}), "tblMade")
    assert Settings.load().bitable_table_id == "tblMade"


def test_a_table_of_another_base_is_none_of_ours(folder: pytest.MonkeyPatch) -> None:
    keep_table(settings_so_far({}), "tblMade")
    folder.setenv("LAIKE_BITABLE_APP_TOKEN", "another")
    with pytest.raises(WrongInput, match=f"{TABLE} is missing"):
        Settings.load()


@pytest.mark.parametrize("text", ["base no-table", "base tblA tblB"])
def test_what_is_no_id_is_refused(text: str) -> None:
    FILE.write_text(text, encoding="utf-8")
    with pytest.raises(WrongInput, match=f"{TABLE} is not of its shape"):
        Settings.load()


def test_a_file_that_is_none_is_named(folder: pytest.MonkeyPatch) -> None:
    folder.setenv("LAIKE_TABLE_FILE", "no-folder/table")
    with pytest.raises(LaikeError, match=f"no-folder/table cannot be written .*: {TABLE} not set"):
        keep_table(settings_so_far({}), "tblMade")
    folder.setenv("LAIKE_TABLE_FILE", str(FILE))
    FILE.mkdir()
    with pytest.raises(WrongInput, match="LAIKE_TABLE_FILE: table cannot be read"):
        Settings.load()


def test_only_the_table_is_waited_for_and_only_where_there_is_a_place_for_it(folder: pytest.MonkeyPatch) -> None:
    assert settings_roles.awaiting_table()
    folder.setenv("LAIKE_DAILY_AT", "noon")
    assert settings_roles.awaiting_table() is None
    folder.delenv("LAIKE_DAILY_AT")
    FILE.write_text("base tblMade\n", encoding="utf-8")
    assert settings_roles.awaiting_table() is None
    FILE.unlink()
    folder.delenv("LAIKE_TABLE_FILE")
    assert settings_roles.awaiting_table() is None
