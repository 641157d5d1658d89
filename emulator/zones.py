"""The document's time zone, in which days of date cells are counted."""

from datetime import date
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from emulator.world.world import World


def zone_of(world: "World") -> ZoneInfo:
    """The time zone of the base."""
    return ZoneInfo(world.settings.time_zone)


def today_of(world: "World") -> date:
    """What `Today` means in a filter."""
    return world.clock.now().astimezone(zone_of(world)).date()
