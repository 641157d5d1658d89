"""Materials (素材): which ones a promotion shows, and the share of its figures that each of them has.

An impression can belong to several materials, and a live promotion shows none: what the materials of a day add up to
says nothing about the account.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from emulator.oceanengine.figures import Promotion, Row
from emulator.oceanengine.kinds import CASURAL, VIDEO
from emulator.oceanengine.source import Account

# 19 digits, beyond 2^53, as promotions have. Promotions lie three apart: two of them share a video.
EVERYWHERE = 7_498_316_204_870_533_121  # the video that every account shows
_VIDEOS, _PICTURES = 6_200_000_000_000_000_000, 5_000_000_000_000_000_000
_APART, _OF_A_VIDEO = 3, 6
_LIVE_EVERY, _PICTURES_EVERY = 5, 2
WHOLE = 100
_LEAST, _SPREAD = 35, 61


@dataclass(frozen=True)
class Material:
    """A video or pictures, with their name in one account."""

    material_id: int
    material_name: str
    material_type: str


class Share:
    """What a material has of one promotion's day: `percent` of each figure."""

    __slots__ = ("material", "percent", "row")

    def __init__(self, row: Row, material: Material, percent: int) -> None:
        self.row = row
        self.material = material
        self.percent = percent

    @property
    def day(self) -> date:
        """The day of the figures."""
        return self.row.day

    def whole(self, metric: str) -> int:
        """An additive figure as stored, cut to a whole number."""
        return self.row.whole(metric) * self.percent // WHOLE


def shares(account: Account, rows: Iterable[Row]) -> Iterator[Share]:
    """The shares of these rows. A promotion's first material has all of it, so that any correction reaches one."""
    for row in rows:
        for place, material in enumerate(shown_by(account, row.promotion)):
            yield Share(row, material, _percent(material, row.promotion) if place else WHOLE)


def shown_by(account: Account, promotion: Promotion) -> list[Material]:
    """The materials of a promotion: none of a live one."""
    place = promotion.promotion_id // _APART
    if place % _LIVE_EVERY == 0:
        return []
    shown = [(_VIDEOS + promotion.promotion_id // _OF_A_VIDEO, VIDEO), (EVERYWHERE, VIDEO)]
    if place % _PICTURES_EVERY == 0:
        shown.append((_PICTURES + place, CASURAL))
    return [Material(one, _name(account, one), kind) for one, kind in shown]


def rename(account: Account, material_id: int, name: str) -> None:
    """Let a material have another name in an account. Raises ValueError for one that it does not show."""
    shown = (material.material_id for one in account.promotions for material in shown_by(account, one))
    if material_id not in shown:
        raise ValueError(f"{account.name} shows no material {material_id}")
    account.material_names[material_id] = name


def _name(account: Account, material_id: int) -> str:
    usual = account.patterns[material_id % len(account.patterns)]
    return account.material_names.get(material_id) or usual.format(n=material_id % 10_000)


def _percent(material: Material, promotion: Promotion) -> int:
    return _LEAST + (material.material_id + promotion.promotion_id // _APART) % _SPREAD
