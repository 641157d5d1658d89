"""Texts of others as people see them: one line, visible letters only; on cards clipped, without pictures and links."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from pipeline.core.model import CHINA, DayRange, china_day
from pipeline.core.text import plain

NAME_LETTERS = 30
NAMES_TOGETHER = 3
LOOKED_AT = 4000  # letters: a longer text is cut before it is examined
CLOSE = timedelta(hours=1)  # readings so near are told as one
# Plain texts of cards are 普通文本内容或表情: `:OK:` becomes a picture there; an address becomes a link in markdown.
_SIGN = re.compile(r":(?=//|(?!\d+:)\w+:)", re.ASCII)


def seen(text: str) -> str:
    """A text as one line of visible letters."""
    return " ".join(plain(text).split())


def shown(text: str) -> str:
    """A text as cards show it: visible letters, none of which becomes a picture or a link."""
    return _SIGN.sub("：", seen(text))


def clipped(text: str, letters: int = NAME_LETTERS) -> str:
    """A text as cards show it, cut to so many letters with an ellipsis."""
    line = shown(text[:LOOKED_AT])
    return line if len(line) <= letters else line[: letters - 1] + "…"


def named(names: Sequence[str]) -> str:
    """The first few names, and how many there are in all."""
    first = "、".join(clipped(name) for name in names[:NAMES_TOGETHER])
    return f"{first} 等 {len(names)} 个账户" if len(names) > NAMES_TOGETHER else first


def money(value: Decimal) -> str:
    """An amount as it is written on cards: 48,881.29 元."""
    return f"{value:,.2f} 元"


def moment(when: datetime) -> str:
    """A time of this year as people in China read it."""
    return f"{when.astimezone(CHINA):%m-%d %H:%M}"


def lately(when: datetime, now: datetime) -> str:
    """A time as it is said on the day of `now`: 今日, 昨日, else the date."""
    ago = (china_day(now) - china_day(when)).days
    day = {0: "今日", 1: "昨日"}.get(ago)
    return f"{day} {when.astimezone(CHINA):%H:%M}" if day else f" {moment(when)}"


def days_words(days: DayRange) -> str:
    """Some days, the first and the last."""
    return f"{days.first}" if days.first == days.last else f"{days.first} 至 {days.last}"


def span(moments: Sequence[datetime], now: datetime) -> str:
    """When figures were read: the first time, and the last where it is far off."""
    first, last = min(moments), max(moments)
    return lately(first, now) if last - first < CLOSE else f"{lately(first, now)} 至{lately(last, now)}"
