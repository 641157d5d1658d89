"""What an address or a form asks for, checked: days and numbers."""

from collections.abc import Mapping
from datetime import date

from pipeline.core.errors import WrongInput

OLDEST, NEWEST = date(2016, 1, 1), date(2099, 12, 31)  # before the first there was no 巨量本地推
PAGE_DIGITS_MAX = 5
TEXT_MAX = 100


def day_of(asked: Mapping[str, str], name: str) -> date | None:
    """A day; `None` if none is given, `WrongInput` if what is given is none."""
    text = asked.get(name, "").strip()
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.min
    if not OLDEST <= day <= NEWEST:
        raise WrongInput(f"“{text_of(asked, name)}”不是有效的日期，请按 2026-02-11 的格式填写。")
    return day


def page_of(asked: Mapping[str, str]) -> int:
    """Which page of a list; the first if none is given, or what is given is none."""
    text = asked.get("page", "")
    fits = text.isascii() and text.isdigit() and len(text) <= PAGE_DIGITS_MAX
    return max(1, int(text)) if fits else 1


def text_of(asked: Mapping[str, str], name: str) -> str:
    """A short text without spaces around it."""
    return asked.get(name, "").strip()[:TEXT_MAX]
