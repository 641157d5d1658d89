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
    """Tokens, accounts and figures; clock, settings, permissions and choices are shared with Feishu."""

    oauth: OAuth
    selection: Selection
    source: Source
    clock: Clock
    settings: Settings
    permissions: Permissions
    unsure: Choices
    paths: Mapping[str, str]  # by name of the endpoints that can be denied
