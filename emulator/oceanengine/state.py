"""What Ocean Engine's handlers read and change."""

from collections.abc import Mapping
from dataclasses import dataclass

from emulator.oceanengine.selection import Selection
from emulator.oceanengine.source import Source
from emulator.oceanengine.tokens import OAuth
from emulator.shared.clock import Clock
from emulator.shared.permissions import Permissions
from emulator.shared.settings import Settings
from emulator.shared.unsure import Choices


@dataclass
class OceanEngine:
    """Tokens, accounts and figures; what tests choose is shared with the other service."""

    oauth: OAuth
    selection: Selection
    source: Source
    clock: Clock
    settings: Settings
    permissions: Permissions
    unsure: Choices
    paths: Mapping[str, str]  # of the endpoints that can be denied, by their names
