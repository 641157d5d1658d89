"""Pages are true: settings, commands, files and links that they name exist; both languages say the same."""

import re
from collections.abc import Iterable
from pathlib import Path

from pipeline.settings_sources import SECRETS
from tests.unit.test_contracts import ROOT, commands, settings
from tests.unit.test_house import offenders

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
ENGLISH, CHINESE = ROOT / "docs", ROOT / "docs" / "zh"
SET_UP = ("commands.md", "set-up-an-account.md", "settings.md", "columns.md", "first-try.md")
IN_BOTH = [*SET_UP, *(f"operate/{page.name}" for page in sorted((ENGLISH / "operate").glob("*.md")))]


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def test_every_setting_is_explained_and_no_other() -> None:
    text = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert set(re.findall(r"`(LAIKE_[A-Z_]+)`", text)) == settings()


def test_every_setting_that_a_page_names_exists() -> None:
    there = settings() | {f"{name}_FILE" for name in SECRETS}
    assert offenders(PAGES, lambda page: _settings(text_of(page)) - there) == {}


def test_every_command_that_a_page_names_exists() -> None:
    there = commands()
    assert offenders(PAGES, lambda page: _commands(text_of(page)) - there) == {}


def test_every_link_leads_somewhere() -> None:
    assert offenders(PAGES, _dead_links) == {}


def test_every_page_is_listed() -> None:
    def unlisted(folder: Path) -> Iterable[str]:
        listed = text_of(folder / "README.md")
        pages = [page.relative_to(folder) for page in folder.rglob("*.md")]
        others = ("decisions", "zh", "README.md")
        return [str(page) for page in pages if page.parts[0] not in others and f"({page})" not in listed]

    assert offenders([ENGLISH, CHINESE], unlisted) == {}


def test_every_page_for_setting_up_and_operating_is_there_in_chinese_and_no_other() -> None:
    assert {str(page.relative_to(CHINESE)) for page in CHINESE.rglob("*.md")} == {*IN_BOTH, "README.md"}


def test_both_languages_name_the_same_commands_settings_and_steps() -> None:
    def differing(english: Path) -> list[str]:
        one, other = text_of(english), text_of(CHINESE / english.relative_to(ENGLISH))
        compared = {"commands": _commands, "settings": _settings, "steps": _steps, "rows": _rows}
        return [what for what, found in compared.items() if found(one) != found(other)]

    assert offenders([ENGLISH / name for name in IN_BOTH], differing) == {}


def test_both_readmes_have_the_same_sections_commands_and_steps() -> None:
    english, chinese = ((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.zh-CN.md"))
    assert (english.count("\n## "), _steps(english)) == (chinese.count("\n## "), _steps(chinese))
    assert _commands(english) == _commands(chinese)


def test_every_file_that_a_page_names_is_there() -> None:
    def lost(page: Path) -> list[str]:
        named = re.findall(r"`([a-z_./]+/[a-z_0-9]+\.py)(?:::\w+)?`", text_of(page))
        return [name for name in named if not (ROOT / name).exists() and not (ROOT / "pipeline" / name).exists()]

    assert offenders((page for page in PAGES if page.name != "CHANGELOG.md"), lost) == {}


def _dead_links(page: Path) -> list[str]:
    links = [link.partition("#")[::2] for link in re.findall(r"\]\(([^)]+)\)", text_of(page)) if "://" not in link]
    missing = [target for target, _ in links if target and not (page.parent / target).exists()]
    to_sections = [(page.parent / target if target else page, section) for target, section in links if section]
    return [*missing, *(section for target, section in to_sections if section not in _sections(target))]


def _sections(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", text_of(page), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def _settings(text: str) -> set[str]:
    return set(re.findall(r"\b(LAIKE_[A-Z_]+)\b", text))


def _commands(text: str) -> set[str]:
    return set(re.findall(r"(?:^|`|/)laike ((?:token |dedup |notify )?[a-z-]+)", text, flags=re.MULTILINE))


def _steps(text: str) -> list[str]:
    """Every line of the blocks of shell and configuration, without its comment."""
    blocks = re.findall(r"```(?:sh|toml|yaml)\n(.*?)```", text, re.DOTALL)
    return [line.split("#")[0].strip() for block in blocks for line in block.splitlines()]


def _rows(text: str) -> int:
    return text.count("\n| ")
