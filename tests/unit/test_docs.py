"""The docs say what is there: every setting, every command, no dead link; and in Chinese the same as in English."""

import re
from pathlib import Path

from pipeline.core.causes import CAUSES
from pipeline.settings_sources import SECRETS
from tests.unit.test_contracts import ROOT, commands, settings
from tests.unit.test_house import offenders

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
ENGLISH, CHINESE = ROOT / "docs", ROOT / "docs" / "zh"
SET_UP = ("commands.md", "set-up-an-account.md", "settings.md", "columns.md", "first-try.md")
IN_BOTH = [*SET_UP, *(f"operate/{page.name}" for page in sorted((ENGLISH / "operate").glob("*.md")))]
TWINS = {ROOT / "README.md": ROOT / "README.zh-CN.md"} | {ENGLISH / name: CHINESE / name for name in IN_BOTH}


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def settings_in(page: Path) -> set[str]:
    return set(re.findall(r"\b(LAIKE_[A-Z_]+)\b", text_of(page)))


def commands_in(page: Path) -> set[str]:
    return set(
        re.findall(
            r"(?:^|`|/)laike ((?:token |dedup |notify |tables )?[a-z][a-z-]*)", text_of(page), flags=re.MULTILINE
        )
    )


def steps_in(page: Path) -> list[str]:
    """Every line of the blocks of shell and configuration, without its comment."""
    blocks = re.findall(r"```(?:sh|toml|yaml)\n(.*?)```", text_of(page), re.DOTALL)
    return [line.split("#")[0].strip() for block in blocks for line in block.splitlines()]


def sections_of(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", text_of(page), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_setting_is_explained_and_no_other() -> None:
    assert set(re.findall(r"`(LAIKE_[A-Z_]+)`", text_of(ENGLISH / "settings.md"))) == settings()


def test_every_cause_that_a_card_may_give_is_explained_and_no_other() -> None:
    for page in (ENGLISH / "operate" / "causes.md", CHINESE / "operate" / "causes.md"):
        rows = re.findall(r"^\| (`.+?) \|", text_of(page), flags=re.MULTILINE)
        assert sorted(code for row in rows for code in re.findall(r"`(\w+)`", row)) == sorted(CAUSES)


def test_every_setting_that_a_page_names_exists() -> None:
    there = settings() | {f"{name}_FILE" for name in SECRETS}
    assert offenders(PAGES, lambda page: settings_in(page) - there) == {}


def test_every_command_that_a_page_names_exists() -> None:
    there = commands()
    assert offenders(PAGES, lambda page: commands_in(page) - there) == {}


def test_every_link_leads_to_a_file_and_a_section() -> None:
    def dead(page: Path) -> list[str]:
        links = [link for link in re.findall(r"\]\(([^)]+)\)", text_of(page)) if "://" not in link]
        return [link for link in links if not leads(page, *link.partition("#")[::2])]

    def leads(page: Path, name: str, section: str) -> bool:
        target = page.parent / name if name else page
        return target.exists() and (not section or section in sections_of(target))

    assert offenders(PAGES, dead) == {}


def test_every_page_is_listed() -> None:
    def unlisted(index: Path) -> list[Path]:
        pages = [page.relative_to(index.parent) for page in index.parent.rglob("*.md") if page != index]
        return [
            page for page in pages if page.parts[0] not in ("decisions", "zh") and f"({page})" not in text_of(index)
        ]

    assert offenders([ENGLISH / "README.md", CHINESE / "README.md"], unlisted) == {}


def test_every_page_for_setting_up_and_operating_is_there_in_chinese_and_no_other() -> None:
    assert {str(page.relative_to(CHINESE)) for page in CHINESE.rglob("*.md")} == {*IN_BOTH, "README.md"}


def test_both_languages_name_the_same_commands_settings_and_steps_in_as_many_sections_and_rows() -> None:
    def shape(page: Path) -> list[object]:
        counts = [text_of(page).count(mark) for mark in ("\n## ", "\n| ")]
        return [commands_in(page), settings_in(page), steps_in(page), *counts]

    def only_here(page: Path) -> list[object]:
        return [(ours, theirs) for ours, theirs in zip(shape(page), shape(TWINS[page]), strict=True) if ours != theirs]

    assert offenders(TWINS, only_here) == {}


def test_a_chinese_page_has_full_width_punctuation() -> None:
    code = re.compile(r"```.*?```|`[^`]*`|\]\([^)]*\)|\(元\)", re.DOTALL)
    half_width = re.compile(r".{,9}(?:[\u4e00-\u9fff][,:;()?!]|[,:;()?] ?[\u4e00-\u9fff]).{,9}")
    pages = [*TWINS.values(), CHINESE / "README.md"]
    assert offenders(pages, lambda page: half_width.findall(code.sub("", text_of(page)))) == {}


def test_every_file_that_a_page_names_is_there() -> None:
    def lost(page: Path) -> list[str]:
        named = re.findall(r"`([a-z_./]+/[a-z_0-9]+\.py)(?:::\w+)?`", text_of(page))
        return [name for name in named if not (ROOT / name).exists() and not (ROOT / "pipeline" / name).exists()]

    assert offenders((page for page in PAGES if page.name != "CHANGELOG.md"), lost) == {}
