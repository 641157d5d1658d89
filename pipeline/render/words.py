"""Texts of others on cards: as they are read, never as markup, never too long."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from pipeline.core.model import CHINA, china_day

NAME_LETTERS = 30
NAMES_TOGETHER = 3
CLOSE = timedelta(hours=1)  # readings of one run, which are told as one
# What is markup in a card's markdown becomes its full-width twin. How such letters are escaped there is not documented,
# and an account may be called <at id=all></at>.
_TWINS = str.maketrans("<>*~`[]", "＜＞＊～｀［］")


def harmless(text: str) -> str:
    """A text of others as one paragraph of markdown."""
    return " ".join(text.translate(_TWINS).split())


def clipped(text: str, letters: int = NAME_LETTERS) -> str:
    """A text of at most so many letters."""
    return text if len(text) <= letters else text[: letters - 1] + "…"


def named(names: Sequence[str]) -> str:
    """The first few names, and how many there are in all."""
    shown = "、".join(clipped(harmless(name)) for name in names[:NAMES_TOGETHER])
    return f"{shown} 等 {len(names)} 个账户" if len(names) > NAMES_TOGETHER else shown


def money(value: Decimal) -> str:
    """An amount as it is written on cards: 48,881.29 元."""
    return f"{value:,.2f} 元"


def moment(when: datetime) -> str:
    """A time of this year as people in China read it."""
    return f"{when.astimezone(CHINA):%m-%d %H:%M}"


def lately(when: datetime, now: datetime) -> str:
    """The same in the words of somebody who speaks on the day of `now`."""
    ago = (china_day(now) - china_day(when)).days
    day = {0: "今日", 1: "昨日"}.get(ago)
    return f"{day} {when.astimezone(CHINA):%H:%M}" if day else f" {moment(when)}"


def span(moments: Sequence[datetime], now: datetime) -> str:
    """When figures were read: the first of these times, and the last where it is far off."""
    first, last = min(moments), max(moments)
    return lately(first, now) if last - first < CLOSE else f"{lately(first, now)} 至{lately(last, now)}"
