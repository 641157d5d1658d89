"""The surface that others rely on: commands, settings and exit codes are what the docs say."""

import re
from pathlib import Path

import pytest
import typer

from cli.main import app
from cli.terminal import output
from pipeline.settings import Settings

ROOT = Path(__file__).parents[2]
PAGES = ("docs/commands.md", "docs/zh/commands.md")
COMMANDS = {
    "sync",
    "backfill",
    "runs",
    "show",
    "status",
    "accounts",
    "coverage",
    "views",
    "dedup check",
    "dedup clean",
    "export",
    "backup",
    "report",
    "restore",
    "tables",
    "tables repair",
    "tables split",
    "init",
    "notify test",
    "doctor",
    "demo",
    "token exchange",
    "token import",
    "token refresh",
    "token rotate-key",
    "token status",
    "token url",
}
TASKS = {
    "daily",
    "backfill",
    "fetch_account",
    "read_table",
    "load",
    "verify",
    "check_views",
    "finish",
    "catch_up",
    "keep_token",
    "settle",
}


def commands() -> set[str]:
    """Every command of the command line."""
    top = typer.main.get_command(app)
    found = set()
    for name, command in top.commands.items():  # type: ignore[attr-defined]
        inner = {f"{name} {one}" for one in getattr(command, "commands", ())}
        alone = not inner or command.invoke_without_command
        found |= inner | ({name} if alone else set())
    return found


def settings() -> set[str]:
    """Every setting by the name of its variable."""
    names = set()
    for name, field in Settings.model_fields.items():
        choices = getattr(field.validation_alias, "choices", None)
        names.add(str(choices[0]) if choices else f"LAIKE_{name.upper()}")
    return names


def test_the_commands_are_those_that_were_agreed() -> None:
    assert commands() == COMMANDS


@pytest.mark.parametrize("page", PAGES)
def test_every_command_is_on_the_page_of_commands_and_no_other(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    named = set(re.findall(r"`laike ((?:token |dedup |notify |tables )?[a-z][a-z-]*)", text))
    assert named == COMMANDS


def test_every_setting_of_the_example_exists() -> None:
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    named = set(re.findall(r"^(LAIKE_\w+)=", text, flags=re.MULTILINE))
    assert named
    assert named <= settings()


def test_the_settings_with_fixed_names_are_there() -> None:
    fixed = {
        "LAIKE_REDIS_URL",
        "LAIKE_OCEANENGINE_BASE_URL",
        "LAIKE_OCEANENGINE_APP_ID",
        "LAIKE_OCEANENGINE_SECRET",
        "LAIKE_OCEANENGINE_RATE",
        "LAIKE_FEISHU_BASE_URL",
        "LAIKE_FEISHU_APP_ID",
        "LAIKE_FEISHU_APP_SECRET",
        "LAIKE_BITABLE_APP_TOKEN",
        "LAIKE_BITABLE_TABLE_ID",
        "LAIKE_TABLE_MAX_ROWS",
        "LAIKE_ACCOUNTS",
        "LAIKE_TOKEN_KEYS",
        "LAIKE_TOKEN_FILE",
        "LAIKE_FEISHU_WEBHOOK_URL",
        "LAIKE_FEISHU_WEBHOOK_SECRET",
        "LAIKE_LOOKBACK_DAYS",
        "LAIKE_CATCH_UP_DAYS",
        "LAIKE_RUN_DEADLINE_S",
        "LAIKE_CLOCK_OFFSET_S",
    }
    assert fixed <= settings()


def test_the_tasks_are_those_that_were_agreed_and_each_has_a_queue_and_a_word_in_the_docs() -> None:
    source = (ROOT / "worker" / "tasks.py").read_text(encoding="utf-8")
    assert set(re.findall(r'^@_named\("(\w+)"\)', source, flags=re.MULTILINE)) == TASKS
    told = (ROOT / "docs" / "how-it-works.md").read_text(encoding="utf-8")
    assert set(re.findall(r"`laike\.(\w+)`", told)) == TASKS


def test_the_exit_codes_are_those_that_were_agreed() -> None:
    codes = (output.DONE, output.IN_PART, output.WRONG_USAGE, output.FAILED, output.PERSON_NEEDED)
    assert codes == (0, 1, 2, 3, 4)
