"""What people type into addresses and forms, checked; what is wrong with it is said in Chinese."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import TypeVar

from pipeline.core.errors import WrongInput
from pipeline.core.text import plain

E = TypeVar("E", bound=StrEnum)
NUMBER_MOST = 1_000_000
TEXT_MOST = 100
NO_DAY = "日期无效，请按 2026-02-11 的格式填写"
OLDEST, NEWEST = date(2016, 1, 1), date(2099, 12, 31)  # before the first there was no 巨量本地推


def text_in(fields: Mapping[str, str], name: str) -> str:
    """A short text on one line; empty if there is none."""
    return plain(fields.get(name, "")).strip()[:TEXT_MOST]


def day_in(fields: Mapping[str, str], name: str) -> date | None:
    """A day; `None` if there is none, `WrongInput` if it is no day of the calendar."""
    if not fields.get(name, "").strip():
        return None
    try:
        return date.fromisoformat(text_in(fields, name))
    except ValueError:
        raise WrongInput(NO_DAY) from None


def figures_day_in(fields: Mapping[str, str], name: str) -> date | None:
    """The same for a day that may have figures, and with which one can count: not at an end of the calendar."""
    day = day_in(fields, name)
    if day and not OLDEST <= day <= NEWEST:
        raise WrongInput(NO_DAY)
    return day


def page_in(fields: Mapping[str, str]) -> int:
    """Which page of a list; the first if there is none, or what there is is no page."""
    try:
        return max(1, number_in(fields, "page"))
    except WrongInput:
        return 1


def number_in(fields: Mapping[str, str], name: str) -> int:
    """A count from 0 to `NUMBER_MOST`; 0 if there is none, `WrongInput` if it is another."""
    said = text_in(fields, name) or "0"
    if not (said.isascii() and said.isdecimal() and len(said) <= len(str(NUMBER_MOST)) and int(said) <= NUMBER_MOST):
        raise WrongInput("页码无效")
    return int(said)


def choice_in(fields: Mapping[str, str], name: str, among: type[E]) -> E | None:
    """One of some words; `None` if there is none, `WrongInput` if it is another."""
    if not (said := text_in(fields, name)):
        return None
    try:
        return among(said)
    except ValueError:
        raise WrongInput("筛选条件无效，请从列表中选择") from None
