"""The docs say what is there: every setting, every command, no dead link."""

import re
from pathlib import Path

from pipeline.settings_sources import SECRETS
from tests.unit.test_contracts import ROOT, commands, settings
from tests.unit.test_house import offenders

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def test_every_setting_is_explained_and_no_other() -> None:
    text = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert set(re.findall(r"`(LAIKE_[A-Z_]+)`", text)) == settings()


def test_every_setting_that_a_page_names_exists() -> None:
    there = settings() | {f"{name}_FILE" for name in SECRETS}
    assert offenders(PAGES, lambda page: set(re.findall(r"\b(LAIKE_[A-Z_]+)\b", text_of(page))) - there) == {}


def test_every_command_that_a_page_names_exists() -> None:
    form, there = re.compile(r"(?:^|`|/)laike ((?:token |dedup |notify )?[a-z-]+)", re.MULTILINE), commands()
    assert offenders(PAGES, lambda page: set(form.findall(text_of(page))) - there) == {}


def test_every_link_leads_somewhere() -> None:
    def dead(page: Path) -> list[str]:
        targets = re.findall(r"\]\(([^)#]+)\)", text_of(page))
        return [target for target in targets if "://" not in target and not (page.parent / target).exists()]

    assert offenders(PAGES, dead) == {}


def test_every_page_is_listed() -> None:
    listed = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    pages = [page.relative_to(ROOT / "docs") for page in (ROOT / "docs").rglob("*.md")]
    unlisted = [str(page) for page in pages if page.parts[0] != "decisions" and f"({page})" not in listed]
    assert unlisted == ["README.md"]


def test_both_readmes_have_the_same_sections_commands_and_blocks() -> None:
    english, chinese = ((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.zh-CN.md"))

    def shape(text: str) -> tuple[int, int, list[str]]:
        lines = [
            line.split("#")[0].strip()
            for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
            for line in block.splitlines()
        ]
        return text.count("\n## "), text.count("\n| "), lines

    assert shape(english) == shape(chinese)


def test_every_file_that_a_page_names_is_there() -> None:
    def lost(page: Path) -> list[str]:
        named = re.findall(r"`([a-z_./]+/[a-z_0-9]+\.py)(?:::\w+)?`", text_of(page))
        return [name for name in named if not (ROOT / name).exists() and not (ROOT / "pipeline" / name).exists()]

    assert offenders((page for page in PAGES if page.name != "CHANGELOG.md"), lost) == {}
