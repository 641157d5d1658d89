"""The name of a successor.

Follows Bitable: 新增一个数据表. A name has 1 to 100 characters, no slash, question mark, asterisk, colon or
square bracket, and is trimmed by the service.
"""

from collections.abc import Collection
from datetime import date
from itertools import count

from pipeline.core.table.views import cut
from pipeline.core.text import plain

_ALLOWED = str.maketrans("/\\?*:[]", "／＼？＊：【】")
_NAMELESS = "数据表"


def successor_name(root_name: str, first: date, taken: Collection[str]) -> str:
    """The name of the successor whose first day is `first`; a number is added while the name is taken.

    Args:
        root_name: The name of the chain's first table.
        taken: The names of the base's tables.
    """
    root = " ".join(plain(root_name).translate(_ALLOWED).split()) or _NAMELESS
    when = f"{first:%Y-%m}" if first.day == 1 else f"{first}"
    others = {name.strip().casefold() for name in taken}  # whether the service tells A from a is not documented
    names = (cut(root, f" {when}" if number == 1 else f" {when}（{number}）") for number in count(1))
    return next(name for name in names if name.casefold() not in others)
