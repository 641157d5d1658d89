"""Texts of others as people see them: one line, nothing unseen; on cards no picture, no link, not too long."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from pipeline.core.model import CHINA, china_day
from pipeline.core.text import plain

NAME_LETTERS = 30
NAMES_TOGETHER = 3
LOOKED_AT = 4000  # letters of a text, of which cards show some hundreds
CLOSE = timedelta(hours=1)  # readings of one run, which are told as one
# Plain texts of cards are 普通文本内容或表情: `:OK:` becomes a picture there; an address becomes a link in markdown.
_SIGN = re.compile(r":(?=//|(?!\d+:)\w+:)", re.ASCII)


def seen(text: str) -> str:
    """A text as one line, without what cannot be seen."""
    return " ".join(plain(text).split())


def shown(text: str) -> str:
    """A text as cards show it: what is visible of it, without what would become a picture or a link."""
    return _SIGN.sub("：", seen(text))


def clipped(text: str, letters: int = NAME_LETTERS) -> str:
    """A text as it is shown, of at most so many letters."""
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
    """The same in the words of somebody who speaks on the day of `now`."""
    ago = (china_day(now) - china_day(when)).days
    day = {0: "今日", 1: "昨日"}.get(ago)
    return f"{day} {when.astimezone(CHINA):%H:%M}" if day else f" {moment(when)}"


def span(moments: Sequence[datetime], now: datetime) -> str:
    """When figures were read: the first of these times, and the last where it is far off."""
    first, last = min(moments), max(moments)
    return lately(first, now) if last - first < CLOSE else f"{lately(first, now)} 至{lately(last, now)}"
