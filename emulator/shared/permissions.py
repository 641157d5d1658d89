"""What the two apps may do, whatever the base. Their right on a base is that base's own."""

from dataclasses import dataclass, field


@dataclass
class Permissions:
    """Grants all that a sync needs, until a test changes it."""

    denied: list[str] = field(default_factory=list)  # names of endpoints
    feishu_app_in_use: bool = True
