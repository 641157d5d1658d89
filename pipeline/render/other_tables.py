"""The line of a card about the tables that it does not link to otherwise."""

from collections.abc import Sequence

from pipeline.core.telling.other_tables import OtherTable
from pipeline.render.markdown import Markdown, joined, link
from pipeline.render.words import clipped, days_words

SHOWN = 3


def others_line(others: Sequence[OtherTable]) -> list[Markdown]:
    """Which days are in other tables; nothing if there are none."""
    if not others:
        return []
    more = f"，另有 {len(others) - SHOWN} 张更早的数据表" if len(others) > SHOWN else ""
    return [Markdown("{}{}", joined("；", map(_one, others[-SHOWN:])), more)]


def _one(other: OtherTable) -> Markdown:
    name = clipped(other.name)
    return Markdown("{} 的数据在“{}”", days_words(other.days), link(name, other.link) if other.link else name)
