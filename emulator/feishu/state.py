"""What Feishu's handlers read and change."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from zoneinfo import ZoneInfo

from emulator.feishu.bitable.model import Base, Message
from emulator.feishu.tenant import Tenant
from emulator.shared.clock import Clock
from emulator.shared.permissions import Permissions
from emulator.shared.settings import Settings
from emulator.shared.unsure import Choices


@dataclass
class Feishu:
    """App, base and group; clock, settings, permissions and choices are shared with Ocean Engine."""

    tenant: Tenant
    base: Base
    clock: Clock
    settings: Settings
    permissions: Permissions
    unsure: Choices
    months: Counter[str]  # calls by month that count against the quota; the log counts them
    messages: list[Message] = field(default_factory=list)

    @property
    def zone(self) -> ZoneInfo:
        """The base's time zone, in which days of date cells are counted."""
        return ZoneInfo(self.settings.time_zone)

    def today(self) -> date:
        """What `Today` means in a filter."""
        return self.clock.now().astimezone(self.zone).date()
