"""Check the pages of an Ocean Engine list. Follows 巨量引擎 Marketing API: `page_info` of list answers.

Sources disagree on the shape of an empty list (`[]`, null or absent; `total_page` 0, 1, or no `page_info`): each is
accepted. Rows without `page_info`, and no rows where `total_number` promises some, are errors.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from pipeline.core.errors import BadResponse, LaikeError

PAGES_MAX = 10_000  # a million rows: our lists are shorter
LONGEST_TEXT = 1000  # letters of a value in a row: names have at most a tenth
PAGE_SIZE = 100  # the report endpoints take 10, 20, 50 or 100
Data = Mapping[str, Any]
Rows = str | Callable[[Data], object]  # the key of the rows in `data`, or what finds them there


class BeyondPages(LaikeError):
    """A list is longer than its pages reach; every caller handles it."""

    def __init__(self, path: str, total: int, most: int) -> None:
        super().__init__(f"{path}: {total} rows, and its pages end at row {most}")
        self.total = total


class PageInfo(BaseModel):
    """`page_info` of a list answer."""

    page: int
    total_number: int
    total_page: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its `page_info` and its rows."""

    info: PageInfo
    rows: list[dict[str, Any]]


def page_of(path: str, data: Data, rows: Rows, number: int, *, stated: bool = False) -> Page:
    """Parse the page that was asked for.

    Args:
        stated: Believe an empty list only if `page_info` says so.

    Raises:
        BadResponse: It is another page, contradicts itself, or is no page.
    """
    found = _found(path, data, rows)
    if not data.get("page_info") and not found and number == 1 and not stated and _has_a_place(data, rows):
        return Page(PageInfo(page=1, total_number=0), [])
    try:
        info = PageInfo.model_validate(data["page_info"])
    except (KeyError, ValidationError):
        raise BadResponse(f"{path}: page {number} has no usable page_info") from None
    if info.page != number or info.total_page not in _page_counts(info.total_number) or info.total_page > PAGES_MAX:
        raise BadResponse(f"{path}: page {number} says {info}")
    return Page(info, found)


def check_whole(path: str, pages: Sequence[Page], identity: Sequence[str]) -> None:
    """Check that the pages hold each row of the list once.

    Args:
        identity: The fields that together name a row.

    Raises:
        BadResponse: They do not, or contradict each other.
    """
    totals = {page.info.total_number for page in pages}
    if len(totals) != 1:
        raise BadResponse(f"{path}: total_number changed between pages: {sorted(totals)}")
    check_rows(path, [row for page in pages for row in page.rows], totals.pop(), identity)


def check_rows(path: str, rows: Sequence[Data], total: int, identity: Sequence[str]) -> None:
    """Check that all rows came, each once; `BadResponse` if not."""
    if len(rows) != total:
        raise BadResponse(f"{path}: {total} rows promised, {len(rows)} came")
    names = {tuple(str(row.get(part)) for part in identity) for row in rows}
    if len(names) != len(rows):
        raise BadResponse(f"{path}: {len(rows) - len(names)} rows came twice, so others are missing")


def _found(path: str, data: Data, rows: Rows) -> list[dict[str, Any]]:
    found = (data.get(rows) if isinstance(rows, str) else rows(data)) or []
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise BadResponse(f"{path}: what should be a list of rows is none")
    for row in found:
        _shorten(row)
    return found


def _shorten(row: dict[str, Any]) -> None:
    """Cut long texts: all pages are in memory until the last one is there."""
    for name, value in row.items():
        if isinstance(value, str) and len(value) > LONGEST_TEXT:
            row[name] = value[:LONGEST_TEXT]


def _has_a_place(data: Data, rows: Rows) -> bool:
    """Whether an answer has a place for rows; without that and `page_info` it is no list."""
    return rows in data if isinstance(rows, str) else rows(data) is not None


def _page_counts(total: int) -> tuple[int, ...]:
    """What `total_page` may be; an empty list has no page, or one."""
    return (math.ceil(total / PAGE_SIZE),) if total else (0, 1)
