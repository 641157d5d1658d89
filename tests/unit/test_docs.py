"""The docs say what is there: every setting, every command, no dead link, in English and in Chinese."""

import re
from pathlib import Path

import pytest

from pipeline.core.causes import CAUSES
from pipeline.settings_sources import SECRETS
from tests.unit.test_contracts import ROOT, commands, settings

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
ENGLISH, CHINESE = ROOT / "docs", ROOT / "docs" / "zh"
SET_UP = ("commands.md", "set-up-an-account.md", "settings.md", "columns.md", "first-try.md")
IN_BOTH = [*SET_UP, *(f"operate/{page.name}" for page in sorted((ENGLISH / "operate").glob("*.md")))]
each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def test_every_setting_is_explained_and_no_other() -> None:
    text = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert set(re.findall(r"`(LAIKE_[A-Z_]+)`", text)) == settings()


@pytest.mark.parametrize("folder", [ENGLISH, CHINESE], ids=lambda folder: folder.name)
def test_every_cause_that_a_card_may_give_is_explained_and_no_other(folder: Path) -> None:
    rows = re.findall(
        r"^\| (`.+?) \|", (folder / "operate" / "causes.md").read_text(encoding="utf-8"), flags=re.MULTILINE
    )
    assert sorted(code for row in rows for code in re.findall(r"`(\w+)`", row)) == sorted(CAUSES)


@each_page
def test_every_setting_that_a_page_names_exists(page: Path) -> None:
    known = settings() | {f"{name}_FILE" for name in SECRETS}
    assert _settings(page.read_text(encoding="utf-8")) <= known


@each_page
def test_every_command_that_a_page_names_exists(page: Path) -> None:
    assert _commands(page.read_text(encoding="utf-8")) <= commands()


@each_page
def test_every_link_leads_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    links = [link.partition("#")[::2] for link in re.findall(r"\]\(([^)]+)\)", text) if "://" not in link]
    missing = [target for target, _ in links if target and not (page.parent / target).exists()]
    assert missing == []
    to_sections = [(page.parent / target if target else page, section) for target, section in links if section]
    assert [section for target, section in to_sections if section not in _sections(target)] == []


@pytest.mark.parametrize("folder", [ENGLISH, CHINESE], ids=lambda folder: folder.name)
def test_every_page_is_listed(folder: Path) -> None:
    listed = (folder / "README.md").read_text(encoding="utf-8")
    pages = [page.relative_to(folder) for page in folder.rglob("*.md")]
    unlisted = [
        str(page)
        for page in pages
        if page.parts[0] not in ("decisions", "zh", "README.md") and f"({page})" not in listed
    ]
    assert unlisted == []


def test_every_page_for_setting_up_and_operating_is_there_in_chinese_and_no_other() -> None:
    assert {str(page.relative_to(CHINESE)) for page in CHINESE.rglob("*.md")} == {*IN_BOTH, "README.md"}


@pytest.mark.parametrize("name", IN_BOTH)
def test_both_languages_name_the_same_commands_settings_and_steps(name: str) -> None:
    english, chinese = ((folder / name).read_text(encoding="utf-8") for folder in (ENGLISH, CHINESE))
    assert _commands(english) == _commands(chinese)
    assert _settings(english) == _settings(chinese)
    assert _steps(english) == _steps(chinese)
    assert english.count("\n| ") == chinese.count("\n| ")


@pytest.mark.parametrize("page", [ROOT / "README.zh-CN.md", *CHINESE.rglob("*.md")], ids=lambda page: page.name)
def test_a_chinese_page_has_full_width_punctuation(page: Path) -> None:
    text = re.sub(r"```.*?```|`[^`]*`|\]\([^)]*\)|\(元\)", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert re.findall(r".{,9}(?:[\u4e00-\u9fff][,:;()?!]|[,:;()?] ?[\u4e00-\u9fff]).{,9}", text) == []


def test_both_readmes_have_the_same_sections_commands_and_steps() -> None:
    english, chinese = ((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.zh-CN.md"))
    assert (english.count("\n## "), _steps(english)) == (chinese.count("\n## "), _steps(chinese))
    assert _commands(english) == _commands(chinese)


@each_page
def test_every_file_that_a_page_names_is_there(page: Path) -> None:
    named = re.findall(r"`([a-z_./]+/[a-z_0-9]+\.py)(?:::\w+)?`", page.read_text(encoding="utf-8"))
    missing = [name for name in named if not (ROOT / name).exists() and not (ROOT / "pipeline" / name).exists()]
    assert missing == [] or page.name == "CHANGELOG.md"


def _sections(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def _settings(text: str) -> set[str]:
    return set(re.findall(r"\b(LAIKE_[A-Z_]+)\b", text))


def _commands(text: str) -> set[str]:
    return set(re.findall(r"(?:^|`|/)laike ((?:token |dedup |notify )?[a-z-]+)", text, flags=re.MULTILINE))


def _steps(text: str) -> list[str]:
    """Every line of the blocks of shell and configuration, without its comment."""
    blocks = re.findall(r"```(?:sh|toml|yaml)\n(.*?)```", text, re.DOTALL)
    return [line.split("#")[0].strip() for block in blocks for line in block.splitlines()]
