"""What Feishu's handlers read and change."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from zoneinfo import ZoneInfo

from emulator.feishu.bitable.model import Base, Message, Table
from emulator.feishu.tenant import Tenant
from emulator.shared.clock import Clock
from emulator.shared.permissions import Permissions
from emulator.shared.settings import Settings
from emulator.shared.unsure import Choices


@dataclass
class Feishu:
    """App, bases and group; clock, settings, permissions and choices are shared with Ocean Engine."""

    tenant: Tenant
    bases: dict[str, Base]  # by app_token, oldest first
    clock: Clock
    settings: Settings
    permissions: Permissions
    unsure: Choices
    months: Counter[str]  # calls by month that count against the quota; the log counts them
    messages: list[Message] = field(default_factory=list)

    @property
    def base(self) -> Base:
        """The first base: that of the seed."""
        return next(iter(self.bases.values()))

    @property
    def tables(self) -> list[Table]:
        """The tables of all bases."""
        return [table for base in self.bases.values() for table in base.tables.values()]

    def base_with(self, table: Table) -> Base:
        """The base that holds a table."""
        return next(base for base in self.bases.values() if table.table_id in base.tables)

    def time_zone(self, base: Base) -> str:
        """The name of a base's time zone."""
        return base.time_zone or self.settings.time_zone

    def zone(self, table: Table) -> ZoneInfo:
        """The time zone of a table's base, in which days of date cells are counted."""
        return ZoneInfo(self.time_zone(self.base_with(table)))

    def today(self, table: Table) -> date:
        """What `Today` means in a filter of a table."""
        return self.clock.now().astimezone(self.zone(table)).date()
